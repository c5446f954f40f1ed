"""Relations between parameters, as a definition's author is told of them."""

from typing import Any

import pytest

from worker.ports.kinds import Use
from worker.sources.close import CLOSE
from worker.sources.close.rules import MULTIPLE

FUNNEL = CLOSE.queries["funnel_totals"]
LIST = CLOSE.queries["opportunities"]
ACTIVE = {"pipeline": "pipe_new", "type": "active-stage-cohort"}
CREATED = {"pipeline": "pipe_new", "type": "created-cohort"}
SPAN = {"start": "2026-11-01", "end": "2026-11-08"}


def use(params: dict[str, Any], **keys: str) -> Use:
    return Use(params, keys.get("window"), keys.get("compare"), keys.get("follow"), keys.get("ranges", ""))


@pytest.mark.parametrize(
    ("params", "keys"),
    [
        (ACTIVE, {"window": "last-week"}),
        (ACTIVE, {"window": "last-week", "compare": "previous"}),
        (CREATED, {"window": "last-week"}),
        ({**ACTIVE, "report_relative_range": "last-week", "compared_relative_range": "last-month"}, {}),
        ({**ACTIVE, "report_datetime_range": SPAN, "compared_datetime_range": "same-days-last-year"}, {}),
        ({**ACTIVE, "report_datetime_range": SPAN, "compared_custom_range": SPAN}, {"ranges": "as_written"}),
        ({**CREATED, "cohort_relative_range": "last-week", "compared_relative_range": "last-month"}, {}),
        ({**CREATED, "cohort_datetime_range": SPAN, "report_relative_range": "this-month"}, {}),
        ({**ACTIVE, "query": {"type": "saved_search", "saved_search_id": "save_x"}}, {"window": "today"}),
    ],
)
def test_what_close_accepts_is_accepted(params: dict[str, Any], keys: dict[str, str]) -> None:
    assert FUNNEL.rules(use(params, **keys)) == ()


@pytest.mark.parametrize(
    ("params", "keys", "path", "found"),
    [
        (
            {**ACTIVE, "report_relative_range": "today"},
            {"window": "today"},
            ("params", "report_relative_range"),
            "report_relative_range beside window:",
        ),
        (
            {**ACTIVE, "report_relative_range": "today", "compared_relative_range": "yesterday"},
            {"compare": "previous"},
            ("params", "compared_relative_range"),
            "compared_relative_range beside compare:",
        ),
        (ACTIVE, {"window": "today", "ranges": "as_written"}, ("window",), "window: beside ranges: as_written"),
        (
            {**ACTIVE, "report_relative_range": "today", "report_datetime_range": SPAN},
            {},
            ("params", "report_datetime_range"),
            "report_datetime_range beside report_relative_range",
        ),
        (
            {**ACTIVE, "report_relative_range": "today", "cohort_relative_range": "today"},
            {},
            ("params", "cohort_relative_range"),
            "cohort_relative_range with type active-stage-cohort",
        ),
        ({**CREATED, "report_relative_range": "today"}, {}, ("params", "type"), "created-cohort without a cohort"),
        (
            {**ACTIVE, "report_datetime_range": SPAN, "compared_relative_range": "last-week"},
            {},
            ("params", "compared_relative_range"),
            "compared_relative_range without report_relative_range",
        ),
        (
            {**CREATED, "cohort_relative_range": "today", "compared_datetime_range": "same-days-last-week"},
            {},
            ("params", "compared_datetime_range"),
            "compared_datetime_range without cohort_datetime_range",
        ),
        (
            {**ACTIVE, "query": {"type": "lead", "saved_search_id": "save_x"}},
            {"window": "today"},
            ("params", "query"),
            "a query of type 'lead'",
        ),
        (
            {**ACTIVE, "query": {"type": "saved_search"}},
            {"window": "today"},
            ("params", "query"),
            "a query of another shape",
        ),
        ({**ACTIVE, "query": "save_x"}, {"window": "today"}, ("params", "query"), "a query of another shape"),
    ],
)
def test_what_close_would_refuse_or_ignore_is_a_complaint(
    params: dict[str, Any], keys: dict[str, str], path: tuple[str, ...], found: str
) -> None:
    assert [(fault.path, fault.found) for fault in FUNNEL.rules(use(params, **keys))] == [(path, found)]
    assert all(fault.expected for fault in FUNNEL.rules(use(params, **keys)))


def test_every_complaint_comes_in_one_pass() -> None:
    wrong = {**ACTIVE, "cohort_relative_range": "today", "compared_datetime_range": "same-days-last-week", "query": 1}
    assert [fault.path[1] for fault in FUNNEL.rules(use(wrong))] == [
        "cohort_relative_range",
        "compared_datetime_range",
        "query",
    ]


@pytest.mark.parametrize(
    ("params", "keys", "path"),
    [
        ({"user_id": "a", "user_id__in": ["b"]}, {}, ("params", "user_id__in")),
        ({"pipeline": "p", "status_id__in": ["s"]}, {}, ("params", "status_id__in")),
        ({"_limit": 0}, {}, ("params", "_limit")),
        ({"_skip": -1}, {}, ("params", "_skip")),
        ({"_limit": 5}, {"follow": "closed"}, ("follow",)),
    ],
)
def test_a_list_is_checked_too(params: dict[str, Any], keys: dict[str, str], path: tuple[str, ...]) -> None:
    assert [fault.path for fault in LIST.rules(use(params, **keys))] == [path]


@pytest.mark.parametrize(
    ("params", "follow"),
    [
        ({"status_type": "active"}, "closed"),
        ({"status_type__in": ["active"], "pipeline": "p", "_order_by": "-value"}, "closed"),
        ({"status_type": "active", "is_stalled": True}, "departures"),
        ({"status_type": "active", "user_id": "u"}, "departures"),
        ({}, "departures"),
        ({"_limit": 3}, "none"),
    ],
)
def test_how_far_a_list_is_followed_by_default(params: dict[str, Any], follow: str) -> None:
    assert LIST.default_follow(use(params)) == follow


def test_every_parameter_of_the_published_list_has_a_place() -> None:
    names = {param.name for param in LIST.params}
    assert len(names) == len(LIST.params)
    dates = {f"date_{d}{s}" for d in ("won", "created", "updated") for s in ("", "__gte", "__gt", "__lte", "__lt")}
    several = {"user_id", "status_id", "status_type", "status_label", "status", "value_period"}
    others = {"query", "lead_query", "lead_saved_search_id", "is_stalled", "lead_id", "organization_id"}
    paging = {"_limit", "_skip", "_fields", "_order_by", "_group_by"}
    assert names == {"pipeline"} | dates | several | {f"{name}__in" for name in several} | others | paging


def test_credentials_are_secrets_of_which_exactly_one_is_needed() -> None:
    secrets = {option.name for option in CLOSE.options if option.secret}
    assert secrets == {"api_key", "access_token", "refresh_token", "client_secret", "webhook_secret"}
    assert CLOSE.one_of == (("api_key", "access_token", "refresh_token"),)


def paths(params: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(fault.path[-1], fault.warns) for fault in LIST.rules(use(params))]


@pytest.mark.parametrize("name", ["status_label__in", "status__in", "user_id__in", "status_id__in"])
def test_a_value_with_a_comma_is_refused_where_close_splits_at_commas(name: str) -> None:
    (fault,) = LIST.rules(use({name: ["Won, paid", "Lost"]}))
    assert fault.path == ("params", name)
    assert fault.found == f"{name} with a comma in one value: 'Won, paid'"
    assert "Close splits it there" in fault.expected
    assert not fault.warns


def test_one_label_with_a_comma_goes_by_itself() -> None:
    assert LIST.rules(use({"status_label": "Won, paid"})) == ()


@pytest.mark.parametrize("name", [f"{each}__in" for each in MULTIPLE])
def test_a_filter_of_no_values_is_refused(name: str) -> None:
    (fault,) = LIST.rules(use({name: []}))
    assert (fault.path, fault.found) == (("params", name), f"{name} without a value")
    assert not fault.warns


def test_no_users_of_a_funnel_are_all_of_them() -> None:
    assert FUNNEL.rules(use({**ACTIVE, "users": []}, window="today")) == ()


def test_fields_that_a_digest_has_no_column_for_are_warned_of() -> None:
    (fault,) = LIST.rules(use({"_fields": ["value", "note", "custom.cf_x"]}))
    assert fault.warns
    assert fault.found == "_fields: note, custom.cf_x"
    assert "no column" in fault.expected
    assert paths({"_fields": ["value", "id"]}) == []


def test_an_order_without_a_cut_is_warned_of() -> None:
    (fault,) = LIST.rules(use({"_order_by": "-value"}))
    assert fault.warns
    assert "show: {order_by: …}" in fault.expected
    assert paths({"_order_by": "-value", "_limit": 5}) == []


@pytest.mark.parametrize(
    "params",
    [
        {**CREATED, "report_relative_range": "last-week"},
        {**ACTIVE, "report_datetime_range": SPAN, "compared_relative_range": "last-week"},
    ],
)
def test_beside_ranges_as_written_no_window_is_advised_that_would_be_refused_next(params: dict[str, Any]) -> None:
    (fault,) = FUNNEL.rules(use(params, ranges="as_written"))
    assert fault.expected.startswith("add ")
    assert "window" not in fault.expected
    (fault,) = FUNNEL.rules(use(params))
    assert "window" in fault.expected


@pytest.mark.parametrize("language", CLOSE.words)
def test_sales_velocity_is_shown_without_a_unit_that_close_does_not_state(language: str) -> None:
    label = CLOSE.words[language]["metric.sales_velocity"]
    assert label in {"Sales velocity", "Vertriebstempo"}
