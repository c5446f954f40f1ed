"""What headers say of a limit, and what the shared budget hears of it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.sources.pipedrive.account import Account, Clock, listing, pipedrive
from tests.support.scripted_http import Asked, Said, scripted
from worker.errors import SourceUnavailable
from worker.ports import Limit, Question, RateReport, Reservations
from worker.sandbox import pipedrive_limits
from worker.sources.pipedrive import costs, open_source
from worker.sources.pipedrive.limits import Daily, burst, daily, heard, is_daily, wait

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize("prefix", ["x-ratelimit", "ratelimit", "x-rate-limit"])
def test_a_burst_is_read_in_each_spelling(prefix: str) -> None:
    headers = {f"{prefix}-limit": "40", f"{prefix}-remaining": "39", f"{prefix}-reset": "2"}
    assert burst(headers) == Limit("burst", 40, 39, 2)
    del headers[f"{prefix}-reset"]
    assert burst(headers) == Limit("burst", 40, 39, 2), "two seconds where it is not told"


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


def test_both_limits_are_heard_for_the_shared_budget() -> None:
    headers = {
        "x-ratelimit-limit": "40",
        "x-ratelimit-remaining": "39",
        "x-ratelimit-reset": "2",
        "x-daily-ratelimit-token-limit": "30000",
        "x-daily-ratelimit-token-remaining": "29990",
    }
    assert heard(headers) == RateReport((Limit("burst", 40, 39, 2),), day=(30000, 29990))
    assert heard({}) == RateReport()


class Ledgerless:
    """A budget that writes down what it was asked and told."""

    def __init__(self, spent: float | None = None) -> None:
        self.costs: list[float] = []
        self.urgent: list[bool] = []
        self.learned: list[RateReport] = []
        self.spent = spent

    async def take(
        self, count: int, cost: float = 0.0, *, urgent: bool = False, calls: int = 0, seconds: float = 0.0
    ) -> Reservations:
        assert (count, calls, seconds) == (1, 0, 0.0)
        self.costs.append(cost)
        self.urgent.append(urgent)
        return Reservations((0.0,)) if self.spent is None else Reservations(spent=self.spent)

    async def learn(self, heard: RateReport) -> None:
        self.learned.append(heard)

    async def day(self) -> tuple[float | None, float | None]:
        return None, None


async def asked_with(quota: Ledgerless, account: Account, question: Question) -> SourceUnavailable | None:
    async with scripted(account.answer) as server:
        options = {"base_url": server.url, "api_token": "t"}
        source = open_source(options, clock=Clock(), quota=quota)
        try:
            await source.fetch(question)
        except SourceUnavailable as error:
            return error
        finally:
            await source.aclose()
    return None


async def test_each_request_takes_its_own_price_from_the_shared_budget() -> None:
    quota = Ledgerless()
    assert await asked_with(quota, Account(), replace(listing(), on_demand=True)) is None
    assert (sorted(quota.costs), set(quota.urgent)) == ([2, 5, 5, 10, 20], {True})


async def test_a_budget_that_does_not_suffice_ends_the_question_before_it_is_sent() -> None:
    error = await asked_with(Ledgerless(spent=500.0), Account(), listing())
    assert error is not None
    assert (error.endpoint, error.retry_after, error.limited) == ("GET /api/v1/users/me", 500.0, True)


async def test_a_spent_day_is_told_to_everybody() -> None:
    quota, account = Ledgerless(), Account()
    account.instead["/api/v1/users/me"] = lambda _: Said({"error": "daily request budget exceeded"}, 429)
    assert await asked_with(quota, account, listing()) is not None
    assert RateReport(spent=3600.0) in quota.learned


async def test_a_block_holds_everybody_back() -> None:
    quota, account = Ledgerless(), Account()
    account.instead["/api/v1/users/me"] = lambda _: Said(b"<html>", 403)
    assert await asked_with(quota, account, listing()) is not None
    assert [heard.hold for heard in quota.learned if heard.hold] == [60.0]


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


@pytest.mark.parametrize(("on_demand", "kept"), [(True, False), (False, True)])
async def test_what_is_kept_for_runs_on_demand_is_said_to_those_who_do_not_get_it(on_demand: bool, kept: bool) -> None:
    error = await asked_with(Ledgerless(spent=500.0), Account(), replace(listing(), on_demand=on_demand))
    assert error is not None
    assert ("kept for runs on demand" in error.problem) is kept
