"""Slots become runs exactly once (semantics 6, first rows)."""

import asyncio
from datetime import timedelta

import pytest

from tests.support.ledger_fixture import CLOCK, PROJECT, SLOT, WEEK, WEEKLY, LedgerFixture, bundle
from worker.adapters.redis_store.ledger import RedisLedger
from worker.domain.missed import MissedRow
from worker.domain.reason import Reason
from worker.domain.run import Claim, RunKey, RunState
from worker.ports import Due, SlotClaim


async def test_a_schedule_is_due_from_its_slot_on_and_not_before(story: LedgerFixture) -> None:
    now = await story.clock.now()
    firsts = {"past": SLOT, "older": SLOT - WEEK, "coming": now + timedelta(hours=1), "never": None}
    await story.deployments.activate(bundle(*firsts), firsts, ())
    seen, due = await story.clock.due(10)
    assert due == (Due("older", SLOT - WEEK), Due("past", SLOT))
    assert now <= seen
    assert (await story.clock.due(1))[1] == (Due("older", SLOT - WEEK),)


async def test_a_claim_makes_a_run_and_sets_the_next_slot(story: LedgerFixture) -> None:
    key = await story.claimed()
    run = await story.run(key)
    assert str(key) == "sales/weekly@2026-11-16T14:00:00Z"
    assert (run.state, run.attempt, run.trigger, run.claimed_by_pid) == (RunState.CLAIMED, 0, "cron", CLOCK)
    assert run.executed_by_pid is None
    assert await story.deployments.last_slot(WEEKLY) == SLOT
    assert await story.client.zscore(f"{PROJECT}:due", WEEKLY) == (SLOT + WEEK).timestamp() * 1000


async def test_a_claim_of_a_slot_that_is_not_next_any_more_does_nothing(story: LedgerFixture) -> None:
    await story.claimed()
    stale = SlotClaim(WEEKLY, SLOT, SLOT + 9 * WEEK, (story.claim(SLOT + WEEK),), (), latest=True)
    assert (await story.clock.claim([stale], CLOCK)).runs == ()
    assert await story.lookups.run(story.claim(SLOT + WEEK).key) is None


async def test_the_last_slot_of_a_trigger_leaves_nothing_due(story: LedgerFixture) -> None:
    await story.deploy()
    await story.clock.claim([SlotClaim(WEEKLY, SLOT, None, (story.claim(SLOT),), (), latest=True)], CLOCK)
    assert (await story.clock.due(10))[1] == ()


async def test_a_run_that_exists_is_not_made_anew(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    await story.client.zadd(f"{PROJECT}:due", {WEEKLY: int(SLOT.timestamp() * 1000)})
    again = SlotClaim(WEEKLY, SLOT, SLOT + WEEK, (story.claim(SLOT),), (), latest=False)
    assert (await story.clock.claim([again], CLOCK)).runs == ()
    assert ((await story.run(key)).state, (await story.run(key)).attempt) == (RunState.FETCHING, attempt)


async def test_of_two_decisions_in_one_call_about_one_slot_only_the_first_counts(story: LedgerFixture) -> None:
    await story.deploy()
    first = SlotClaim(WEEKLY, SLOT, SLOT + WEEK, (story.claim(SLOT),), (), latest=True)
    gone = MissedRow(SLOT, SLOT, 1, Reason.TOO_LATE, schedule=WEEKLY)
    second = SlotClaim(WEEKLY, SLOT, SLOT + 5 * WEEK, (), (gone,), latest=True)
    assert (await story.clock.claim([first, second], CLOCK)).runs == (story.claim(SLOT).key,)
    assert await story.lookups.missed(None, 5) == ()
    assert await story.client.zscore(f"{PROJECT}:due", WEEKLY) == (SLOT + WEEK).timestamp() * 1000


async def test_two_runs_of_one_call_of_which_the_newer_takes_the_place_of_the_older(story: LedgerFixture) -> None:
    """Nothing waits for the older one any more, although both are of one call."""
    await story.deploy()
    older, newer = story.claim(SLOT), story.claim(SLOT + WEEK)
    both = SlotClaim(WEEKLY, SLOT, SLOT + 2 * WEEK, (older, newer), (), latest=True)
    assert (await story.clock.claim([both], CLOCK)).runs == (older.key, newer.key)
    assert [(await story.run(one.key)).state for one in (older, newer)] == [RunState.SKIPPED, RunState.CLAIMED]
    for waiting in ("attention:runs", "waiting", f"open:{WEEKLY}"):
        assert await story.client.zrange(f"{PROJECT}:{waiting}", 0, -1) == [str(newer.key).encode()], waiting
    assert await story.deployments.last_slot(WEEKLY) == SLOT + WEEK


async def test_very_many_slots_of_one_call_are_all_written(story: LedgerFixture) -> None:
    """More members than Lua takes as arguments of one command."""
    await story.deploy()
    slots = [SLOT + number * timedelta(minutes=1) for number in range(2500)]
    runs = tuple(story.claim(slot) for slot in slots)
    made = await story.clock.claim([SlotClaim(WEEKLY, SLOT, SLOT + WEEK, runs, (), latest=False)], CLOCK)
    assert made.runs == tuple(run.key for run in runs)
    for kept in ("attention:runs", "waiting", "runs", f"runs:{WEEKLY}", f"open:{WEEKLY}"):
        assert await story.client.zcard(f"{PROJECT}:{kept}") == len(slots), kept
    assert await story.client.hget(f"{PROJECT}:counts", "claimed cron") == str(len(slots)).encode()
    assert await story.deployments.last_slot(WEEKLY) == slots[-1]


async def test_an_entry_without_a_bundle_is_claimed_beside_one_with_a_bundle(story: LedgerFixture) -> None:
    deployed = await story.deploy("known", "any")
    entries = [
        SlotClaim("known", SLOT, None, (Claim(RunKey("known", SLOT), deployed, "cron", SLOT),), (), True, deployed),
        SlotClaim("any", SLOT, None, (Claim(RunKey("any", SLOT), "another", "cron", SLOT),), (), True),
    ]
    for order in (entries, entries[::-1]):
        await story.client.zadd(f"{PROJECT}:due", dict.fromkeys(("known", "any"), int(SLOT.timestamp() * 1000)))
        for name in ("known", "any"):
            await story.client.delete(f"{PROJECT}:run:{RunKey(name, SLOT)}")
        made = await story.clock.claim(order, CLOCK)
        assert {str(run) for run in made.runs} == {str(RunKey(name, SLOT)) for name in ("known", "any")}
        assert (await story.run(RunKey("known", SLOT))).bundle == deployed
        assert (await story.run(RunKey("any", SLOT))).bundle == "another"


async def test_three_clocks_side_by_side_make_each_run_once(story: LedgerFixture) -> None:
    names = [f"s{number:03d}" for number in range(120)]
    await story.deployments.activate(bundle(*names), dict.fromkeys(names, SLOT), ())

    async def clock(pid: int) -> list[RunKey]:
        mine: list[RunKey] = []
        while due := (await story.clock.due(17))[1]:
            entries = [
                SlotClaim(d.schedule, d.at, None, (Claim(RunKey(d.schedule, d.at), "b", "cron", SLOT),), (), True)
                for d in due
            ]
            mine.extend((await story.clock.claim(entries, pid)).runs)
        return mine

    won = await asyncio.gather(clock(1), clock(2), clock(3))
    assert sorted(str(key) for mine in won for key in mine) == [f"{name}@2026-11-16T14:00:00Z" for name in names]


async def test_missed_slots_are_noted_once_and_count_as_the_last_slot(story: LedgerFixture) -> None:
    gone = MissedRow(SLOT - 3 * WEEK, SLOT - WEEK, 3, Reason.CAUGHT_UP, schedule=WEEKLY)
    await story.claimed(missed=(gone,))
    assert await story.lookups.missed(WEEKLY, 5) == await story.lookups.missed(None, 5) == (gone,)
    assert await story.lookups.missed("other", 5) == ()
    only = MissedRow(SLOT + WEEK, SLOT + WEEK, 1, Reason.TOO_LATE, schedule=WEEKLY)
    await story.clock.claim([SlotClaim(WEEKLY, SLOT + WEEK, SLOT + 2 * WEEK, (), (only,), latest=False)], CLOCK)
    assert await story.lookups.missed(None, 1) == (only,)
    assert await story.deployments.last_slot(WEEKLY) == SLOT + WEEK


async def test_a_newer_slot_takes_the_place_of_one_that_nobody_began(story: LedgerFixture) -> None:
    old = await story.claimed()
    await story.claimed(SLOT + WEEK)
    run = await story.run(old)
    assert (run.state, run.reason) == (RunState.SKIPPED, Reason.SUPERSEDED)
    assert run.closed_at is not None
    assert (await story.runs.begin(old, 1)).lease is None


async def test_a_newer_slot_leaves_older_ones_alone_under_catch_up_all(story: LedgerFixture) -> None:
    old = await story.claimed(latest=False)
    await story.claimed(SLOT + WEEK, latest=False)
    assert (await story.run(old)).state is RunState.CLAIMED


async def test_a_newer_slot_leaves_what_is_fetched_postponed_or_asked_for(story: LedgerFixture) -> None:
    fetched, _ = await story.begun()
    postponed, attempt = await story.begun(SLOT + WEEK)
    await story.runs.postpone(postponed, attempt, await story.soon(), ())
    asked = story.claim(SLOT + timedelta(minutes=1), kind="manual", nonce="0000000a")
    assert await story.clock.request(asked, CLOCK)
    await story.claimed(SLOT + 2 * WEEK)
    states = [(await story.run(key)).state for key in (fetched, postponed, asked.key)]
    assert states == [RunState.FETCHING, RunState.CLAIMED, RunState.CLAIMED]


async def test_a_request_with_a_known_key_is_refused_and_changes_nothing(story: LedgerFixture) -> None:
    asked = story.claim(SLOT, kind="manual", nonce="0000000a")
    assert await story.clock.request(asked, 7)
    assert not await story.clock.request(asked, 8)
    run = await story.run(asked.key)
    assert (run.trigger, run.claimed_by_pid) == ("manual", 7)
    assert await story.deployments.last_slot(WEEKLY) is None


@pytest.mark.parametrize("count", [300, 601])
async def test_many_slots_are_claimed_in_steps_that_leave_redis_free(story: LedgerFixture, count: int) -> None:
    names = [f"s{number}" for number in range(count)]
    await story.deployments.activate(bundle(*names), dict.fromkeys(names, SLOT), ())
    entries = [
        SlotClaim(n, SLOT, SLOT + WEEK, (Claim(RunKey(n, SLOT), "b", "cron", SLOT),), (), latest=True) for n in names
    ]
    assert len((await story.clock.claim(entries, CLOCK)).runs) == count
    stats = await story.client.info("commandstats")
    assert stats["cmdstat_evalsha"]["usec_per_call"] < 30_000


async def test_runs_are_listed_newest_first(story: LedgerFixture) -> None:
    first, second = await story.claimed(), await story.claimed(SLOT + WEEK)
    other = story.claim(SLOT - WEEK, kind="manual", nonce="0000000b")
    await story.clock.request(other, CLOCK)
    assert [run.key for run in await story.lookups.runs(WEEKLY, 10)] == [second, first, other.key]
    assert [run.key for run in await story.lookups.runs(None, 1)] == [second]
    assert await story.lookups.runs("other", 10) == ()


async def test_what_is_said_first_under_a_name_stays(story: LedgerFixture) -> None:
    clock = RedisLedger(story.client, PROJECT).clock
    assert [await clock.once("k", value) for value in ("first", "second")] == ["first", "first"]
    assert await clock.once("other", "second") == "second"
    assert 86000 < await story.client.ttl(f"{PROJECT}:once:k") <= 86400
