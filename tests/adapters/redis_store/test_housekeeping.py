"""What goes from the ledger, and that nothing goes which something may still ask for."""

from datetime import UTC, datetime

import pytest
from redis.asyncio import Redis

from tests.support.ledger_fixture import ANN, BEN, SLOT, WEEK, WEEKLY, LedgerFixture, baseline, bundle
from worker.adapters.redis_store.snapshots import RedisSnapshots
from worker.domain.delivery import Baseline, DeliveryKey
from worker.domain.missed import MissedRow
from worker.domain.outcome import Sent
from worker.domain.reason import Reason
from worker.domain.run import RunState
from worker.domain.snapshot.snapshot import Column, Kind, Row, Snapshot, table

AT = datetime(2026, 11, 16, 14, 0, 3, tzinfo=UTC)
LATER = SLOT + 10 * WEEK


def answer(slot: datetime, *keys: str) -> Snapshot:
    rows = [Row(key, (key * 3,)) for key in keys]
    deals = table("deals", (Column("title", Kind.TEXT),), rows)
    return Snapshot("deals", "f", None, slot, (slot, slot), tables=(deals,), members=frozenset(keys), main="deals")


class Kept:
    """Runs with stored answers, one a week, each delivered to ANN against the one before."""

    def __init__(self, story: LedgerFixture) -> None:
        self.story = story
        self.store = RedisSnapshots(story.client, "tern", rows=0)
        self.last: Baseline | None = None

    async def run(self, slot: datetime, *keys: str, outcome: str = "sent") -> DeliveryKey:
        snapshot = await self.store.keep(answer(slot, *keys))
        key, *_ = await self.story.delivering((ANN,), slot, snapshots={"deals": snapshot})
        if outcome == "pending":
            return key
        attempt = await self.story.deliveries.intend(key, 0, 1, "aa", slot, {"deals": self.last})
        self.last = baseline(snapshot, slot)
        await self.story.deliveries.settle(key, attempt, Sent("250", {"deals": self.last}))
        return key

    async def blobs(self) -> tuple[int, int]:
        """Snapshots and tables that are stored."""
        return len(await self.story.client.keys("tern:snap:*")), len(await self.story.client.keys("tern:table:*"))


@pytest.fixture
def kept(story: LedgerFixture) -> Kept:
    return Kept(story)


async def test_a_run_goes_with_what_only_it_held(kept: Kept) -> None:
    first, second = await kept.run(SLOT, "a"), await kept.run(SLOT + WEEK, "b")
    third = await kept.run(SLOT + 2 * WEEK, "c")
    assert await kept.blobs() == (3, 3)
    assert await kept.story.upkeep.drop(first.run, LATER)
    assert await kept.story.lookups.run(first.run) is None
    assert await kept.story.lookups.deliveries(first.run) == ()
    assert await kept.blobs() == (3, 3), "the second run was compared with its answer"
    assert await kept.story.upkeep.drop(second.run, LATER)
    assert await kept.blobs() == (2, 2), "the third run was compared with the second's answer"
    assert [third.run] == [run.key for run in await kept.story.lookups.runs(WEEKLY, 10)]
    assert await kept.story.lookups.runs(None, 10) == await kept.story.lookups.runs(WEEKLY, 10)


async def test_a_table_that_two_answers_share_stays_for_the_other(kept: Kept) -> None:
    first = await kept.run(SLOT, "a")
    kept.last = None
    second = await kept.run(SLOT + WEEK, "a")
    assert await kept.blobs() == (2, 1)
    assert await kept.story.upkeep.drop(first.run, LATER)
    assert await kept.blobs() == (1, 1)
    held = await kept.story.run(second)
    assert await kept.store.load(dict(held.snapshots)["deals"]) == answer(SLOT + WEEK, "a")


async def test_a_run_that_is_not_older_than_what_is_compared_with_stays(kept: Kept) -> None:
    first = await kept.run(SLOT, "a")
    await kept.run(SLOT + WEEK, "b")
    floor = await kept.story.upkeep.floor(WEEKLY, SLOT - WEEK)
    assert floor == SLOT + WEEK
    assert not await kept.story.upkeep.drop(first.run, SLOT)
    assert await kept.story.upkeep.drop(first.run, floor)


async def test_the_floor_is_the_oldest_baseline_of_any_reader_and_of_any_open_delivery(story: LedgerFixture) -> None:
    assert await story.upkeep.floor(WEEKLY, SLOT) is None
    key, other = await story.delivering((ANN, BEN), SLOT + 5 * WEEK)
    old, new = baseline("old", SLOT + WEEK), baseline("new", SLOT + 5 * WEEK)
    attempt = await story.deliveries.intend(other, 0, 1, "aa", SLOT, {"deals": None})
    await story.deliveries.settle(other, attempt, Sent("250", {"deals": new}))
    assert await story.upkeep.floor(WEEKLY, SLOT) == new.slot
    attempt = await story.deliveries.intend(key, 0, 1, "aa", SLOT, {"deals": old})
    assert await story.upkeep.floor(WEEKLY, SLOT) == old.slot
    await story.deliveries.settle(key, attempt, Sent("250", {}))
    assert await story.upkeep.floor(WEEKLY, SLOT) == new.slot
    assert await story.upkeep.floor(WEEKLY, SLOT + 6 * WEEK) is None, "expired baselines are compared with no more"


async def test_an_open_run_stays_and_so_does_the_newest_answer(kept: Kept) -> None:
    waiting = await kept.run(SLOT, "a", outcome="pending")
    assert not await kept.story.upkeep.drop(waiting.run, LATER)
    await kept.story.finish(waiting, "unknown")
    assert not await kept.story.upkeep.drop(waiting.run, LATER), "held: somebody may settle it"
    newest = await kept.run(SLOT + WEEK, "b")
    assert (await kept.story.run(waiting)).state is RunState.SKIPPED
    assert not await kept.story.upkeep.drop(newest.run, LATER)
    assert await kept.story.upkeep.drop(waiting.run, LATER)
    assert not await kept.story.upkeep.drop(waiting.run, LATER), "it is gone already"


async def test_a_chain_has_no_link_to_what_is_gone(kept: Kept) -> None:
    first = await kept.run(SLOT, "a")
    await kept.run(SLOT + WEEK, "b")
    assert len(await kept.story.runs.chain(WEEKLY, "deals", SLOT)) == 2
    await kept.story.upkeep.drop(first.run, LATER)
    (left,) = await kept.story.runs.chain(WEEKLY, "deals", SLOT)
    assert await kept.store.load(left) is not None


async def test_a_round_sees_every_run_once_although_some_go_meanwhile(kept: Kept) -> None:
    keys = [(await kept.run(SLOT + n * WEEK, f"k{n}")).run for n in range(7)]
    seen = []
    while True:
        part = await kept.story.upkeep.next_batch(2, 0.0)
        assert part is not None
        for schedule, run in part.runs:
            assert schedule == WEEKLY
            seen.append(run.key)
            if len(seen) % 2:
                await kept.story.upkeep.drop(run.key, LATER)
        if part.ended:
            break
    assert seen == keys


async def test_two_clocks_do_not_take_the_same_batch(story: LedgerFixture) -> None:
    assert await story.upkeep.next_batch(5, 60.0) is not None
    assert await story.upkeep.next_batch(5, 60.0) is None


async def test_bundles_that_nothing_needs_go_in_a_day_and_old_rows_of_missed_slots_at_once(
    story: LedgerFixture,
) -> None:
    old = MissedRow(SLOT - 2 * WEEK, SLOT - WEEK, 2, Reason.TOO_LATE, schedule=WEEKLY)
    await story.claimed(missed=(old,))
    first = await story.deployments.activate(bundle(WEEKLY, "one"), {}, ())
    in_use = await story.deployments.activate(bundle(WEEKLY, "two"), {}, ())
    asked = story.claim(SLOT, kind="manual", nonce="0000000a")
    await story.clock.request(type(asked)(asked.key, in_use.bundle, "manual", asked.deadline), 1)
    for number in range(19):
        await story.deployments.activate(bundle(WEEKLY, f"s{number}"), {}, ())
    deployed = await story.deployments.activate(bundle(WEEKLY, "three"), {}, ())
    past = (await story.deployments.history())[-1]

    async def lives(bundle_id: str) -> int:
        return int(await story.client.ttl(f"tern:bundle:{bundle_id}"))

    for _ in range(2):
        await story.upkeep.next_batch(100, 0.0)
        await story.upkeep.end_round(SLOT)
    assert 86000 < await lives(first.bundle) <= 86400
    assert [await lives(one.bundle) for one in (in_use, deployed, past)] == [-1, -1, -1]
    assert await story.lookups.missed(WEEKLY, 10) == ()
    assert await story.lookups.missed(None, 10) == ()


async def test_a_difference_goes_before_what_it_differs_from(story: LedgerFixture, redis_client: Redis) -> None:
    kept = Kept(story)
    names = [f"{n:064x}" for n in range(600)]
    first = await kept.run(SLOT, *names)
    kept.last = None
    await kept.run(SLOT + WEEK, *names[1:])
    kept.last = None
    third = await kept.run(SLOT + 2 * WEEK, *names[2:])
    assert await kept.blobs() == (3, 3)
    assert await story.upkeep.drop(first.run, LATER)
    assert await kept.blobs() == (2, 3), "two differences rest on its table"
    held = dict((await story.run(third)).snapshots)["deals"]
    assert await kept.store.load(held) == answer(SLOT + 2 * WEEK, *names[2:])
