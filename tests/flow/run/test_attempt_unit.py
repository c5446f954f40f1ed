"""What one try of a delivery knows."""

from dataclasses import replace

import pytest

from tests.support.fakes import HOUR, KEY, NOW
from worker.domain.delivery import Delivery, DeliveryState, PartState, Receipt
from worker.flow.run.attempt import Attempt, receipts_of

SENT, OPEN = PartState(DeliveryState.SENT, "00", "receipt 0"), PartState(DeliveryState.UNKNOWN, "11")
ROW = Delivery(KEY, DeliveryState.UNKNOWN, attempt=2, parts=(SENT, OPEN))


def test_only_what_was_sent_has_a_receipt() -> None:
    assert receipts_of(ROW) == [Receipt("receipt 0")]
    assert receipts_of(replace(ROW, parts=())) == []


def test_the_first_try_ever_fixes_the_date() -> None:
    assert Attempt(ROW, NOW).date == NOW
    assert Attempt(replace(ROW, date=NOW - HOUR), NOW).date == NOW - HOUR


def test_its_number_is_the_rows_until_its_own_intent_is_written() -> None:
    attempt = Attempt(ROW, NOW)
    assert attempt.number == 2
    attempt.begun = 3
    assert attempt.number == 3


@pytest.mark.parametrize("state", DeliveryState)
def test_only_an_unknown_delivery_is_looked_into(state: DeliveryState) -> None:
    assert Attempt(replace(ROW, state=state), NOW).unknown == (state is DeliveryState.UNKNOWN)


def test_what_was_found_out_takes_the_place_of_what_was_unknown() -> None:
    attempt = Attempt(ROW, NOW)
    found = replace(ROW, state=DeliveryState.PENDING, parts=(SENT, replace(SENT, receipt="receipt 1")))
    attempt.resolved(found)
    assert not attempt.unknown
    assert [receipt.text for receipt in attempt.receipts] == ["receipt 0", "receipt 1"]


def test_a_part_that_is_out_has_a_receipt_only_if_its_own_came() -> None:
    attempt = Attempt(ROW, NOW)
    assert attempt.receipt_text == "", "nothing is out"
    attempt.out = 1
    assert attempt.receipt_text == "", "the receipt of an earlier part is not this part's"
    attempt.receipts.append(Receipt("receipt 1"))
    assert attempt.receipt_text == "receipt 1"
