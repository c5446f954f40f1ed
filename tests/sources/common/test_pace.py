"""When requests may go: places from the budget, what answers told, and what nobody may do with a place."""

import asyncio
import time
from collections.abc import Mapping

import pytest
from redis.asyncio import Redis

from worker.adapters.local_quota import LocalQuota
from worker.adapters.redis_store.connection import connect
from worker.adapters.redis_store.quota import RedisQuota
from worker.errors import LedgerUnavailable, SourceUnavailable
from worker.ports import Limit, Quota, RateReport
from worker.sources.common.pace import RateLimiter, asked_for

pytestmark = pytest.mark.alone

TWENTY = {"limit": "20", "remaining": "19", "reset": "1"}


def hear(headers: Mapping[str, str]) -> RateReport:
    if "limit" not in headers:
        return RateReport()
    limit, remaining, reset = (float(headers[name]) for name in ("limit", "remaining", "reset"))
    return RateReport((Limit("ratelimit", limit, remaining, reset),))


async def request(pace: RateLimiter, headers: Mapping[str, str] | None = None) -> float:
    """When it went."""
    await pace.enter("GET /things")
    at = time.monotonic()
    pace.leave(headers or {})
    return at


async def reports_taken(*paces: RateLimiter) -> None:
    for pace in paces:
        await pace.aclose()


async def test_what_one_worker_heard_paces_another(redis_client: Redis) -> None:
    one, other = (RateLimiter(RedisQuota(redis_client, "acme", "lane"), hear) for _ in range(2))
    await request(one, TWENTY)
    await reports_taken(one)
    went = sorted(await asyncio.gather(*(request(pace, TWENTY) for pace in (one, other) for _ in range(4))))
    assert went[-1] - went[0] >= 7 / 18 - 0.03


async def test_a_429_of_one_worker_holds_the_other_back(redis_client: Redis) -> None:
    one, other = (RateLimiter(RedisQuota(redis_client, "acme", "lane"), hear) for _ in range(2))
    await request(one, TWENTY)
    await reports_taken(one)
    began = time.monotonic()
    one.refused(0.4)
    await reports_taken(one)
    assert await request(other) - began >= 0.38


async def test_places_that_were_slept_through_are_not_made_up_for_in_a_burst() -> None:
    pace = RateLimiter(LocalQuota(), hear)
    await request(pace, {"limit": "100", "remaining": "99", "reset": "1"})
    await reports_taken(pace)
    asking = [asyncio.create_task(request(pace, {"limit": "100", "remaining": "99", "reset": "1"})) for _ in range(12)]
    await asyncio.sleep(0.02)
    time.sleep(0.3)  # noqa: ASYNC251  # a process that is stopped
    woke = time.monotonic()
    after = sorted(at for at in await asyncio.gather(*asking) if at >= woke - 0.001)
    assert len(after) >= 9
    assert after[-1] - after[0] >= (len(after) - 2) / 90 - 0.02


async def test_a_day_without_tokens_is_an_error_at_once_and_names_its_end() -> None:
    pace = RateLimiter(LocalQuota(), hear)
    pace.spent(3939)
    await reports_taken(pace)
    began = time.monotonic()
    with pytest.raises(SourceUnavailable, match=r"^GET /things: the day's budget") as error:
        await pace.enter("GET /things", 10)
    assert time.monotonic() - began < 0.5
    assert error.value.limited
    assert error.value.retry_after == pytest.approx(3939, abs=1)
    await asyncio.wait_for(pace.enter("GET /things"), 1)


async def test_what_is_kept_for_runs_on_demand_is_theirs(redis_client: Redis) -> None:
    quota: Quota = RedisQuota(redis_client, "acme", "lane")
    pace = RateLimiter(quota, hear)
    await quota.learn(RateReport(day=(1000.0, 90.0)))
    await pace.enter("GET /things", 10)  # finds out whether a new day began
    with pytest.raises(SourceUnavailable):
        await pace.enter("GET /things", 10)
    with asked_for(True):
        await asyncio.wait_for(pace.enter("GET /things", 10), 1)
    with pytest.raises(SourceUnavailable):
        await pace.enter("GET /things", 10)


async def test_a_budget_that_cannot_be_reached_is_said_and_not_guessed() -> None:
    away = connect("unix:///nowhere/at/all.sock")
    pace = RateLimiter(RedisQuota(away, "acme", "lane"), hear)
    with pytest.raises(LedgerUnavailable):
        await pace.enter("GET /things")
    pace.hold(5)
    await reports_taken(pace)
    await away.aclose()


async def test_a_limit_that_nobody_tells_is_kept_by_counting(redis_client: Redis) -> None:
    one, other = (RateLimiter(RedisQuota(redis_client, "acme", "lane"), hear, calls=6, seconds=0.5) for _ in range(2))
    await request(one)
    await reports_taken(one)
    went = sorted(await asyncio.gather(*(request(pace) for pace in (one, other) for _ in range(6))))
    assert went[4] - went[0] < 0.3
    for before, after in zip(went, went[6:], strict=False):
        assert after - before >= 0.47
