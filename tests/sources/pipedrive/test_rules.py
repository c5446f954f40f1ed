"""What a definition may say, and what it is warned of."""

from typing import Any

import pytest

from worker.ports.kinds import RuleViolation, Use
from worker.sources.pipedrive import PIPEDRIVE
from worker.sources.pipedrive.rules import deals_follow


def faults(query: str, *, window: str | None = None, follow: str | None = None, ranges: str = "", **params: Any) -> Any:
    return PIPEDRIVE.queries[query].rules(Use(params, window, None, follow, ranges))


def paths(found: tuple[RuleViolation, ...]) -> list[tuple[str, bool]]:
    return [(fault.path[-1], fault.warns) for fault in found]


@pytest.mark.parametrize(
    "params",
    [
        {"pipeline_id": "1", "status": ["open"]},
        {"filter_id": "1"},
        {"filter_id": "1", "updated_since": "last-week", "sort_by": "id"},
        {"archived": True, "owner_id": "5"},
        {"limit": 500, "cursor": "abc"},
    ],
)
def test_version_two_is_sound(params: dict[str, Any]) -> None:
    assert faults("deals", **params) == ()


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"id": "1", "everyone": 1}, [("id", True)]),
        ({"id": "1", "user_id": "5", "start": 10}, [("id", True)]),
        ({"id": "1", "filter_id": "5"}, [("id", True)]),
        ({"id": "1", "stage_id": "5"}, [("id", True), ("id", True)]),
        (
            {"id": "1", "everyone": 1, "user_id": "2", "filter_id": "3"},
            [("id", True), ("user_id", True), ("filter_id", True)],
        ),
        ({"id": "1", "user_id": "2", "filter_id": "3"}, [("id", True), ("filter_id", True)]),
        ({"filter_id": "3", "owner_id": "1", "status": ["open"]}, [("owner_id", True), ("status", True)]),
        ({"user_id": "1"}, [("user_id", False)]),
        ({"id": "1", "everyone": 1, "owner_id": "2"}, [("owner_id", False), ("id", True)]),
        ({"id": "1", "everyone": 2}, [("id", True), ("id", True), ("everyone", False)]),
        (
            {"id": "1", "everyone": 1, "totals_convert_currency": "EUR"},
            [("id", True), ("totals_convert_currency", False)],
        ),
        ({"id": "1", "everyone": 1, "totals_convert_currency": "EUR", "get_summary": 1}, [("id", True)]),
        ({"limit": 0}, [("limit", False)]),
        ({"limit": 501}, [("limit", False)]),
        ({"id": "1", "everyone": 1, "start": -1}, [("id", True), ("start", False)]),
    ],
)
def test_forms_and_precedence(params: dict[str, Any], found: list[tuple[str, bool]]) -> None:
    assert sorted(paths(faults("deals", **params))) == sorted(found)


def test_what_is_ignored_is_said_with_what_ignores_it() -> None:
    (fault,) = faults("deals", filter_id="3", owner_id="1")
    assert (fault.found, fault.expected) == (
        "owner_id beside filter_id",
        "leave it out: Pipedrive ignores it beside filter_id",
    )


def test_a_cut_list_is_not_followed() -> None:
    assert paths(faults("deals", limit=5, follow="closed")) == [("follow", False)]
    assert faults("deals", limit=5, follow="none") == ()


@pytest.mark.parametrize(
    ("params", "follow"),
    [
        ({"status": ["open"]}, "closed"),
        ({"status": ["open"], "pipeline_id": "1", "sort_by": "id"}, "closed"),
        ({"status": ["open"], "stage_id": "1"}, "departures"),
        ({}, "departures"),
        ({"status": ["open"], "limit": 3}, "none"),
        ({"status": ["open"], "cursor": "x"}, "none"),
        ({"id": "1", "everyone": 1}, "closed"),
        ({"id": "1"}, "departures"),
        ({"id": "1", "everyone": 1, "start": 5}, "none"),
    ],
)
def test_how_far_a_list_is_followed_by_itself(params: dict[str, Any], follow: str) -> None:
    assert deals_follow(Use(params, None, None, None, "")) == follow


@pytest.mark.parametrize(
    ("params", "window", "found"),
    [
        ({"start_date": "2026-01-01", "end_date": "2026-01-31"}, None, []),
        ({}, "last-week", []),
        ({"start_date": "2026-01-01", "end_date": "2026-01-31"}, "last-week", ["start_date", "end_date"]),
        ({"start_date": "2026-01-01"}, None, ["start_date"]),
        ({"start_date": "2026-02-01", "end_date": "2026-01-31"}, None, ["end_date"]),
        ({"start_date": "last-week", "end_date": "2026-01-31"}, None, ["start_date"]),
        ({"start_date": "2026-02-30", "end_date": "2026-03-31"}, None, ["start_date"]),
    ],
)
@pytest.mark.parametrize("query", ["conversion", "movements"])
def test_days_of_statistics(query: str, params: dict[str, Any], window: str | None, found: list[str]) -> None:
    assert [fault.path[-1] for fault in faults(query, window=window, **params)] == found


def test_statistics_are_never_sent_as_written() -> None:
    assert [f.path for f in faults("movements", window="last-week", ranges="as_written")] == [("ranges",)]


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, []),
        ({"rule": "days_in_stage", "days": 14}, []),
        ({"rule": "days_in_stage"}, [("rule", False)]),
        ({"rule": "days_in_stage", "days": 0}, [("days", False)]),
        ({"days": 14}, [("days", False)]),
        ({"rule": "stage_history", "percentile": "75", "history_days": 90}, []),
        ({"rule": "stage_history", "history_days": 1}, [("history_days", False)]),
        ({"rule": "no_next_activity", "percentile": "75"}, [("percentile", False)]),
        ({"filter_id": "1", "pipeline_id": "2"}, [("pipeline_id", True)]),
    ],
)
def test_each_rule_of_stalling_has_its_own_number(params: dict[str, Any], found: list[tuple[str, bool]]) -> None:
    assert paths(faults("stalled_deals", **params)) == found


def test_a_currency_to_convert_to_went_with_version_one() -> None:
    assert paths(faults("pipeline", id="1", totals_convert_currency="USD")) == [("totals_convert_currency", True)]
    assert faults("pipeline", id="1") == ()


def test_every_query_of_the_seeds_endpoints_is_offered() -> None:
    assert set(PIPEDRIVE.queries) == {
        *("pipelines", "pipeline", "conversion", "movements", "deals", "deals_summary", "stalled_deals"),
    }
    secrets = {option.name for option in PIPEDRIVE.options if option.secret}
    assert secrets == {"api_token", "access_token", "refresh_token", "client_secret", "webhook_secret"}


def many(count: int) -> list[str]:
    return [str(n) for n in range(1, count + 1)]


@pytest.mark.parametrize(
    ("query", "params", "faulty"),
    [
        ("deals", {"ids": many(101)}, "ids"),
        ("deals", {"ids": ["7", "x"]}, "ids"),
        ("deals", {"custom_fields": many(16)}, "custom_fields"),
        ("deals", {"id": "abc", "everyone": 1}, "id"),
        ("deals", {"id": "0", "everyone": 1}, "id"),
        ("deals", {"owner_id": "ada"}, "owner_id"),
        ("deals", {"archived": True, "include_labels": True}, "include_labels"),
        ("deals", {"archived": True, "include_option_labels": False}, "include_option_labels"),
        ("deals", {"id": "1", "everyone": 1, "get_summary": 1, "totals_convert_currency": "EURO"}, "totals_convert"),
        ("deals", {"id": "1", "everyone": 1, "get_summary": 1, "totals_convert_currency": "eur"}, "totals_convert"),
        ("stalled_deals", {"stage_id": "first"}, "stage_id"),
        ("deals_summary", {"pipeline_id": "0"}, "pipeline_id"),
        ("pipeline", {"id": "sales"}, "id"),
        ("conversion", {"id": "sales"}, "id"),
        ("movements", {"id": "1", "user_id": ["all", "11"]}, "user_id"),
        ("movements", {"id": "1", "user_id": ["Ada"]}, "user_id"),
        ("pipelines", {"limit": 501}, "limit"),
        ("deals_summary", {"user_id": "all"}, "user_id"),
    ],
)
def test_what_pipedrive_would_refuse_for_ever_is_refused_by_check(
    query: str, params: dict[str, Any], faulty: str
) -> None:
    found = [fault.path[-1] for fault in faults(query, **params) if not fault.warns]
    assert len(found) == 1
    assert found[0].startswith(faulty)


@pytest.mark.parametrize(
    ("query", "params"),
    [
        ("deals", {"ids": many(100), "custom_fields": many(15)}),
        ("deals", {"ids": "1, 2,3", "include_labels": True, "include_option_labels": True}),
        ("deals", {"archived": False, "include_labels": True}),
        ("deals_summary", {"user_id": "11"}),
        ("movements", {"id": "1", "user_id": ["all"]}),
        ("movements", {"id": "1", "user_id": "11,12"}),
        ("conversion", {"id": "1", "user_id": ["11", "12"]}),
        ("pipelines", {"limit": 500}),
    ],
)
def test_what_pipedrive_takes_passes(query: str, params: dict[str, Any]) -> None:
    assert faults(query, **params) == ()


def test_default_currency_can_be_converted_into() -> None:
    params: dict[str, Any] = {"everyone": 1, "get_summary": 1, "totals_convert_currency": "default_currency"}
    assert paths(faults("deals", id="1", **params)) == [("id", True)]


def test_a_user_beside_a_filter_is_said_to_be_ignored_in_sums_too() -> None:
    assert paths(faults("deals_summary", filter_id="1", user_id="11")) == [("user_id", True)]
