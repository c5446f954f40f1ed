"""A person's word on a delivery that may or may not have arrived."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.fakes import (
    HOUR,
    KEY,
    NOW,
    WEEKLY,
    Deployed,
    Emitted,
    FixedClock,
    KnownDeliveries,
    Opened,
    Published,
    Settled,
    Stepped,
    bundle_with,
    reader_digest,
    uses,
)
from worker.domain.delivery import Baseline, Delivery, DeliveryKey, DeliveryState
from worker.domain.outcome import Pending, Sent
from worker.domain.reason import Reason
from worker.errors import ClaimLost, LedgerError, RequestError
from worker.flow.operate.settle import RECEIPT, settle

UNKNOWN = Delivery(KEY, DeliveryState.UNKNOWN, attempt=2, held=True)


class Gone(KnownDeliveries):
    """The delivery is there when it is looked for, and not afterwards."""

    async def delivery(self, key: DeliveryKey) -> Delivery | None:
        found, self.of_the_run = await super().delivery(key), ()
        return found


def parts(row: Delivery = UNKNOWN, **other: Any) -> Any:
    given = {
        "clock": FixedClock(),
        "deliveries": Settled(),
        "deployments": Deployed(bundle_with(WEEKLY)),
        "digests": Opened(reader_digest()),
        "events": Emitted(),
        "lookups": KnownDeliveries(row),
        "queue": Published(),
        "triggers": Stepped(),
    }
    return uses(**{**given, **other})


@pytest.mark.parametrize("reference", [str(KEY), f"weekly@latest/{KEY.reader}"])
async def test_what_arrived_is_sent_with_the_baselines_that_a_proof_moves(reference: str) -> None:
    given = parts()
    assert await settle(given, reference, arrived=True) is UNKNOWN
    moved = {"deals": Baseline("now", NOW, NOW)}
    assert given.deliveries.outcomes == [(2, Sent(RECEIPT, moved, Reason.SETTLED))]
    assert given.queue.deliveries == []


async def test_what_arrived_at_a_reader_that_is_no_longer_named_moves_no_baseline() -> None:
    given = parts(digests=Opened(None))
    await settle(given, str(KEY), arrived=True)
    assert given.deliveries.outcomes == [(2, Sent(RECEIPT, {}, Reason.SETTLED))]


async def test_what_did_not_arrive_is_tried_again_until_the_next_slot_and_published() -> None:
    given = parts()
    await settle(given, str(KEY), arrived=False)
    assert given.deliveries.outcomes == [(2, Pending(Reason.SETTLED, NOW + HOUR))]
    assert given.queue.deliveries == [KEY]


async def test_a_delivery_that_moved_on_meanwhile_is_not_published() -> None:
    given = parts(deliveries=Settled(lost=True))
    with pytest.raises(ClaimLost):
        await settle(given, str(KEY), arrived=False)
    assert given.queue.deliveries == []


@pytest.mark.parametrize("state", [state for state in DeliveryState if state is not DeliveryState.UNKNOWN])
async def test_only_an_unknown_delivery_can_be_settled(state: DeliveryState) -> None:
    given = parts(replace(UNKNOWN, state=state))
    with pytest.raises(RequestError, match=f"is {state}: only an unknown delivery can be settled"):
        await settle(given, str(KEY), arrived=True)
    assert given.deliveries.outcomes == []


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("weekly", "'weekly' is no delivery; write RUN/READER"),
        ("weekly@latest/other|x@acme.example", "has no reader 'other|x@acme.example'"),
        ("daily@latest/team|team@acme.example", "no schedule 'daily' is deployed; deployed are: weekly"),
    ],
)
async def test_what_names_no_delivery_is_refused_and_says_what_to_write(reference: str, words: str) -> None:
    with pytest.raises(RequestError) as error:
        await settle(parts(), reference, arrived=True)
    assert words in str(error.value)


async def test_a_delivery_that_was_forgotten_meanwhile_is_said() -> None:
    with pytest.raises(LedgerError, match="is gone from the ledger"):
        await settle(parts(lookups=Gone(UNKNOWN)), str(KEY), arrived=True)
