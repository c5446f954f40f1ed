"""Funnel reports: what is posted, and what their answers become."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.sources.close.account import WEEK, Account, cells, close, copied, report
from tests.support.scripted_http import Asked, Said
from worker.domain.schedule import Query
from worker.domain.time.window import Window
from worker.errors import SourceShapeChanged
from worker.ports import Question
from worker.sources.close import funnel
from worker.sources.close.names import CloseNames
from worker.sources.common.parse import Node

TOTALS_PATH = "/report/funnel/opportunity/totals/"
STAGES_PATH = "/report/funnel/opportunity/stages/"
NAMES = CloseNames("orga_acme", "EUR", {"user_ada": "Ada Okafor", "user_ben": "Ben"}, {}, {})

ADA = {
    "user_id": "user_ada",
    "average_time_to_win": 7200,
    "average_value_annualized_per_won_opportunity": 400000,
    "count": 3,
    "count_total_complete": 2,
    "count_total_won": 1,
    "count_win_rate": 0.5,
    "sales_velocity": 150000,
    "value_total_complete": 900000,
    "value_total_won": 400000,
    "value_win_rate": 0.4444,
}
BEN = {**dict.fromkeys(ADA, 0), "user_id": "user_ben", "average_time_to_win": None, "count": 1}
TOTALS: dict[str, Any] = {
    "aggregations": {**{k: v for k, v in ADA.items() if k != "user_id"}, "count": 4},
    "data": [ADA, BEN],
}


def stage(key: str, kind: str = "active", count: int = 2) -> dict[str, Any]:
    rates = ("count_conversion_rate", "count_lost_ratio", "value_conversion_rate", "value_lost_ratio")
    return {
        "status": {"id": f"stat_{key}", "label": key.title(), "type": kind},
        "count": count,
        **dict.fromkeys(rates, 0.5 if count else None),
        "weighted_value_conversion_rate": 1 if count else None,
        "count_lost": 1 if count else 0,
        "value": 1000 * count,
        "value_lost": 0,
        "weighted_value": 500 * count,
        "average_time_to_advance": 3600 if count else None,
    }


STAGES = {
    "aggregations": {"stages": [stage("first", count=5), stage("offer", count=0), stage("won", "won")]},
    "data": [
        {"user_id": "user_ada", "stages": [stage("first"), stage("offer", count=0), stage("won", "won")]},
        {"user_id": "user_gone", "stages": [stage("first", count=3)]},
    ],
}


def account() -> Account:
    found = Account()
    found.reports = {TOTALS_PATH: TOTALS, STAGES_PATH: STAGES}
    return found


async def test_totals_become_measures_with_units_and_a_table_by_user() -> None:
    async with close(account()) as (source, _):
        snapshot = (await source.fetch(report("funnel_totals"))).snapshot
    measured = snapshot.measured()
    assert measured["total", "count"].value == 4
    assert measured["total", "value_total_won"].value == 400000
    assert measured["total", "value_total_won"].currency == "EUR"
    assert measured["total", "count_win_rate"].value == 0.5
    assert measured["total", "average_time_to_win"].value == 7200.0
    assert cells(snapshot, "user_ada", "users")["user"] == "Ada Okafor"
    ben = cells(snapshot, "user_ben", "users")
    assert (ben["average_time_to_win"], ben["average_value_annualized_per_won_opportunity"]) == (None, 0)
    assert ben["currency"] == "EUR"
    assert snapshot.window == WEEK
    assert snapshot.main is None


async def test_a_measure_that_is_null_says_why() -> None:
    found = account()
    found.reports[TOTALS_PATH] = {"aggregations": {**TOTALS["aggregations"], "average_time_to_win": None}, "data": []}
    async with close(found) as (source, _):
        measured = (await source.fetch(report("funnel_totals"))).snapshot.measured()
    assert measured["total", "average_time_to_win"].value is None
    assert measured["total", "average_time_to_win"].why_null == "nothing was won"


async def test_stages_keep_the_order_of_the_funnel_and_a_won_stage_converts_to_nothing() -> None:
    async with close(account()) as (source, _):
        snapshot = (await source.fetch(report("funnel_stages"))).snapshot
    assert cells(snapshot, "stat_first", "stages")["position"] == 0
    won = cells(snapshot, "stat_won", "stages")
    assert (won["position"], won["type"], won["count"]) == (2, "won", 2)
    assert won["count_conversion_rate"] is won["value_conversion_rate"] is won["weighted_value_conversion_rate"] is None
    assert won["count_lost_ratio"] == 0.5
    offer = cells(snapshot, "stat_offer", "stages")
    assert (offer["count"], offer["count_conversion_rate"], offer["value"]) == (0, None, 0)
    gone = cells(snapshot, "user_gone|stat_first", "stages_by_user")
    assert (gone["user"], gone["count"], gone["status_id"]) == ("Unknown user (user_gone)", 3, "stat_first")


async def test_the_window_is_posted_as_explicit_instants_and_the_comparison_is_a_second_call() -> None:
    earlier = Window(WEEK.start.replace(day=8), WEEK.end.replace(day=15), WEEK.zone, "previous")
    async with close(account()) as (source, server):
        answer = await source.fetch(report("funnel_totals", compared=earlier, users=["user_ada"]))
    first, second = (asked.json for asked in server.to(TOTALS_PATH))
    assert first == {
        "pipeline": "pipe_new",
        "type": "active-stage-cohort",
        "users": ["user_ada"],
        "report_datetime_range": {"start": "2026-11-15T23:00:00Z", "end": "2026-11-22T23:00:00Z"},
    }
    assert second["report_datetime_range"] == {"start": "2026-11-08T23:00:00Z", "end": "2026-11-15T23:00:00Z"}
    assert answer.compared is not None
    assert answer.compared.window == earlier
    assert answer.compared.query_id == answer.snapshot.query_id
    assert answer.compared.fingerprint == answer.snapshot.fingerprint


async def test_a_report_on_created_deals_sets_cohort_and_report_range_alike() -> None:
    async with close(account()) as (source, server):
        await source.fetch(report("funnel_totals", type="created-cohort"))
    body = server.to(TOTALS_PATH)[0].json
    assert body["cohort_datetime_range"] == body["report_datetime_range"]


def asking(*, as_written: bool, **params: Any) -> Question:
    filled = {"pipeline": "pipe_new", "type": "created-cohort"} | params
    item = Query("funnel", "close", "funnel_totals", params=filled, as_written=as_written)
    return Question(item, WEEK.end, WEEK.zone, None, None)


async def test_ranges_as_written_are_sent_as_they_stand_and_the_comparison_apart() -> None:
    written = {"cohort_relative_range": "last-week", "compared_relative_range": "last-month"}
    async with close(account()) as (source, server):
        answer = await source.fetch(asking(as_written=True, **written))
    first, second = (asked.json for asked in server.to(TOTALS_PATH))
    assert first == {"pipeline": "pipe_new", "type": "created-cohort", "cohort_relative_range": "last-week"}
    assert second == {**first, "compared_relative_range": "last-month"}
    assert answer.snapshot.window is None


async def test_named_ranges_in_the_parameters_are_resolved_by_us() -> None:
    written = {
        "cohort_relative_range": "last-month",
        "report_datetime_range": {"start": "2026-11-01", "end": "2026-11-16T00:00:00+01:00"},
        "compared_relative_range": "last-year",
    }
    async with close(account()) as (source, server):
        answer = await source.fetch(asking(as_written=False, **written))
    first, second = (asked.json for asked in server.to(TOTALS_PATH))
    assert first["cohort_datetime_range"] == {"start": "2026-09-30T22:00:00Z", "end": "2026-10-31T23:00:00Z"}
    assert first["report_datetime_range"] == {"start": "2026-10-31T23:00:00Z", "end": "2026-11-15T23:00:00Z"}
    assert second["cohort_datetime_range"] == {"start": "2024-12-31T23:00:00Z", "end": "2025-12-31T23:00:00Z"}
    assert not any(name.endswith("relative_range") for name in first | second)
    assert answer.snapshot.window is not None
    assert answer.snapshot.window.name == "range"


async def test_same_days_in_the_parameters_are_a_comparison_of_ours() -> None:
    window = {"start": "2026-11-16", "end": "2026-11-23"}
    async with close(account()) as (source, server):
        await source.fetch(
            asking(as_written=False, cohort_datetime_range=window, compared_datetime_range="same-days-last-week")
        )
    second = server.to(TOTALS_PATH)[1].json
    assert second["report_datetime_range"] == {"start": "2026-11-08T23:00:00Z", "end": "2026-11-15T23:00:00Z"}


async def test_the_csv_by_user_is_kept_byte_for_byte() -> None:
    content = '\ufeffUser;Täglich\r\n"x";1\r\n'.encode()
    found = account()
    found.instead[TOTALS_PATH] = lambda asked: (
        Said(content, headers={"content-type": "text/csv"}) if asked.headers["accept"] == "text/csv" else Said(TOTALS)
    )
    async with close(found) as (source, server):
        snapshot = (await source.fetch(report("funnel_totals", files=True))).snapshot
    assert [(file.name, file.media_type, file.body) for file in snapshot.files] == [
        ("funnel-by-user.csv", "text/csv", content)
    ]
    assert len(server.to(TOTALS_PATH)) == 2


async def test_a_page_instead_of_a_csv_is_no_file() -> None:
    found = account()

    def page(asked: Asked) -> Said:
        return Said(b"<html>" if asked.headers["accept"] == "text/csv" else TOTALS)

    found.instead[TOTALS_PATH] = page
    async with close(found) as (source, _):
        snapshot = (await source.fetch(report("funnel_totals", files=True))).snapshot
    assert snapshot.files == ()
    assert any("expected CSV" in note for note in snapshot.notes)


def test_totals_wrapped_as_in_the_activity_report_are_unwrapped() -> None:
    wrapped = {"aggregations": {"totals": TOTALS["aggregations"]}, "data": []}
    assert funnel.totals(Node("POST x", wrapped), NAMES).measures[0].value == 4


def test_a_missing_half_is_noted_and_a_report_without_both_is_none() -> None:
    parts = funnel.totals(Node("POST x", {"data": [ADA]}), NAMES)
    assert parts.measures == ()
    assert "aggregations is missing" in parts.notes
    with pytest.raises(SourceShapeChanged, match="aggregations: expected a report, found nothing"):
        funnel.totals(Node("POST x", {}), NAMES)


def test_a_missing_figure_is_noted_and_the_rest_is_read() -> None:
    answer = copied(TOTALS)
    del answer["aggregations"]["count"]
    answer["aggregations"]["new_key"] = {"anything": []}
    parts = funnel.totals(Node("POST x", answer), NAMES)
    assert ("total", "count") not in {measure.key for measure in parts.measures}
    assert len(parts.measures) == 9
    assert "aggregations.count is missing" in parts.notes


@pytest.mark.parametrize(
    ("name", "value", "note"),
    [
        ("count", 99, "aggregations.count is not the sum over users"),
        ("count_total_won", 3, "aggregations: count_total_won is more than count_total_complete"),
        ("count_win_rate", 50, "aggregations.count_win_rate: 50 is no fraction of one"),
        ("count", "4", "aggregations.count: a number written as text"),
        ("sales_velocity", 10.5, "aggregations.sales_velocity: 10.5 hundredths of EUR do not fit its minor unit"),
    ],
)
def test_what_looks_wrong_is_noted_and_shown_as_it_came(name: str, value: object, note: str) -> None:
    answer = copied(TOTALS)
    answer["aggregations"][name] = value
    parts = funnel.totals(Node("POST x", answer), NAMES)
    assert note in parts.notes
    assert next(m.value for m in parts.measures if m.key[1] == name) is not None


def test_a_user_listed_twice_is_no_report() -> None:
    with pytest.raises(SourceShapeChanged, match=r"data\[1\]: expected one row for 'user_ada'"):
        funnel.totals(Node("POST x", {**TOTALS, "data": [ADA, ADA]}), NAMES)


figures = st.fixed_dictionaries(
    {
        name: st.none() | (st.integers(0, 10**12) if "rate" not in name else st.floats(0, 1))
        for name in ADA
        if name != "user_id"
    }
)


@settings(max_examples=40, deadline=None)
@given(aggregate=figures, rows=st.dictionaries(st.text(min_size=1, alphabet="abcÄ<&|\"'"), figures, max_size=4))
def test_any_valid_report_is_read_figure_by_figure(aggregate: dict[str, Any], rows: dict[str, dict[str, Any]]) -> None:
    answer = {"aggregations": aggregate, "data": [{"user_id": key, **row} for key, row in rows.items()]}
    parts = funnel.totals(Node("POST x", copied(answer)), NAMES)
    assert {m.key[1]: m.value for m in parts.measures} == aggregate
    table = parts.tables[0]
    for row in table.rows:
        record = table.record(row)
        assert {name: record[name] for name in aggregate} == rows[row.key]
    assert len(table.rows) == len(rows)


def places(value: Any, path: str = "") -> list[tuple[str, Any, Any]]:
    """Every (path, container, key) of a JSON value."""
    found: list[tuple[str, Any, Any]] = []
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        below = f"{path}[{key}]" if isinstance(value, list) else f"{path}.{key}".lstrip(".")
        found += [(below, value, key), *places(child, below)]
    return found


NONSENSE = [True, [], {}, "three", -1e300]


@settings(max_examples=80, deadline=None)
@given(data=st.data(), nonsense=st.sampled_from(NONSENSE), which=st.sampled_from(["totals", "stages"]))
def test_a_value_of_a_wrong_type_is_named_by_its_place(data: st.DataObject, nonsense: Any, which: str) -> None:
    answer = copied(TOTALS if which == "totals" else STAGES)
    path, container, key = data.draw(st.sampled_from(places(answer)))
    kept = container[key]
    assume(not isinstance(nonsense, type(kept)))
    container[key] = nonsense
    read = funnel.totals if which == "totals" else funnel.stages
    with pytest.raises(SourceShapeChanged) as caught:
        read(Node("POST x", answer), NAMES)
    assert caught.value.path.startswith(path)
