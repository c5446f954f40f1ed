"""Rate limits: how many pass, what the headers say in each dialect, what a 429 holds."""

import httpx
import pytest

from worker.sandbox.limits import Dialect, RequestLimit
from worker.sandbox.server import Sandbox


async def test_the_documented_header_counts_down(close: httpx.AsyncClient, box: Sandbox) -> None:
    box.close.limit.set(240, 8, Dialect.DOCUMENTED)
    first = (await close.get("/me/")).headers["ratelimit"]
    second = (await close.get("/me/")).headers["ratelimit"]
    assert first.startswith("limit=240, remaining=239, reset=")
    assert second.startswith("limit=240, remaining=238, reset=")


async def test_past_the_limit_it_is_429_with_a_time_to_wait(close: httpx.AsyncClient, box: Sandbox) -> None:
    box.close.limit.set(2, 30)
    statuses = [(await close.get("/me/")).status_code for _ in range(2)]
    refused = await close.get("/me/")
    assert [*statuses, refused.status_code] == [200, 200, 429]
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    assert "remaining=0" in refused.headers["ratelimit"]
    assert refused.content == b""
    assert box.close.limit.refused == 1


async def test_the_recorded_dialect_has_semicolons_and_disagrees_with_itself(
    close: httpx.AsyncClient, box: Sandbox
) -> None:
    box.close.limit.set(240, 8, Dialect.RECORDED)
    headers = (await close.get("/me/")).headers
    assert headers["ratelimit"] == "limit=240; remaining=239; reset=8"
    assert (headers["ratelimit-limit"], headers["ratelimit-remaining"]) == ("60", "59")


async def test_the_old_dialect_tells_in_the_body_too(close: httpx.AsyncClient, box: Sandbox) -> None:
    box.close.limit.set(1, 8, Dialect.OLD)
    assert (await close.get("/me/")).headers["x-rate-limit-remaining"] == "0"
    refused = await close.get("/me/")
    body = refused.json()
    assert body["message"] == "API call count exceeded for this period"
    assert float(body["rate_reset"]) == float(refused.headers["x-rate-limit-reset"])


@pytest.mark.parametrize(("at", "allowed"), [(7.9, False), (8.0, True)])
def test_a_window_opens_anew_when_its_seconds_are_over(at: float, allowed: bool) -> None:
    clock = [0.0]
    limit = RequestLimit(1, 8.0, clock=lambda: clock[0])
    assert limit.take("key")[0]
    clock[0] = at
    assert limit.take("key")[0] is allowed
    assert limit.take("another key")[0]
