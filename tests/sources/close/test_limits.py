"""Rate-limit headers in every spelling, and a pace that keeps 429 the exception."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from tests.sources.close.account import KEY, Account, Clock, close, deal, listing
from tests.support.scripted_http import Asked, Said, scripted
from worker.adapters.local_quota import LocalQuota
from worker.adapters.redis_store.quota import RedisQuota
from worker.ports import Limit
from worker.sources.close import CloseTuning, open_source
from worker.sources.common import limits
from worker.sources.common.calls import Retries
from worker.sources.common.pace import RateLimiter

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
RECORDED = {
    "ratelimit": "limit=240; remaining=239; reset=2",
    "ratelimit-limit": "60",
    "ratelimit-remaining": "59",
    "ratelimit-reset": "1",
    "x-ratelimit-limit": "60, 60;w=1, 100;w=1",
    "x-ratelimit-remaining": "59",
    "x-ratelimit-reset": "1",
}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"ratelimit": "limit=100, remaining=50, reset=5"}, [Limit("ratelimit", 100, 50, 5)]),
        ({"ratelimit": "limit=100; remaining=50; reset=5.25"}, [Limit("ratelimit", 100, 50, 5.25)]),
        ({"ratelimit": "Limit = 100 ,Remaining=50,reset=5"}, [Limit("ratelimit", 100, 50, 5)]),
        (
            {"ratelimit-limit": "9", "ratelimit-remaining": "3", "ratelimit-reset": "1"},
            [Limit("ratelimit-limit", 9, 3, 1)],
        ),
        (
            {"x-rate-limit-limit": "320", "x-rate-limit-remaining": "0", "x-rate-limit-reset": "0.595956"},
            [Limit("x-rate-limit-limit", 320, 0, 0.595956)],
        ),
        ({"ratelimit": "limit=100"}, []),
        (
            {"ratelimit": "nonsense", "ratelimit-limit": "nan", "ratelimit-remaining": "-1", "ratelimit-reset": "inf"},
            [],
        ),
        ({"ratelimit": "limit=0, remaining=0, reset=0"}, []),
        ({}, []),
    ],
)
def test_both_spellings_are_read_and_nonsense_is_none(headers: dict[str, str], expected: list[Limit]) -> None:
    assert list(limits.limits(headers)) == expected


async def test_of_two_limiters_that_disagree_the_tighter_one_sets_the_pace() -> None:
    assert [(limit.limit, limit.reset) for limit in limits.limits(RECORDED)] == [(240, 2), (60, 1), (60, 1)]
    assert list(limits.windows(RECORDED)) == [(60, 1), (100, 1)]
    quota = LocalQuota()
    await quota.learn(limits.heard(RECORDED))
    assert (await quota.take(2)).every == pytest.approx(1 / (0.9 * 60))


def pace() -> RateLimiter:
    return RateLimiter(LocalQuota(), limits.heard)


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"ratelimit": "limit=5, remaining=0, reset=1.5", "retry-after": "9"}, "", 1.5),
        ({"retry-after": "9", "ratelimit-reset": "3"}, "", 9),
        ({"retry-after": "Mon, 23 Nov 2026 14:00:07 GMT"}, "", 7),
        ({"retry-after": "Mon, 23 Nov 2026 13:00:00 GMT"}, "", 0),
        ({"retry-after": "soon", "ratelimit-reset": "3"}, "", 3),
        ({"x-ratelimit-reset": "4"}, "", 4),
        ({"x-rate-limit-reset": "0.595956"}, "9", 0.595956),
        ({}, "0.595956", 0.595956),
        ({}, "", 2),
        ({"retry-after": "-5"}, "", 2),
        ({"retry-after": "Fri, 31 Dec 9999 23:00:00 -2300"}, "", 2),
    ],
)
def test_how_long_to_wait_after_a_429(headers: dict[str, str], body: str, seconds: float) -> None:
    assert limits.wait(headers, body, NOW) == pytest.approx(seconds)


@given(st.dictionaries(st.sampled_from([*RECORDED, "retry-after", "x-rate-limit-reset"]), st.text(max_size=40)))
def test_no_header_can_break_the_reading(headers: dict[str, str]) -> None:
    assert limits.wait(headers, "", NOW) >= 0
    assert all(limit.limit >= 1 for limit in limits.limits(headers))
    assert all(seconds > 0 for _, seconds in limits.windows(headers))


class Limiter:
    """A server's fixed windows: `quota` requests a second, counted from the server's own start."""

    def __init__(self, quota: int, form: str) -> None:
        self.quota = quota
        self.form = form
        self.window = -1.0
        self.used = 0
        self.refused = 0

    def headers(self, now: float) -> dict[str, str] | None:
        if int(now) != self.window:
            self.window, self.used = int(now), 0
        if self.used >= self.quota:
            self.refused += 1
            return None
        self.used += 1
        remaining, reset = self.quota - self.used, self.window + 1 - now
        return {"RateLimit": self.form.format(limit=self.quota, remaining=remaining, reset=round(reset, 3))}


@pytest.mark.alone
@pytest.mark.parametrize(
    "form",
    ["limit={limit}, remaining={remaining}, reset={reset}", "limit={limit}; remaining={remaining}; reset={reset}"],
)
async def test_twenty_pages_at_twenty_a_second_meet_no_429_and_take_no_longer_than_they_must(form: str) -> None:
    account = Account([deal(f"oppo_{n:03}") for n in range(61)])  # 20 pages of 4, which share a row
    limiter = Limiter(20, form)

    async def script(asked: Asked) -> Said:
        headers = limiter.headers(time.monotonic())
        await asyncio.sleep(0.05)
        if headers is None:
            return Said({"error": {"rate_reset": 1}}, 429)
        said = account.answer(asked)
        return Said(said.body, said.status, headers)

    async with close(account, CloseTuning(page=4)) as (source, server):
        server.script = script
        began = time.monotonic()
        snapshot = (await source.fetch(listing())).snapshot
        elapsed = time.monotonic() - began
        requests = len(server.asked)
    assert len(snapshot.members) == 61
    assert limiter.refused == 0
    assert requests == 25
    assert elapsed <= 1.5 * requests / 20


@pytest.mark.alone
async def test_several_questions_at_once_share_one_pace_and_one_reading_of_the_names() -> None:
    account = Account([deal(f"oppo_{n:03}") for n in range(12)])
    limiter = Limiter(20, "limit={limit}, remaining={remaining}, reset={reset}")

    def script(asked: Asked) -> Said:
        headers = limiter.headers(time.monotonic())
        said = account.answer(asked)
        return Said(b"", 429) if headers is None else Said(said.body, said.status, headers)

    async with close(account, CloseTuning(page=3)) as (source, server):
        server.script = script
        answers = await asyncio.gather(*(source.fetch(listing()) for _ in range(5)))
    assert [len(answer.snapshot.members) for answer in answers] == [12] * 5
    assert limiter.refused == 0
    assert len(server.to("/me/")) == 1


@pytest.mark.alone
async def test_four_workers_with_one_key_meet_no_429_and_are_as_fast_together_as_one(redis_client: Redis) -> None:
    account = Account([deal(f"oppo_{n:03}") for n in range(37)])  # 12 pages of 4, which share a row
    limiter = Limiter(20, "limit={limit}, remaining={remaining}, reset={reset}")

    async def script(asked: Asked) -> Said:
        headers = limiter.headers(time.monotonic())
        await asyncio.sleep(0.05)
        said = account.answer(asked)
        return Said(b"", 429) if headers is None else Said(said.body, said.status, headers)

    async with scripted(script) as server:
        options = {"base_url": server.url, "api_key": KEY}
        sources = [
            open_source(
                options, clock=Clock(), tuning=CloseTuning(page=4), quota=RedisQuota(redis_client, "acme", "lane")
            )
            for _ in range(4)
        ]
        began = time.monotonic()
        answers = await asyncio.gather(*(source.fetch(replace(listing(), on_demand=True)) for source in sources))
        elapsed = time.monotonic() - began
        await asyncio.gather(*(source.aclose() for source in sources))
    assert [len(answer.snapshot.members) for answer in answers] == [37] * 4
    assert limiter.refused == 0
    assert len(server.asked) == 4 * (5 + 12)
    assert elapsed <= 1.5 * len(server.asked) / 20


@pytest.mark.alone
async def test_without_any_limit_told_pages_come_together_after_the_first() -> None:
    account = Account([deal(f"oppo_{n:03}") for n in range(60)])
    flying = 0
    most = 0

    async def script(asked: Asked) -> Said:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0.02)
        flying -= 1
        return account.answer(asked)

    async with close(account, CloseTuning(page=3)) as (source, server):
        server.script = script
        await source.fetch(listing())
        first, second = server.asked[0], server.asked[1]
    assert (first.path, second.at - first.at >= 0.02) == ("/me/", True)
    assert 8 < most <= 16


@pytest.mark.alone
async def test_a_429_holds_back_every_other_request_too() -> None:
    account = Account([deal(f"oppo_{n:03}") for n in range(31)])
    refused: list[float] = []

    def refuse_once(asked: Asked) -> Said:
        if asked.params.get("_skip") == "3" and not refused:
            refused.append(asked.at)
            return Said(b"", 429, {"Retry-After": "0.3"})
        return Said(account.listed(asked.params))

    account.instead["/opportunity/"] = refuse_once
    async with close(account, CloseTuning(page=4, retries=Retries(pause=0.01))) as (source, server):
        snapshot = (await source.fetch(listing())).snapshot
        later = [asked.at for asked in server.asked if asked.at > refused[0] + 0.1]
    assert len(snapshot.members) == 31
    assert min(later) - refused[0] >= 0.29


@pytest.mark.parametrize(
    ("refusals", "remaining", "waits"), [(0, 16, False), (0, 15, True), (1, 29, True), (9, 51, False)]
)
async def test_each_429_makes_us_stop_earlier_in_a_window(refusals: int, remaining: int, waits: bool) -> None:
    paced = pace()
    for _ in range(refusals):
        paced.refused(0)
    paced._observe({"ratelimit": f"limit=100, remaining={remaining}, reset=9"})
    assert (paced._closed_until > asyncio.get_running_loop().time() + 8) is waits


async def test_a_window_that_is_nearly_used_up_by_others_is_waited_out() -> None:
    paced = pace()
    await paced.enter()
    paced.leave({"ratelimit": "limit=100, remaining=3, reset=0.2"})
    began = time.monotonic()
    await paced.enter()
    assert time.monotonic() - began >= 0.19


async def test_a_first_request_that_never_came_back_does_not_block_the_next() -> None:
    paced = pace()
    await paced.enter()
    second = asyncio.create_task(paced.enter())
    await asyncio.sleep(0)
    assert not second.done()
    paced.leave(None)
    await asyncio.wait_for(second, 1)


async def test_a_cancelled_wait_leaves_the_gate_open() -> None:
    paced = pace()
    paced.hold(0.2)
    waiting = asyncio.create_task(paced.enter())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await asyncio.wait_for(paced.enter(), 1)
