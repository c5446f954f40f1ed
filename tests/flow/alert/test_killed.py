"""Processes that die between any two steps, two workers at once, and 2,000 alerts at once: nothing lost, nothing told
twice in silence.
"""

import asyncio
from collections import Counter

import pytest

from tests.domain.builders import deal
from tests.support.watched import MINUTE, Watched
from worker.domain.alert.rule import NO_DATA_AFTER
from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.reason import Reason
from worker.flow.run.produce import produce

BIG, SMALL = 100_000, 100
POINTS = (
    "run.fetching",
    "run.fetched",
    "run.kept",
    "run.evaluated",
    "run.delivering",
    "delivery.taken",
    "delivery.rendered",
    "delivery.sending",
    "delivery.checked",
    "delivery.accepted",
    "delivery.sent",
)


async def nothing_lost_nothing_repeated(watch: Watched) -> None:
    """Every notification left once, or twice where the ledger counts a possible duplicate."""
    for row in await watch.alert_rows():
        assert row.state is DeliveryState.SENT, await watch.report()
        assert 1 <= watch.left[row.key] <= 1 + row.resent, row


@pytest.mark.parametrize("point", POINTS)
async def test_killed_there_each_alert_is_told_once_and_so_is_its_end(watch: Watched, point: str) -> None:
    told = []
    for values in ((BIG, SMALL), (BIG, BIG), (SMALL, BIG)):
        watch.deadly = [point]
        await watch.run([deal(name, value) for name, value in zip("ab", values, strict=True)])
        await watch.calm()
        watch.slot = watch.ledger.at
        assert watch.deadly == [], "nobody passed the fail point"
        told = await watch.told()
    assert told == [("team", "a", "first"), ("team", "b", "new"), ("team", "a", "resolved")]
    await nothing_lost_nothing_repeated(watch)


AT_A_NOTICE = (
    "run.fetching",
    "run.fetched",
    "run.failed",
    "delivery.taken",
    "delivery.rendered",
    "delivery.sending",
    "delivery.checked",
    "delivery.accepted",
    "delivery.sent",
)
"""What a run passes that fails, and the notice to the operator that it makes."""


async def operator_rows(watch: Watched) -> list[Delivery]:
    """Notices of missing data, and of data that is back."""
    rows = [row for run in await watch.runs() for row in await watch.services.lookups.deliveries(run.key)]
    return [row for row in rows if row.notice and row.notice.reason in {Reason.NO_DATA, Reason.DATA_BACK}]


@pytest.mark.parametrize("point", AT_A_NOTICE)
async def test_killed_there_the_operator_hears_of_missing_data_once_and_that_it_is_back_once(
    watch: Watched, point: str
) -> None:
    await watch.run([deal("a", BIG)])
    for at in range(NO_DATA_AFTER):
        watch.rows = None
        key = await watch.claimed()
        await watch.ledger.set(watch.slot + 31 * MINUTE)
        watch.deadly = [point] if at == NO_DATA_AFTER - 1 else []
        await watch.work([key])
        await watch.calm()
        watch.slot = watch.ledger.at
    watch.deadly = [point] if point != "run.failed" else ["run.evaluated"]
    await watch.run([deal("a", BIG)])
    for _ in range(3):
        await watch.calm()  # also for what is left of a notice, which no open run counts
    assert watch.deadly == [], "nobody passed the fail point"
    rows = await operator_rows(watch)
    assert [row.notice.reason for row in rows if row.notice] == [Reason.NO_DATA, Reason.DATA_BACK]
    for row in rows:
        assert row.state is DeliveryState.SENT, await watch.report()
        assert 1 <= watch.left[row.key] <= 1 + row.resent, row


async def test_a_storm_of_2_000_alerts_under_kills_is_told_whole_and_once(watch: Watched) -> None:
    names = [f"oppo_{n:04}" for n in range(2000)]
    watch.deadly = ["run.kept", "run.evaluated", "run.delivering", "delivery.sending", "delivery.accepted"]
    await watch.run([deal(name, BIG) for name in names])
    await watch.calm()
    watch.slot = watch.ledger.at
    watch.deadly = ["run.evaluated", "run.delivering", "delivery.accepted"]
    await watch.run([deal(name, SMALL if n % 2 else BIG) for n, name in enumerate(names)])
    await watch.calm()
    told = Counter((subject, reason == "resolved") for _, subject, reason in await watch.told())
    assert set(told) == {(name, False) for name in names} | {(name, True) for name in names[1::2]}
    assert set(told.values()) == {1}
    await nothing_lost_nothing_repeated(watch)
    assert len((await watch.state()).alerts) == 1000


async def test_two_workers_that_evaluate_two_slots_at_once_tell_each_alert_once(watch: Watched) -> None:
    for step in range(6):
        watch.rows = [deal(name, BIG if (step + n) % 3 else SMALL) for n, name in enumerate("abc")]
        keys = [await watch.claimed(), await watch.claimed()]
        made = await asyncio.gather(*(produce(watch.process, key) for key in keys))
        await watch.work([], [delivery for deliveries in made for delivery in deliveries])
    await watch.calm()
    state = dict[str, bool]()
    for _, subject, reason in await watch.told():
        ended = reason == "resolved"
        assert state.get(subject, False) is ended, "it fires once before it ends, and ends once"
        state[subject] = not ended
    await nothing_lost_nothing_repeated(watch)
    assert {name for name, fires in state.items() if fires} == set((await watch.state()).alerts)


async def test_a_worker_that_comes_back_after_another_took_over_writes_nothing(watch: Watched) -> None:
    """Its evaluation is made again by the other; only one of them hands the run over."""
    watch.rows = [deal("a", BIG)]
    key = await watch.claimed()
    watch.deadly = ["run.evaluated"]
    await watch.work([key])
    await watch.ledger.set(watch.ledger.at + 2 * MINUTE)
    swept = await watch.services.clock.sweep(10)
    assert key in swept.runs
    first, second = await asyncio.gather(*(produce(watch.process, key) for _ in range(2)))
    assert (len(first), len(second)) in {(2, 0), (0, 2)}
    await watch.work([], [*first, *second])
    assert await watch.told() == [("team", "a", "first")]
