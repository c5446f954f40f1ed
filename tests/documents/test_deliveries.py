"""What a delivery says of itself."""

from datetime import UTC, datetime

import pytest

from worker.documents.deliveries import delivery_document, why
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState
from worker.domain.reason import Reason
from worker.domain.run import RunKey

KEY = DeliveryKey(RunKey("week", datetime(2026, 11, 16, 8, 0, tzinfo=UTC)), "team|sales@acme.example")


@pytest.mark.parametrize("arrived", [True, False])
def test_a_superseded_delivery_that_the_reader_may_have_says_so(arrived: bool) -> None:
    row = Delivery(KEY, DeliveryState.SKIPPED, reason=Reason.SUPERSEDED, may_have_arrived=arrived)
    assert delivery_document(row)["may_have_arrived"] is arrived
    assert ("may have arrived" in why(row)) is arrived
