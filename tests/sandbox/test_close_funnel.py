"""The funnel reports: what must be given, and numbers that hold together and move with the window."""

import csv
import io
from typing import Any

import httpx
import pytest

from worker.sandbox.cast import GROUP, GROUP_MEMBERS, MAIN, SAVED_SEARCH, USERS

ASK = {"pipeline": MAIN, "type": "active-stage-cohort", "report_relative_range": "last-month"}
RANGE = {"start": "2026-11-02T00:00:00Z", "end": "2026-11-09T00:00:00Z"}
COUNTS = ("count", "count_total_complete", "count_total_won", "value_total_complete", "value_total_won")

Json = dict[str, Any]


async def report(close: httpx.AsyncClient, kind: str, body: Json, **headers: str) -> Json:
    answer = await close.post(f"/report/funnel/opportunity/{kind}/", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


@pytest.mark.parametrize("window", ["this-week", "last-week", "last-month", "this-quarter", "all-time"])
async def test_the_numbers_hold_together(close: httpx.AsyncClient, window: str) -> None:
    found = await report(close, "totals", ASK | {"report_relative_range": window})
    total = found["aggregations"]
    assert 0 < total["count_total_won"] <= total["count_total_complete"] <= total["count"]
    assert total["count_win_rate"] == pytest.approx(total["count_total_won"] / total["count_total_complete"])
    for name in COUNTS:
        assert sum(entry[name] for entry in found["data"]) == total[name]
    for entry in found["data"]:
        assert entry["count_total_won"] <= entry["count_total_complete"] <= entry["count"]
        assert (entry["average_time_to_win"] is None) == (entry["count_total_won"] == 0)
        assert (entry["count_win_rate"] is None) == (entry["count_total_complete"] == 0)


async def test_two_windows_tell_two_stories(close: httpx.AsyncClient) -> None:
    weeks = [await report(close, "totals", ASK | {"report_relative_range": w}) for w in ("this-week", "last-week")]
    assert weeks[0]["aggregations"] != weeks[1]["aggregations"]


async def test_stages_stand_in_the_pipelines_order_and_add_up(close: httpx.AsyncClient) -> None:
    found = await report(close, "stages", ASK)
    stages = found["aggregations"]["stages"]
    assert [s["status"]["label"] for s in stages] == ["Qualified", "Demo", "Proposal", "Negotiation", "Won"]
    for number, stage in enumerate(stages):
        assert stage["count"] == sum(entry["stages"][number]["count"] for entry in found["data"])
        assert stage["count_lost"] <= stage["count"]
    assert all(0 < stage["count_conversion_rate"] < 1 for stage in stages[:2])
    assert all(stage["average_time_to_advance"] > 0 for stage in stages[:4])
    won = stages[-1]
    assert won["count"] > 0
    assert (won["count_conversion_rate"], won["average_time_to_advance"]) == (0, None)


async def test_an_empty_stage_has_nulls_for_ratios_and_zeros_for_counts(close: httpx.AsyncClient) -> None:
    long_ago = {"start": "2019-01-01T00:00:00Z", "end": "2019-01-08T00:00:00Z"}
    body = {"pipeline": MAIN, "type": "active-stage-cohort", "report_datetime_range": long_ago}
    found = await report(close, "stages", body)
    assert found["data"] == []
    stage = found["aggregations"]["stages"][0]
    assert (stage["count"], stage["value"], stage["weighted_value"]) == (0, 0, 0)
    ratios = [name for name in stage if name.endswith(("_rate", "_ratio"))]
    assert len(ratios) == 5
    assert {stage[name] for name in ratios} == {None}
    totals = (await report(close, "totals", body))["aggregations"]
    assert (totals["average_value_annualized_per_won_opportunity"], totals["average_time_to_win"]) == (0, None)


async def test_people_can_be_chosen_by_id_or_group(close: httpx.AsyncClient) -> None:
    one = await report(close, "totals", ASK | {"users": [USERS[0].id]})
    assert [entry["user_id"] for entry in one["data"]] == [USERS[0].id]
    team = await report(close, "totals", ASK | {"users": [GROUP]})
    assert {entry["user_id"] for entry in team["data"]} == GROUP_MEMBERS[GROUP]
    everyone = await report(close, "totals", ASK | {"users": []})
    assert {None, USERS[-1].id} <= {entry["user_id"] for entry in everyone["data"]}


async def test_a_saved_search_narrows_it(close: httpx.AsyncClient) -> None:
    search = {"type": "saved_search", "saved_search_id": SAVED_SEARCH}
    large = await report(close, "totals", ASK | {"query": search})
    everything = await report(close, "totals", ASK)
    assert 0 < large["aggregations"]["count"] < everything["aggregations"]["count"]


async def test_a_comparison_is_answered_instead_of_the_base(close: httpx.AsyncClient) -> None:
    """Two calls are needed to show both."""
    week = ASK | {"report_relative_range": "this-week"}
    compared = await report(close, "totals", week | {"compared_relative_range": "last-week"})
    assert compared == await report(close, "totals", ASK | {"report_relative_range": "last-week"})
    explicit = {"pipeline": MAIN, "type": "active-stage-cohort", "report_datetime_range": RANGE}
    shifted = {"start": "2026-10-26T00:00:00Z", "end": "2026-11-02T00:00:00Z"}
    back = await report(close, "totals", explicit | {"compared_datetime_range": "same-days-last-week"})
    assert back == await report(close, "totals", explicit | {"report_datetime_range": shifted})
    assert back == await report(close, "totals", explicit | {"compared_custom_range": shifted})
    assert back != await report(close, "totals", explicit)


async def test_a_created_cohort_follows_what_was_created(close: httpx.AsyncClient) -> None:
    body = {"pipeline": MAIN, "type": "created-cohort", "cohort_relative_range": "last-month"}
    cohort = await report(close, "totals", body | {"report_relative_range": "this-quarter"})
    active = await report(close, "totals", ASK | {"report_relative_range": "this-quarter"})
    assert 0 < cohort["aggregations"]["count"] < active["aggregations"]["count"]


async def test_named_ranges_follow_the_callers_offset(close: httpx.AsyncClient) -> None:
    body = ASK | {"report_relative_range": "yesterday"}
    here = await report(close, "stages", body)
    far = await report(close, "stages", body, **{"x-tz-offset": "-12"})
    explicit = {"start": "2026-11-16T12:00:00Z", "end": "2026-11-17T12:00:00Z"}
    plain = {"pipeline": MAIN, "type": "active-stage-cohort", "report_datetime_range": explicit}
    assert far == await report(close, "stages", plain)
    assert far != here


async def test_csv_has_the_users_and_not_the_aggregate(close: httpx.AsyncClient) -> None:
    for kind in ("totals", "stages"):
        answer = await close.post(f"/report/funnel/opportunity/{kind}/", json=ASK, headers={"accept": "text/csv"})
        assert answer.headers["content-type"].startswith("text/csv")
        lines = list(csv.DictReader(io.StringIO(answer.text)))
        found = await report(close, kind, ASK)
        each = 1 if kind == "totals" else len(found["aggregations"]["stages"])
        assert len(lines) == len(found["data"]) * each
        assert sum(int(line["count"]) for line in lines) > 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "active-stage-cohort", "report_relative_range": "today"}, "pipeline"),
        ({"pipeline": "pipe_nobody", "type": "active-stage-cohort"}, "pipeline"),
        ({"pipeline": MAIN, "report_relative_range": "today"}, "type"),
        (ASK | {"type": "cohort"}, "type"),
        ({"pipeline": MAIN, "type": "active-stage-cohort"}, "report_relative_range"),
        ({"pipeline": MAIN, "type": "created-cohort", "report_relative_range": "today"}, "cohort_relative_range"),
        (ASK | {"report_relative_range": "next-week"}, "report_relative_range"),
        (ASK | {"report_datetime_range": RANGE}, "report_datetime_range"),
        (ASK | {"compared_datetime_range": "same-days-last-week"}, "compared_datetime_range"),
        (ASK | {"compared_relative_range": "today", "compared_custom_range": RANGE}, "compared_custom_range"),
        (
            {"pipeline": MAIN, "type": "active-stage-cohort", "report_datetime_range": {"start": RANGE["start"]}},
            "report_datetime_range",
        ),
        (
            {
                "pipeline": MAIN,
                "type": "active-stage-cohort",
                "report_datetime_range": {"start": RANGE["end"], "end": RANGE["start"]},
            },
            "report_datetime_range",
        ),
        (ASK | {"users": "me"}, "users"),
        (ASK | {"query": {"type": "text"}}, "query"),
    ],
)
async def test_a_wrong_question_is_400_and_names_the_field(close: httpx.AsyncClient, body: Json, field: str) -> None:
    answer = await close.post("/report/funnel/opportunity/totals/", json=body)
    assert answer.status_code == 400
    assert set(answer.json()["field-errors"]) == {field}


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"null"])
async def test_a_body_that_is_no_object_is_400(close: httpx.AsyncClient, raw: bytes) -> None:
    answer = await close.post("/report/funnel/opportunity/stages/", content=raw)
    assert answer.status_code == 400
    assert answer.json()["errors"]
