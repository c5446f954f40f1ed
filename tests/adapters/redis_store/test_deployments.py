"""What is in force, and what a new deployment changes."""

import asyncio
from datetime import timedelta

import pytest

from tests.support.ledger_fixture import ANN, BEN, PROJECT, SLOT, WEEK, WEEKLY, LedgerFixture, baseline, bundle
from worker.adapters.redis_store import keys
from worker.domain.delivery import Reader
from worker.domain.outcome import Sent
from worker.domain.reason import Reason
from worker.domain.run import RunState
from worker.errors import LedgerError
from worker.ports import Due


async def test_an_empty_ledger_has_nothing_in_force(story: LedgerFixture) -> None:
    assert await story.deployments.deployed() is None
    assert await story.deployments.bundle("0" * 64) is None
    assert await story.deployments.last_slot(WEEKLY) is None
    assert (await story.clock.due(5))[1] == ()


async def test_a_deployment_is_read_back_as_it_was_given(story: LedgerFixture) -> None:
    before = await story.clock.now()
    made = await story.deployments.activate(bundle(WEEKLY, "b"), {WEEKLY: SLOT}, ())
    assert await story.deployments.deployed() == made
    assert before <= made.activated_at <= await story.clock.now()
    assert await story.deployments.bundle(made.bundle) == bundle(WEEKLY, "b")


async def test_a_clock_reads_the_timings_of_what_is_in_force(story: LedgerFixture) -> None:
    first = await story.deploy(WEEKLY, "b")
    assert set(await story.deployments.timings(first)) == {WEEKLY, "b"}
    second = (await story.deployments.activate(bundle("b"), {}, (WEEKLY,))).bundle
    assert set(await story.deployments.timings(second)) == {"b"}
    with pytest.raises(LedgerError, match="deploy again"):
        await story.deployments.timings("0" * 64)


async def test_only_named_slots_change_and_schedules_that_are_gone_are_not_due(story: LedgerFixture) -> None:
    await story.deploy("kept", "moved", "gone")
    firsts = {"moved": SLOT + WEEK, "new": SLOT + 2 * WEEK}
    await story.deployments.activate(bundle("kept", "moved", "new"), firsts, ("gone",))
    far = await story.client.zrange(f"{PROJECT}:due", 0, -1)
    assert far == [b"kept", b"moved", b"new"]
    assert (await story.clock.due(1))[1] == (Due("kept", SLOT),)


async def test_a_run_whose_schedule_is_gone_is_skipped_when_a_worker_takes_it(story: LedgerFixture) -> None:
    key = await story.claimed()
    await story.deployments.activate(bundle("other"), {"other": SLOT}, (WEEKLY,))
    assert (await story.runs.begin(key, 1)).lease is None
    run = await story.run(key)
    assert (run.state, run.reason) == (RunState.SKIPPED, Reason.DELETED)


async def test_the_same_bundle_again_keeps_its_schedules_and_their_runs(story: LedgerFixture) -> None:
    key = await story.claimed()
    await story.deployments.activate(bundle(WEEKLY), {}, ())
    assert (await story.runs.begin(key, 1)).lease is not None


async def test_going_back_to_an_older_bundle_brings_its_schedules_back(story: LedgerFixture) -> None:
    key = await story.claimed()
    await story.deployments.activate(bundle("other"), {}, (WEEKLY,))
    await story.deployments.activate(bundle(WEEKLY), {}, ("other",))
    assert (await story.runs.begin(key, 1)).lease is not None


async def test_deployments_at_the_same_time_end_with_one_that_is_whole(story: LedgerFixture) -> None:
    await asyncio.gather(*(story.deployments.activate(bundle(f"s{n % 3}"), {}, ()) for n in range(12)))
    deployed = await story.deployments.deployed()
    assert deployed is not None
    made = await story.deployments.bundle(deployed.bundle)
    assert made is not None
    members = await story.client.smembers(keys.schedules(PROJECT, deployed.bundle))
    assert {name.decode() for name in members if isinstance(name, bytes)} == set(made.schedules)


async def test_a_reader_that_is_dropped_loses_its_baselines_and_no_other_does(story: LedgerFixture) -> None:
    first, second = await story.delivering((ANN, BEN))
    for key in (first, second):
        await story.intend(key)
        await story.deliveries.settle(key, 1, Sent("ok", {"deals": baseline("one")}))
    dropped = Reader(WEEKLY, *ANN.split("|"))
    await story.deployments.activate(bundle(WEEKLY), {}, (), (dropped,))
    assert await story.baseline(ANN) is None
    assert await story.baseline(BEN) == baseline("one")


async def test_a_deployment_lifts_suspensions(story: LedgerFixture) -> None:
    subject, other = "address email ann@tern.example", "channel slack"
    await story.suspend(subject, "550 no such user")
    assert await story.deliveries.suspended([subject, other]) == {subject: "550 no such user"}
    assert await story.deliveries.suspended([]) == {}
    await story.deployments.activate(bundle(WEEKLY), {}, ())
    assert await story.deliveries.suspended([subject, other]) == {}


async def test_ten_thousand_schedules_are_deployed_whole(story: LedgerFixture) -> None:
    names = [f"team{number}" for number in range(10_000)]
    await story.deployments.activate(bundle(*names), dict.fromkeys(names, SLOT + timedelta(days=9999)), ())
    assert await story.client.zcard(f"{PROJECT}:due") == 10_000


async def test_the_last_deployments_are_remembered_newest_first_and_the_same_one_again_is_no_new_one(
    story: LedgerFixture,
) -> None:
    first = await story.deploy(WEEKLY, "b")
    second = await story.deploy("b")
    await story.deploy("b")
    again = await story.deploy(WEEKLY, "b")
    made = await story.deployments.history()
    assert [one.bundle for one in made] == [again, second, first]
    assert again == first
    assert made[0] == await story.deployments.deployed()
    for number in range(25):
        await story.deploy(f"s{number}")
    assert len(await story.deployments.history()) == 20
