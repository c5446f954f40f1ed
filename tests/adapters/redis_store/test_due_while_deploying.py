"""A slot that comes between the reckoning of a deployment and its activation belongs to the old definition."""

from datetime import timedelta

import pytest

from tests.support.ledger_fixture import WEEKLY, LedgerFixture, bundle
from worker.errors import ClaimLost
from worker.ports import ActivationBasis


async def test_a_slot_that_came_meanwhile_is_settled_before_the_new_definition_takes_its_place(
    story: LedgerFixture,
) -> None:
    now = await story.clock.now()
    came, later = now - timedelta(seconds=1), now + timedelta(hours=1)
    old = await story.deploy(slot=came)
    with pytest.raises(ClaimLost):
        await story.deployments.activate(
            bundle(WEEKLY, "other"), {WEEKLY: later}, (), basis=ActivationBasis(old, {WEEKLY: came})
        )
    found = await story.deployments.deployed()
    assert found is not None
    assert found.bundle == old
    assert (await story.clock.pending([WEEKLY]))[WEEKLY].timestamp() == pytest.approx(came.timestamp(), abs=0.001)


async def test_a_slot_that_is_still_to_come_is_no_obstacle(story: LedgerFixture) -> None:
    later = await story.clock.now() + timedelta(hours=1)
    old = await story.deploy(slot=later)
    done = await story.deployments.activate(
        bundle(WEEKLY, "other"), {WEEKLY: later}, (), basis=ActivationBasis(old, {WEEKLY: later})
    )
    assert done.bundle != old
