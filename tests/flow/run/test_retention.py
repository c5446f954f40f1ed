"""Housekeeping thins and drops what is past its retention, and everything that is left can still be replayed."""

import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.adapters.redis_store.test_housekeeping import Kept
from tests.support.in_process import SCHEDULE, InProcessRun
from tests.support.ledger_fixture import PROJECT, WEEKLY, LedgerFixture
from worker.adapters.redis_server import EmbeddedRedis
from worker.app import open_services
from worker.domain.schedule import CatchUp, Retention, Timing, Trigger
from worker.entry.local_queue import LocalQueue
from worker.flow.operate.replay import replay
from worker.flow.run.retention import housekeep
from worker.flow.services import Services
from worker.settings import Settings

DAY = 86_400
BERLIN = ZoneInfo("Europe/Berlin")


async def tidy(services: Services, now: datetime) -> int:
    """Whole rounds of the housekeeping at an instant to come, until one finds nothing."""
    deployed = await services.deployments.deployed()
    assert deployed is not None
    return await rounds(services, dict(await services.deployments.timings(deployed.bundle)), now)


async def rounds(services: Services, timings: dict[str, Timing], now: datetime) -> int:
    total, idle = 0, 0
    while idle < 3:
        await forget_the_pause(services)
        gone = await housekeep(services.upkeep._port, timings, now)  # type: ignore[attr-defined]  # without its pause
        total, idle = total + gone, 0 if gone else idle + 1
    return total


async def forget_the_pause(services: Services) -> None:
    """A second between two looks is real time, which no test waits for."""
    client = services.runs._scripts.client  # type: ignore[attr-defined]  # the adapter behind the port
    prefix = services.runs._scripts.prefix  # type: ignore[attr-defined]
    await client.hdel(f"{prefix}:chores", "next")


async def assert_all_replay(services: Services) -> int:
    parts = 0
    for run in await services.lookups.runs(None, 100):
        async for again in replay(services, run):
            assert again.equal, again.causes
            parts += len(again.copies)
    return parts


async def held_answers(story: InProcessRun) -> int:
    """Snapshots that something holds; others vanish within a day."""
    client = story.services.runs._scripts.client  # type: ignore[attr-defined]  # the adapter behind the port
    return sum(name.startswith(b"s:") for name in await client.hkeys("acme:refs"))


async def test_runs_of_one_day_are_thinned_to_the_newest_which_is_replayed_all_the_same(week: InProcessRun) -> None:
    runs = []
    for _ in range(4):
        week.step()
        runs.append((await week.run())[0])
    days = {run.key.slot.astimezone(BERLIN).date() for run in runs}
    now = await week.services.clock.now()
    assert await tidy(week.services, now + timedelta(days=34)) == 0
    assert await assert_all_replay(week.services) == 4
    assert await tidy(week.services, now + timedelta(days=37)) == 4 - len(days)
    left = await week.services.lookups.runs("week", 10)
    assert len(left) == len(days)
    assert left[0].key == runs[-1].key
    assert await assert_all_replay(week.services) == len(days)
    assert await held_answers(week) == 2 * (len(days) + 1), "its answers, and those it was compared with"
    week.step()
    after, rows = await week.run()
    assert (after.state, {row.state for row in rows}) == ("delivered", {"sent"})
    assert rows[0].compared_with is not None
    assert all(baseline is not None for baseline in rows[0].compared_with.values())


async def test_the_tick_does_it_and_only_where_the_schedule_says_so(week: InProcessRun) -> None:
    await week.deploy(SCHEDULE + "retention: {all: 1d, daily: 2d}\n")
    for _ in range(3):
        await week.run()
    now = await week.services.clock.now()
    assert await tidy(week.services, now + timedelta(days=3)) == 2
    (left,) = await week.services.lookups.runs("week", 10)
    assert (await week.run())[0].state == "delivered"
    assert left.key in {run.key for run in await week.services.lookups.runs("week", 10)}


async def test_nothing_goes_that_a_readers_baseline_still_reaches(week: InProcessRun) -> None:
    other = "  - {id: other, channel: mail, address: other@acme.example}\n"
    await week.deploy(SCHEDULE + other + "retention: {all: 1d, daily: 2d}\n")
    await week.run()
    base, _ = await week.run()
    week.box.mail.faults.refuse("other@acme.example", 450, times=9)
    for _ in range(3):
        week.step()
        await week.run()
    now = await week.services.clock.now()
    assert await tidy(week.services, now + timedelta(days=3)) == 1
    left = [run.key for run in await week.services.lookups.runs("week", 10)]
    assert len(left) == 4
    assert left[-1] == base.key
    await assert_all_replay(week.services)


async def test_a_run_with_an_open_delivery_and_what_it_compares_with_stay(week: InProcessRun) -> None:
    first, _ = await week.run()
    week.box.mail.faults.refuse("sales@acme.example", 450)
    waiting, rows = await week.run()
    assert rows[0].state == "deferred"
    now = await week.services.clock.now()
    await tidy(week.services, now + timedelta(days=500))
    assert {run.key for run in await week.services.lookups.runs("week", 10)} >= {first.key, waiting.key}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_happened_when_each_old_day_keeps_its_best_run_and_every_run_its_answers(
    story: LedgerFixture, empty_redis: EmbeddedRedis, tmp_path: Path, seed: int
) -> None:
    rnd, kept = random.Random(seed), Kept(story)  # noqa: S311  # a seeded story
    now = await story.clock.now()
    hours = sorted(rnd.sample(range(1, 30 * 24), 60), reverse=True)
    for hour in hours:
        await kept.run(now.replace(microsecond=0) - timedelta(hours=hour), *rnd.sample("abcdefgh", 4))
    timing = Timing(
        Trigger("every", "UTC", seconds=60), CatchUp.LATEST, 60, None, retention=Retention(5 * DAY, 20 * DAY)
    )
    async with open_services(
        Settings(redis_url=empty_redis.url), PROJECT, queue=LocalQueue(), directory=tmp_path, offline=True
    ) as services:
        assert await rounds(services, {WEEKLY: timing}, now) > 20
        left = await services.lookups.runs(WEEKLY, 100)
        ages = [(now - run.key.slot).total_seconds() for run in left]
        assert max(ages) <= 20 * DAY
        old = [run for run, age in zip(left, ages, strict=True) if age > 5 * DAY]
        assert set(Counter(run.key.slot.date() for run in old).values()) <= {1}
        assert sum(age <= 5 * DAY for age in ages) == sum(hour <= 5 * 24 for hour in hours)
        held = set()
        for run in left:
            (row,) = await services.lookups.deliveries(run.key)
            past = [b.snapshot for b in (row.compared_with or {}).values() if b is not None]
            held |= {*dict(run.snapshots).values(), *past}
        assert all([await services.snapshots.load(name) is not None for name in held])
        assert (await kept.blobs())[0] == len(held)
