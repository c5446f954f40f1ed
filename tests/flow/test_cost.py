"""What a day costs, with what is fetched once for several runs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.app import OpenedMeans
from worker.domain.schedule import Bundle, Connection, Defaults, Item, Schedule, Trigger
from worker.domain.window import WindowSpec
from worker.flow.cost import DayCost, cost
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
