"""What a delivery says of itself."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from worker.documents.deliveries import delivery_document, sentence_of, why
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState
from worker.domain.reason import Reason
from worker.domain.run import RunKey

KEY = DeliveryKey(RunKey("week", datetime(2026, 11, 16, 8, 0, tzinfo=UTC)), "team|sales@acme.example")


@pytest.mark.parametrize("arrived", [True, False])
def test_a_superseded_delivery_that_the_reader_may_have_says_so(arrived: bool) -> None:
    row = Delivery(KEY, DeliveryState.SKIPPED, reason=Reason.SUPERSEDED, may_have_arrived=arrived)
    assert delivery_document(row)["may_have_arrived"] is arrived
    assert ("may have arrived" in why(row)) is arrived


@pytest.mark.parametrize("reason", [Reason.EXPIRED, Reason.SUPERSEDED])
@pytest.mark.parametrize("sentence", ["", "data: the connection broke"])
def test_a_delivery_that_ended_unclear_says_so_wherever_it_is_listed(reason: Reason, sentence: str) -> None:
    row = Delivery(KEY, DeliveryState.SKIPPED, reason=reason, sentence=sentence, may_have_arrived=True)
    assert sentence_of(row).endswith(". It may have arrived before that.")
    assert "may have arrived" not in sentence_of(replace(row, may_have_arrived=False))
