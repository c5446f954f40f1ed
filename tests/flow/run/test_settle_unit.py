"""What became of a delivery goes to the ledger, and what that made true is told."""

import pytest

from tests.support.fakes import KEY, RUN, Emitted, Settled, uses
from worker.domain.events import RunEnded
from worker.domain.outcome import Unknown
from worker.errors import ClaimLost
from worker.flow.run.settle import settle

ENDED = RunEnded(RUN.key, "delivered", "")


async def test_the_facts_of_a_settlement_are_told() -> None:
    ledger, events = Settled(ENDED), Emitted()
    await settle(uses(deliveries=ledger, events=events), KEY, 3, Unknown("no answer"))
    assert ledger.outcomes == [(3, Unknown("no answer"))]
    assert events.facts == [ENDED]


async def test_nothing_is_told_of_a_delivery_that_is_somebody_elses_by_now() -> None:
    events = Emitted()
    with pytest.raises(ClaimLost):
        await settle(uses(deliveries=Settled(ENDED, lost=True), events=events), KEY, 3, Unknown())
    assert events.facts == []
