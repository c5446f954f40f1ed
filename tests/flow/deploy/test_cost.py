"""What a day costs, with what is fetched once for several runs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.adapters.local_quota import LocalQuota
from worker.adapters.triggers import ApTriggers
from worker.app import OpenedMeans
from worker.domain.schedule import Bundle, Connection, Defaults, Item, Schedule, Trigger
from worker.domain.time.window import WindowSpec
from worker.flow.deploy.cost import DayCost, cost, next_day
from worker.flow.operate.doctor import Level, looked_at_day
from worker.ports import Heard
from worker.sources.pipedrive.costs import CONVERSION, COSTS, DEALS

NINE = datetime(2026, 11, 23, 8, tzinfo=UTC)
WEEK = WindowSpec("last-week")
OPEN = Item("deals", "pipedrive", "deals", params={"pipeline_id": "1", "status": "open"})
RATES = Item("rates", "pipedrive", "conversion", window=WEEK, params={"id": "1"})
LIST = Item("list", "close", "opportunities", params={"status_type": "active"})
FUNNEL = Item("funnel", "close", "funnel_totals", window=WEEK, params={"pipeline": "p", "type": "active-stage-cohort"})


@pytest.fixture
def means() -> OpenedMeans:
    return OpenedMeans({}, Path())


def bundle(**reports: tuple[Item, ...]) -> Bundle:
    kinds = ("close", "pipedrive", "umami")
    trigger = Trigger("cron", "Europe/Berlin", "0 9 * * *")
    return Bundle(
        "acme",
        Defaults(),
        {kind: Connection(kind, kind) for kind in kinds},
        {},
        {name: Schedule(name, name, trigger, items) for name, items in reports.items()},
    )


def test_equal_questions_of_one_slot_are_one_fetch_and_those_of_another_slot_are_not(means: OpenedMeans) -> None:
    made = bundle(one=(FUNNEL,), other=(replace(FUNNEL, id="again"), replace(FUNNEL, id="mine")))
    slots = {"one": [NINE, NINE + timedelta(hours=1)], "other": [NINE]}
    assert cost(means, made, slots, {}) == (DayCost("close", asked=4, fetched=2, requests=2, tokens=0, unknown=0),)


def test_a_list_takes_a_request_for_every_page_and_one_that_nobody_read_is_said(means: OpenedMeans) -> None:
    made = bundle(one=(LIST,), other=(replace(LIST, params={"status_type": "won"}),))
    slots = {"one": [NINE], "other": [NINE]}
    assert cost(means, made, slots, {"one": {"list": 1201}}) == (DayCost("close", 2, 2, 14, 0, 1),)


def test_pipedrives_tokens_are_those_of_its_endpoints(means: OpenedMeans) -> None:
    made = bundle(one=(OPEN, RATES, replace(RATES, id="twice", compare=WindowSpec("previous"))))
    found = cost(means, made, {"one": [NINE]}, {"one": {"deals": 1001}})
    tokens = 3 * COSTS[DEALS] + 2 * COSTS[CONVERSION]
    assert found == (DayCost("pipedrive", asked=4, fetched=3, requests=5, tokens=tokens, unknown=0),)


@given(
    counts=st.lists(st.integers(0, 30), min_size=1, max_size=6),
    shared=st.booleans(),
)
def test_sharing_never_makes_a_day_dearer(counts: list[int], shared: bool) -> None:
    means = OpenedMeans({}, None)  # type: ignore[arg-type]
    items = [
        FUNNEL if shared else replace(FUNNEL, params={**FUNNEL.params, "users": [str(n)]}) for n in range(len(counts))
    ]
    made = bundle(**{f"s{n}": (item,) for n, item in enumerate(items)})
    slots = {f"s{n}": [NINE + timedelta(minutes=k) for k in range(count)] for n, count in enumerate(counts)}
    found = cost(means, made, slots, {})
    assert sum(of.asked for of in found) == sum(counts)
    assert sum(of.fetched for of in found) == (max(counts) if shared else sum(counts))


@pytest.mark.parametrize(("limit", "level"), [(30_000.0, Level.OK), (100.0, Level.WARN)])
async def test_doctor_says_what_a_day_asks_for_and_whether_the_service_allows_it(
    means: OpenedMeans, limit: float, level: Level
) -> None:
    quota = LocalQuota()
    await quota.learn(Heard(day=(limit, 60.0)))
    made = bundle(one=(RATES, replace(RATES, id="again"), replace(RATES, id="other", window=WindowSpec("yesterday"))))
    (of,) = next_day(means, ApTriggers(), made, NINE - timedelta(minutes=1))
    found = await looked_at_day(of, quota)
    assert found.level is level
    assert found.sentence == (
        "the next 24 hours ask for 2 queries (3 asked, equal ones fetched once), 2 requests, 80 of the day's tokens; "
        f"the service allows {limit:.0f} a day, of which 60 are left"
    )
