"""One budget for several workers: what they take together is what one would take alone."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from worker.adapters.local_quota import LocalQuota
from worker.adapters.redis_store.quota import RedisQuota
from worker.ports import Limit, Quota, RateReport, Reservations

TWENTY = Limit("ratelimit", 20, 19, 1.0)


@pytest.fixture(params=["redis", "local"])
def quota(request: pytest.FixtureRequest, redis_client: Redis) -> Quota:
    return RedisQuota(redis_client, "acme", "lane") if request.param == "redis" else LocalQuota()


@pytest.fixture
def worker(redis_client: Redis) -> Callable[[], RedisQuota]:
    return lambda: RedisQuota(redis_client, "acme", "lane")


async def test_the_first_request_of_all_finds_out_and_the_others_wait_for_it(quota: Quota) -> None:
    first = await quota.take(5)
    assert (len(first.waits), first.probe) == (1, True)
    assert await quota.take(5) == Reservations()
    await quota.learn(RateReport((TWENTY,)))
    after = await quota.take(3)
    assert (len(after.waits), after.probe) == (3, False)


async def test_a_first_request_that_failed_lets_the_next_one_find_out(quota: Quota) -> None:
    await quota.take(1)
    await quota.learn(RateReport(failed=True))
    assert (await quota.take(1)).probe


async def test_a_service_that_tells_no_limit_is_not_waited_for(quota: Quota) -> None:
    await quota.take(1)
    await quota.learn(RateReport())
    assert (await quota.take(16)).waits == pytest.approx([0.0] * 16, abs=0.001)


async def test_places_of_several_workers_are_one_row_at_nine_tenths_of_the_limit(
    worker: Callable[[], RedisQuota],
) -> None:
    await worker().learn(RateReport((TWENTY,)))
    loop = asyncio.get_running_loop()
    began = loop.time()
    got = await asyncio.gather(*(worker().take(2, urgent=True) for _ in range(9)))
    places = sorted(wait for places in got for wait in places.waits)
    assert len(places) == 18
    slack = loop.time() - began
    gaps = [after - before for before, after in pairwise(places)]
    assert sum(gaps) == pytest.approx(17 / 18, abs=slack + 0.005)
    assert all(got_.every == pytest.approx(1 / 18, rel=0.01) for got_ in got)


async def test_runs_by_the_clock_leave_a_tenth_to_runs_on_demand(worker: Callable[[], RedisQuota]) -> None:
    await worker().learn(RateReport((TWENTY,)))
    scheduled = (await worker().take(10)).waits
    assert scheduled[-1] - scheduled[0] == pytest.approx(9 / 18 / 0.9, abs=0.001)
    loop = asyncio.get_running_loop()
    began = loop.time()
    later = (await worker().take(1)).waits[0]
    wanted = (await worker().take(1, urgent=True)).waits[0]
    slack = loop.time() - began
    assert wanted - later == pytest.approx(1 / 18, abs=slack + 0.005)
    assert (await worker().take(1)).waits[0] - later > 1 / 18 / 0.9


@pytest.mark.parametrize(
    ("limits", "rate"),
    [
        ([TWENTY, Limit("x-ratelimit", 60, 59, 1.0)], 20),
        (
            [Limit("ratelimit", 240, 239, 2.0), Limit("ratelimit-limit", 60, 59, 1.0), Limit("policy/1", 100, None, 1)],
            60,
        ),
        ([Limit("burst", 40, 39, 2.0)], 20),
    ],
)
async def test_of_several_limiters_the_tightest_is_obeyed(quota: Quota, limits: list[Limit], rate: float) -> None:
    await quota.learn(RateReport(tuple(limits)))
    assert (await quota.take(1)).every == pytest.approx(1 / (0.9 * rate), rel=0.001)


async def test_a_hold_that_one_worker_learned_of_holds_all(worker: Callable[[], RedisQuota]) -> None:
    await worker().learn(RateReport((TWENTY,), hold=3.0))
    await worker().learn(RateReport((TWENTY,), hold=1.0))
    assert (await worker().take(1, urgent=True)).waits[0] == pytest.approx(3.0, abs=0.1)


async def test_a_limit_that_is_never_told_is_kept_by_counting(quota: Quota) -> None:
    await quota.learn(RateReport())
    first = await quota.take(45, calls=45, seconds=15.0)
    assert max(first.waits) < 0.01
    assert (await quota.take(1, calls=45, seconds=15.0)).waits[0] == pytest.approx(15.0, abs=0.1)


async def test_what_is_left_of_a_day_is_kept_for_runs_on_demand_and_then_spent(
    worker: Callable[[], RedisQuota],
) -> None:
    await worker().learn(RateReport(day=(1000.0, 130.0)))
    assert (await worker().take(1, 20.0)).waits
    assert (await worker().take(1, 20.0)).waits, "somebody has to find out whether a new day began"
    assert (await worker().take(1, 20.0)).spent == pytest.approx(600, abs=1)
    assert (await worker().take(1, 100.0, urgent=True)).waits
    assert (await worker().take(1)).waits, "what costs nothing is not held back"
    await worker().learn(RateReport(day=(1000.0, 990.0)))
    assert (await worker().take(1, 20.0)).waits


async def test_a_spent_day_is_told_with_its_end_and_asks_nobody_to_wait(quota: Quota) -> None:
    await quota.learn(RateReport(spent=3939.0))
    got = await quota.take(1, 10.0, urgent=True)
    assert got.spent == pytest.approx(3939, abs=1)


async def test_what_is_left_of_a_day_can_be_asked_for(quota: Quota) -> None:
    assert await quota.day() == (None, None)
    await quota.learn(RateReport(day=(30_000.0, 120.0)))
    await quota.take(1, 40.0, urgent=True)
    assert await quota.day() == (30_000, 80)


async def test_lanes_know_nothing_of_each_other_and_nothing_stays_for_ever(redis_client: Redis) -> None:
    one, other = RedisQuota(redis_client, "acme", "one"), RedisQuota(redis_client, "acme", "other")
    await one.learn(RateReport((TWENTY,), hold=5.0))
    await other.learn(RateReport())
    assert (await other.take(1, calls=3, seconds=2.0)).waits[0] < 0.01
    assert [key async for key in redis_client.scan_iter() if await redis_client.ttl(key) < 0] == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limit=st.integers(2, 500),
    window=st.floats(1.0, 10.0),
    asks=st.lists(st.tuples(st.integers(1, 16), st.booleans()), min_size=1, max_size=12),
)
async def test_no_order_of_asking_gives_more_places_than_the_limit_allows(
    redis_client: Redis, limit: int, window: float, asks: list[tuple[int, bool]]
) -> None:
    await redis_client.flushall()
    quota = RedisQuota(redis_client, "acme", "lane")
    await quota.learn(RateReport((Limit("ratelimit", limit, None, window),)))
    now = asyncio.get_running_loop().time
    places = []
    for count, urgent in asks:
        # What Redis counts from lies between the question and its answer; the later one makes the test stricter.
        got = await quota.take(count, urgent=urgent)
        places += [now() + wait for wait in got.waits]
    places.sort()
    slack = 0.05
    for number, place in enumerate(places):
        within = [other for other in places[number:] if other < place + window - slack]
        assert len(within) <= 0.9 * limit + 1
