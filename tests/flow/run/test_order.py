"""What order asks of the flow: who gives way before anything is fetched, and what a late digest compares with."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.in_process import InProcessRun
from worker.domain.delivery import DeliveryState
from worker.domain.reason import Reason
from worker.domain.run import Claim, Run, RunKey, RunState
from worker.flow.operate.on_demand import request
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce

MONDAY = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)


async def fetched(week: InProcessRun, slot: datetime, trigger: str) -> Run:
    """A run of a slot that the schedule names, claimed and taken by a worker."""
    deployment = await week.services.deployments.deployed()
    assert deployment is not None
    key = RunKey("week", slot)
    soon = await week.services.clock.now() + timedelta(minutes=5)
    await week.services.clock.request(Claim(key, deployment.bundle, trigger, soon), 1)
    await produce(week.services, key)
    run = await week.services.lookups.run(key)
    assert run is not None
    return run


async def test_a_run_that_begins_when_a_newer_slot_is_due_gives_way_and_asks_no_service(week: InProcessRun) -> None:
    asked = len(week.box.log)
    run = await fetched(week, MONDAY, "cron")
    assert (run.state, run.reason) == (RunState.SKIPPED, Reason.SUPERSEDED)
    assert len(week.box.log) == asked


@pytest.mark.parametrize("edited", [False, True])
async def test_a_run_gives_way_to_no_slot_that_an_edit_took_away(week: InProcessRun, edited: bool) -> None:
    """What comes next of the old times is never claimed."""
    written = (week.place / "schedules" / "week.yaml").read_text("utf-8")
    often = re.sub(r"when: \{[^\n]*", "when: {every: 1s, timezone: UTC}", written)
    await week.deploy(often)
    deployment = await week.services.deployments.deployed()
    assert deployment is not None
    now = await week.services.clock.now()
    key = RunKey("week", now.replace(microsecond=0))
    await week.services.clock.request(Claim(key, deployment.bundle, "every", now + timedelta(minutes=5)), 1)
    if edited:
        await week.deploy(written)
    while await week.services.clock.now() < key.slot + timedelta(seconds=1):
        pass
    await produce(week.services, key)
    run = await week.services.lookups.run(key)
    assert run is not None
    assert (run.reason is Reason.SUPERSEDED) is not edited
    assert bool(run.snapshots) is edited


async def test_a_missed_slot_that_somebody_asks_for_does_not_give_way(week: InProcessRun) -> None:
    assert (await fetched(week, MONDAY, "manual")).reason is not Reason.SUPERSEDED


async def test_a_digest_of_an_older_slot_compares_with_no_later_one(week: InProcessRun) -> None:
    _, (row,) = await week.run()
    assert row.state is DeliveryState.SENT
    week.step()
    before = await week.services.clock.now() - timedelta(seconds=30)
    (late,) = await produce(week.services, await request(week.services, "week", before, None))
    assert await deliver(week.services, late) is DeliveryState.SENT
    told = await week.services.lookups.delivery(late)
    assert told is not None
    assert told.compared_with == {"deals": None, "stalled": None}
    assert set(told.why_first.values()) == {Reason.LATER_DIGEST}
    assert (await week.baselines())["deals"].slot == row.key.run.slot, "and it moves no baseline back"
