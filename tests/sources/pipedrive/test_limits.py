"""What headers say of a limit, and a pace that stays below it."""

import asyncio
from datetime import UTC, datetime

import pytest

from tests.sources.pipedrive.account import Account, listing, pipedrive
from tests.support.scripted_http import Asked, Said
from worker.sandbox import pipedrive_limits
from worker.sources.pipedrive import costs
from worker.sources.pipedrive.limits import Burst, Daily, Pacer, burst, daily, is_daily, wait

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize("prefix", ["x-ratelimit", "ratelimit", "x-rate-limit"])
def test_a_burst_is_read_in_each_spelling(prefix: str) -> None:
    headers = {f"{prefix}-limit": "40", f"{prefix}-remaining": "39", f"{prefix}-reset": "2"}
    assert burst(headers) == Burst(40, 39, 2)
    del headers[f"{prefix}-reset"]
    assert burst(headers) == Burst(40, 39, 2), "two seconds where it is not told"


@pytest.mark.parametrize("odd", ["", "-1", "many", "nan", "inf"])
def test_a_figure_that_is_none_tells_nothing(odd: str) -> None:
    assert burst({"x-ratelimit-limit": odd, "x-ratelimit-remaining": "1"}) is None
    assert daily({"x-daily-ratelimit-token-remaining": odd}) == Daily(None, None)


@pytest.mark.parametrize(
    ("headers", "words", "found"),
    [
        ({}, "request over limit", False),
        ({"retry-after": "2"}, "", False),
        ({"x-daily-ratelimit-token-remaining": "12"}, "", False),
        ({}, "Daily Request Budget exceeded", True),
        ({"x-daily-ratelimit-token-remaining": "0"}, "request over limit", True),
        ({"retry-after": "3939"}, "", True),
    ],
)
def test_a_day_is_told_from_a_burst(headers: dict[str, str], words: str, found: bool) -> None:
    assert is_daily(headers, words) is found


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "1.5", "x-ratelimit-reset": "2"}, 1.5),
        ({"retry-after": "Mon, 23 Nov 2026 14:00:07 GMT"}, 7.0),
        ({"retry-after": "Mon, 23 Nov 2026 13:00:00 GMT"}, 0.0),
        ({"retry-after": "soon", "x-ratelimit-reset": "2"}, 2.0),
        ({"ratelimit-reset": "1"}, 1.0),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_asked_of_the_headers(headers: dict[str, str], seconds: float | None) -> None:
    assert wait(headers, NOW) == seconds


async def test_requests_keep_below_nine_tenths_of_the_burst() -> None:
    pace, loop = Pacer(), asyncio.get_running_loop()
    headers = {"x-ratelimit-limit": "100", "x-ratelimit-remaining": "99", "x-ratelimit-reset": "2"}
    await pace.enter()
    pace.leave(headers)
    began = loop.time()
    for _ in range(10):
        await pace.enter()
        pace.leave(headers)
    assert loop.time() - began >= 9 * 2 / 90 - 0.005


async def test_nothing_is_sent_into_a_window_that_is_used_up() -> None:
    pace, loop = Pacer(), asyncio.get_running_loop()
    await pace.enter()
    pace.leave({"x-ratelimit-limit": "1000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "0.2"})
    began = loop.time()
    await pace.enter()
    assert loop.time() - began >= 0.19


async def test_the_first_request_goes_alone() -> None:
    flying, most = 0, 0

    async def script(asked: Asked) -> Said:
        nonlocal flying, most
        first = asked.path.endswith("/me")
        flying += 1
        most = max(most, flying) if first else most
        await asyncio.sleep(0.02)
        flying -= 1
        return Account().answer(asked)

    account = Account()
    async with pipedrive(account) as (source, server):
        server.script = script
        await asyncio.gather(*(source.fetch(listing()) for _ in range(3)))
    assert most == 1


def test_prices_are_those_of_the_stand_in_which_were_written_down_apart() -> None:
    assert costs.COSTS == pipedrive_limits.COSTS
