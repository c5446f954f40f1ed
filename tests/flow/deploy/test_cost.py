"""What a day costs, with what is fetched once for several runs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from tests.support.set_clock import month
from worker.adapters.local_quota import LocalQuota
from worker.adapters.triggers import ApTriggers
from worker.connectors import OpenConnectors
from worker.domain.schedule import Bundle, Connection, Defaults, Query, Schedule, Trigger
from worker.domain.snapshot.requests import RequestCount
from worker.domain.time.window import WindowSpec
from worker.flow.deploy.cost import DayCost, cost, next_day
from worker.flow.deploy.last_answers import LastAnswers
from worker.flow.deploy.plan import plan
from worker.flow.operate.doctor import Level, looked_at_day
from worker.ports import RateReport
from worker.sources.pipedrive.costs import CONVERSION, COSTS, DEALS
from worker.sources.pipedrive.prices import NAMES

NINE = datetime(2026, 11, 23, 8, tzinfo=UTC)
WEEK = WindowSpec("last-week")
OPEN = Query("deals", "pipedrive", "deals", params={"pipeline_id": "1", "status": "open"})
RATES = Query("rates", "pipedrive", "conversion", window=WEEK, params={"id": "1"})
LIST = Query("list", "close", "opportunities", params={"status_type": "active"})
FUNNEL = Query("funnel", "close", "funnel_totals", window=WEEK, params={"pipeline": "p", "type": "active-stage-cohort"})

CLOSE_NAMES = 4
"""The account, its users, pipelines and statuses: read once in five minutes."""


@pytest.fixture
def connectors() -> OpenConnectors:
    return OpenConnectors({}, Path())


def bundle(**reports: tuple[Query, ...]) -> Bundle:
    kinds = ("close", "pipedrive", "umami")
    trigger = Trigger("cron", "Europe/Berlin", "0 9 * * *")
    return Bundle(
        "acme",
        Defaults(),
        {kind: Connection(kind, kind) for kind in kinds},
        {},
        {name: Schedule(trigger, id=name, name=name, report=items) for name, items in reports.items()},
    )


def test_equal_questions_of_one_slot_are_one_fetch_and_those_of_another_slot_are_not(
    connectors: OpenConnectors,
) -> None:
    made = bundle(one=(FUNNEL,), other=(replace(FUNNEL, id="again"), replace(FUNNEL, id="mine")))
    slots = {"one": [NINE, NINE + timedelta(hours=1)], "other": [NINE]}
    requests = 2 + 2 * CLOSE_NAMES
    assert cost(connectors, made, slots, {}) == (DayCost("close", 4, 2, requests, tokens=0, unknown=0),)


def test_a_list_takes_a_request_for_every_page_and_one_that_nobody_read_is_said(connectors: OpenConnectors) -> None:
    made = bundle(one=(LIST,), other=(replace(LIST, params={"status_type": "won"}),))
    slots = {"one": [NINE], "other": [NINE]}
    assert cost(connectors, made, slots, {"one": LastAnswers({"list": 1201})}) == (
        DayCost("close", 2, 2, 14 + CLOSE_NAMES, 0, unknown=1, measured=1),
    )


def test_pipedrives_tokens_are_those_of_its_endpoints(connectors: OpenConnectors) -> None:
    made = bundle(one=(OPEN, RATES, replace(RATES, id="twice", compare=WindowSpec("previous"))))
    found = cost(connectors, made, {"one": [NINE]}, {"one": LastAnswers({"deals": 1001})})
    tokens = 3 * COSTS[DEALS] + 2 * COSTS[CONVERSION] + NAMES.tokens
    assert found == (DayCost("pipedrive", asked=4, fetched=3, requests=5 + 4, tokens=tokens, unknown=0, measured=1),)


def test_names_are_asked_for_once_in_five_minutes_whatever_else_is(connectors: OpenConnectors) -> None:
    made = bundle(one=(OPEN, RATES))
    slots = [NINE + timedelta(minutes=minutes) for minutes in (0, 2, 5, 9, 60)]
    (found,) = cost(connectors, made, {"one": slots}, {"one": LastAnswers({"deals": 1})})
    assert found.tokens == 5 * (COSTS[DEALS] + COSTS[CONVERSION]) + 3 * NAMES.tokens


def test_what_the_last_answer_took_is_what_the_next_one_takes(connectors: OpenConnectors) -> None:
    """Also what several answers share, once."""
    shared = {"GET /api/v1/currencies": (1, 20)}
    last = LastAnswers({}, {"deals": RequestCount(7, 70, shared), "rates": RequestCount(20, 800, shared)})
    (found,) = cost(connectors, bundle(one=(OPEN, RATES)), {"one": [NINE]}, {"one": last})
    assert found == DayCost("pipedrive", 2, 2, requests=7 + 20 + 4 + 1, tokens=870 + 32 + 20, unknown=0, measured=2)


@given(
    counts=st.lists(st.integers(0, 30), min_size=1, max_size=6),
    shared=st.booleans(),
)
def test_sharing_never_makes_a_day_dearer(counts: list[int], shared: bool) -> None:
    connectors = OpenConnectors({}, None)  # type: ignore[arg-type]
    items = [
        FUNNEL if shared else replace(FUNNEL, params={**FUNNEL.params, "users": [str(n)]}) for n in range(len(counts))
    ]
    made = bundle(**{f"s{n}": (item,) for n, item in enumerate(items)})
    slots = {f"s{n}": [NINE + timedelta(minutes=k) for k in range(count)] for n, count in enumerate(counts)}
    found = cost(connectors, made, slots, {})
    assert sum(of.asked for of in found) == sum(counts)
    assert sum(of.fetched for of in found) == (max(counts) if shared else sum(counts))


@pytest.mark.parametrize(("limit", "level"), [(30_000.0, Level.OK), (100.0, Level.WARN)])
async def test_doctor_says_what_a_day_asks_for_and_whether_the_service_allows_it(
    connectors: OpenConnectors, limit: float, level: Level
) -> None:
    quota = LocalQuota()
    await quota.learn(RateReport(day=(limit, 60.0)))
    made = bundle(one=(RATES, replace(RATES, id="again"), replace(RATES, id="other", window=WindowSpec("yesterday"))))
    (of,) = next_day(connectors, ApTriggers(), made, NINE - timedelta(minutes=1))
    found = await looked_at_day(of, quota)
    assert found.level is level
    assert found.sentence == (
        "the next 24 hours ask for 2 queries (3 asked, equal ones fetched once), 6 requests, 112 of the day's tokens; "
        f"the service allows {limit:.0f} a day, and 60 are left"
    )


@pytest.mark.parametrize("seconds", [10, 60, 172, 3600, 7 * 3600])
async def test_plan_and_doctor_reckon_the_same_day(redis_client: Redis, seconds: int) -> None:
    here = await month(redis_client, NINE)
    trigger = Trigger("every", "UTC", seconds=seconds)
    made = replace(bundle(one=(FUNNEL, LIST)), project="tern")
    made = replace(made, schedules={"one": replace(made.schedules["one"], trigger=trigger)})
    found = await plan(here.services, made, 1)
    assert found.day == next_day(here.services.connectors, here.services.triggers, made, NINE)
    (of,) = found.day
    first = int(NINE.timestamp()) // seconds + 1
    assert of.asked == 2 * len(range(first * seconds, int(NINE.timestamp()) + 86_400, seconds))
