"""Sending the parts of a message, each with its intent before its bytes."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.fakes import HOUR, KEY, NOW, Circuit, TwoParts, reader_digest, uses
from worker.domain.delivery import Baseline, Delivery, DeliveryKey, DeliveryState, Envelope, Part, PartState, Receipt
from worker.errors import ClaimLost, DeliveryDeferred, DeliveryUncertain
from worker.flow.intervals import Intervals
from worker.flow.run.attempt import Attempt, PaceTooLong
from worker.flow.run.hand_over import hand_over

PENDING = Delivery(KEY, DeliveryState.PENDING)
ONE_SENT = replace(
    PENDING, attempt=4, date=NOW - HOUR, parts=(PartState(DeliveryState.SENT, "00", "receipt 0"), PartState())
)
MOVED = {"deals": Baseline("now", NOW, NOW)}


class Ledger:
    """`log`: what it was told, in order; `lost`: the claim is somebody else's when it is looked at."""

    def __init__(self, *, lost: bool = False) -> None:
        self.lost, self.log, self.moved = lost, list[str](), list[Mapping[str, Baseline]]()

    async def intend(self, key: DeliveryKey, part: int, parts: int, *fixed: Any, attempt: int = 0, **more: Any) -> int:
        self.log.append(f"intend {part} of {parts} under {attempt} at {fixed[1]:%H:%M} by {more['version']}")
        return attempt or 5

    async def check(self, key: DeliveryKey, attempt: int) -> None:
        self.log.append(f"check {attempt}")
        if self.lost:
            raise ClaimLost(str(key))


class Noting(Ledger):
    """Notes each part that was handed over; `wait`: for the receiver's pace."""

    wait = 0.0

    async def handed_over(
        self, key: DeliveryKey, attempt: int, part: int, receipt: str, moved: Mapping[str, Baseline]
    ) -> None:
        self.log.append(f"done {part} {receipt}")
        self.moved.append(moved)

    async def pace(self, bucket: str, seconds: float, who: str) -> float:
        return self.wait


class Receiver:
    def __init__(self, ledger: Ledger, wrong: Exception | None = None) -> None:
        self.ledger, self.wrong = ledger, wrong

    async def __call__(self, channel: Any, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        self.ledger.log.append(f"send {sealed.decode()}")
        if self.wrong is not None:
            raise self.wrong
        return Receipt(f"receipt {part.number}")


class Silent(Receiver):
    async def __call__(self, channel: Any, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        return await asyncio.Future()


class Paced(TwoParts):
    def pace(self, address: str) -> tuple[str, float]:
        return "room", 1.0


async def handed(attempt: Attempt, ledger: Ledger, receiver: Receiver | None = None, **other: Any) -> None:
    channel = other.pop("channel", TwoParts())
    given = {"circuits": Circuit(), "monotonic": lambda: 0.0, "pid": 7, "times": Intervals(), "version": "1+t"}
    parts = {**given, "deliveries": ledger, "transmit": receiver or Receiver(ledger), **other}
    await hand_over(uses(**parts), reader_digest(), channel, attempt)


async def test_each_part_has_its_intent_and_the_look_at_its_claim_before_its_bytes() -> None:
    ledger, attempt = Noting(), Attempt(PENDING, NOW)
    await handed(attempt, ledger)
    assert ledger.log == [
        "intend 0 of 2 under 0 at 08:00 by 1+t",
        "check 5",
        "send content 0",
        "done 0 receipt 0",
        "intend 1 of 2 under 5 at 08:00 by 1+t",
        "check 5",
        "send content 1receipt 0",
    ]
    assert ledger.moved == [MOVED]
    assert [receipt.text for receipt in attempt.receipts] == ["receipt 0", "receipt 1"]
    assert (attempt.begun, attempt.out) == (5, 1), "the last part is out until it is settled"


async def test_a_later_try_begins_after_the_last_receipt_under_the_first_date() -> None:
    ledger = Noting()
    await handed(Attempt(ONE_SENT, NOW), ledger)
    assert ledger.log == ["intend 1 of 2 under 0 at 07:00 by 1+t", "check 5", "send content 1receipt 0"]


async def test_a_message_of_which_every_part_was_sent_sends_nothing_more() -> None:
    ledger = Noting()
    sent = replace(ONE_SENT, parts=(ONE_SENT.parts[0],) * 2)
    await handed(Attempt(sent, NOW), ledger)
    assert ledger.log == []


async def test_a_claim_that_is_lost_before_the_bytes_leave_sends_nothing() -> None:
    ledger, attempt = Noting(lost=True), Attempt(PENDING, NOW)
    with pytest.raises(ClaimLost):
        await handed(attempt, ledger)
    assert ledger.log[1:] == ["check 5"]
    assert attempt.out is None


async def test_an_error_of_the_channel_comes_out_and_names_the_part_that_was_in_hand() -> None:
    ledger, attempt = Noting(), Attempt(PENDING, NOW)
    with pytest.raises(DeliveryDeferred):
        await handed(attempt, ledger, Receiver(ledger, DeliveryDeferred("mail", "busy")))
    assert (attempt.part, attempt.out, attempt.receipts) == ("0.txt", 0, [])


async def test_a_receiver_that_says_nothing_is_waited_for_no_longer_than_the_lease() -> None:
    ledger, attempt = Noting(), Attempt(PENDING, NOW)
    with pytest.raises(DeliveryUncertain, match="no answer came within 0 seconds"):
        await handed(attempt, ledger, Silent(ledger), times=Intervals(delivery_lease=0.05))
    assert attempt.out == 0, "its bytes may have left"


async def test_a_process_that_stood_still_asks_again_whether_the_attempt_is_its_own() -> None:
    seconds = iter([0.0, 0.0, 0.0, 90.0, 90.0, 91.0, 200.0, 200.0, 200.0, 200.0])
    ledger = Noting()
    await handed(Attempt(PENDING, NOW), ledger, monotonic=lambda: next(seconds))
    assert ledger.log[1:4] == ["check 5", "check 5", "send content 0"]


async def test_a_pace_that_no_worker_waits_for_is_said_before_anything_is_written() -> None:
    ledger = Noting()
    ledger.wait = timedelta(hours=1).total_seconds()
    with pytest.raises(PaceTooLong) as too_long:
        await handed(Attempt(PENDING, NOW), ledger, channel=Paced())
    assert (too_long.value.seconds, ledger.log) == (3600.0, [])


async def test_a_pace_is_waited_for_before_each_part() -> None:
    ledger = Noting()
    ledger.wait = 0.05
    began = asyncio.get_running_loop().time()
    await handed(Attempt(PENDING, NOW), ledger, channel=Paced())
    assert asyncio.get_running_loop().time() - began >= 2 * 0.05
