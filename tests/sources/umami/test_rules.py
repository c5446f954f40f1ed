"""Definitions: what is refused before anything is asked, each with where and what to write."""

from pathlib import Path
from typing import Any

import pytest

from tests.sources.umami.account import PARAMS, REPORT, SITE
from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.load import Loaded, load
from worker.adapters.expressions.cel import CelExpressions
from worker.adapters.public_holidays import PublicHolidays
from worker.plugins import CHANNEL_TYPES
from worker.ports.kinds import ParamKind, Use
from worker.sources.umami import UMAMI
from worker.sources.umami.specs import ALIASES

PROJECT = """\
project: acme-sales
connections:
  umami: {{type: umami, {options}}}
channels:
  email: {{type: email, url: "smtps://reports@smtp.acme.example", password: "${{SMTP}}", from: r@acme.example}}
"""
OWN = 'base_url: "https://stats.acme.example", username: digest, password: "${UMAMI}"'
SCHEDULE = """\
name: Site
when: {{cron: "0 9 * * MON", timezone: Europe/Berlin}}
report:
  - id: q
    source: umami
    query: {query}
    {window}
    params: {params}
to:
  - {{channel: email, address: sales@acme.example}}
"""


def loading(place: Path, query: str, params: str, window: str = "window: last-week", options: str = OWN) -> Loaded:
    (place / "schedules").mkdir()
    (place / "funnelbeat.yaml").write_text(PROJECT.format(options=options), "utf-8")
    text = SCHEDULE.format(query=query, params=params, window=window)
    (place / "schedules" / "site.yaml").write_text(text, "utf-8")
    return load(
        place,
        Registry({"umami": UMAMI}, CHANNEL_TYPES, CelExpressions(), PublicHolidays()),
        {"SMTP": "x", "UMAMI": "y", "KEY": "z"},
    )


DEFINED = {
    "funnel": "{websiteId: ID, steps: [path:/, 'event:sign up', path:/pricing*], window: 7d, filters: {country: DE}}",
    "goal": "{websiteId: ID, type: path, value: /pricing}",
    "goals": "{websiteId: ID, type: path, value: /pricing}",
    "journey": "{websiteId: ID, steps: 3, startStep: /, endStep: /pricing, eventType: 1}",
    "retention": "{websiteId: ID, timezone: America/Los_Angeles}",
    "revenue": "{websiteId: ID, currency: USD, unit: day}",
    "utm": "{websiteId: ID}",
    "utmFilters": "{websiteId: ID, filters: {country: DE, match: any}}",
    "attribution": "{websiteId: ID, model: firstClick, type: path, step: /, timezone: Europe/Berlin, currency: EUR}",
    "breakdown": "{websiteId: ID, fields: [os, country]}",
    "performance": "{websiteId: ID, metric: inp}",
    "stats": "{websiteId: ID}",
    "saved_report": "{reportId: ID, timezone: Europe/Berlin}",
}


@pytest.mark.parametrize("query", UMAMI.queries)
def test_every_query_can_be_defined(tmp_path: Path, query: str) -> None:
    loaded = loading(tmp_path, query, DEFINED[query].replace("ID", SITE))
    assert loaded.complaints == ()
    assert loaded.bundle is not None
    item = loaded.bundle.schedules["site"].item("q")
    assert item.query == query
    assert SITE in item.params.values()
    expected = {
        "goals": "a name that only Umami's documentation has; write goal",
        "utmFilters": "a name that only Umami's documentation has; write utm",
        "attribution": "model: firstClick; write first-click, as Umami does",
    }
    assert [str(warning).split(": ", 1)[1] for warning in loaded.warnings] == (
        [expected[query]] if query in expected else []
    )


def test_a_bare_number_of_minutes_arrives_as_it_was_written(tmp_path: Path) -> None:
    params = f"{{websiteId: {SITE}, steps: [path:/, event:x], window: 60}}"
    loaded = loading(tmp_path, "funnel", params)
    assert loaded.bundle is not None
    assert loaded.bundle.schedules["site"].item("q").params == {
        "websiteId": SITE,
        "steps": ["path:/", "event:x"],
        "window": "60",
    }
    (warning,) = loaded.warnings
    assert str(warning).endswith("window: 60, which is minutes; write 60m, or 60d")


def test_steps_may_be_written_as_umami_itself_has_them(tmp_path: Path) -> None:
    own = "{type: event, value: sign up, filters: [{property: plan, operator: eq, value: pro}]}"
    loaded = loading(tmp_path, "funnel", f"{{websiteId: {SITE}, steps: [{{type: path, value: /}}, {own}], window: 7d}}")
    assert loaded.complaints == ()
    assert loaded.bundle is not None
    assert loaded.bundle.schedules["site"].item("q").params["steps"] == [
        {"type": "path", "value": "/"},
        {"type": "event", "value": "sign up", "filters": [{"property": "plan", "operator": "eq", "value": "pro"}]},
    ]


def test_dates_of_ones_own_stand_instead_of_a_window(tmp_path: Path) -> None:
    params = f"{{websiteId: {SITE}, type: path, value: /, startDate: 2026-11-01, endDate: 1795388399999}}"
    loaded = loading(tmp_path, "goal", params, window="")
    assert loaded.complaints == ()


def test_a_query_without_any_stretch_of_time_is_refused(tmp_path: Path) -> None:
    loaded = loading(tmp_path, "utm", f"{{websiteId: {SITE}}}", window="")
    assert "without a stretch of time" in str(loaded.complaints[0])


@pytest.mark.parametrize(
    ("query", "params", "complaint"),
    [
        ("goal", "{websiteId: 7, type: path, value: x}", "`websiteId` that is no uuid"),
        ("goal", "{websiteId: ID, type: path}", "`goal` without its parameter `value`"),
        ("goal", "{websiteId: ID, type: url, value: x}", "`type` with"),
        (
            "goal",
            "{websiteId: ID, type: path, value: x, filters: {url: /}}",
            "the filter `url` of Umami 2; write `path`",
        ),
        ("utm", "{websiteId: ID, filters: {host: x}}", "the filter `host` of Umami 2; write `hostname`"),
        (
            "utm",
            "{websiteId: ID, filters: {contry: DE}}",
            "the filter `contry`, which Umami does not know; write one of",
        ),
        ("utm", "{websiteId: ID, filters: {country: ''}}", "the filter `country`: an empty filter; leave the key out"),
        ("utm", "{websiteId: ID, filters: {country: []}}", "the filter `country`: a list that is empty"),
        ("utm", "{websiteId: ID, filters: {path: ['/a,b']}}", "has a value with a comma"),
        ("utm", "{websiteId: ID, filters: {segment: germany}}", "the filter `segment` that is no uuid"),
        ("utm", "{websiteId: ID, filters: {match: some}}", "the filter `match` with 'some'; write all or any"),
        ("utm", "{websiteId: ID, filters: {eventType: view}}", "the filter `eventType` with 'view'"),
        ("funnel", "{websiteId: ID, steps: [path:/], window: 60m}", "`steps`: steps that are not 2 to 8"),
        ("funnel", "{websiteId: ID, steps: [path:/, /pricing], window: 60m}", "`steps`: the step '/pricing'"),
        ("funnel", "{websiteId: ID, steps: ['path:', path:/x], window: 60m}", "`steps`: the step 'path:'"),
        (
            "funnel",
            "{websiteId: ID, steps: [path:/, path:/x], window: soon}",
            "'soon' is not a duration; write 60m or 7d",
        ),
        ("funnel", "{websiteId: ID, steps: [path:/, path:/x], window: 0}", "a window of 0; write more than nothing"),
        ("funnel", "{websiteId: ID, steps: path:/, window: 60m}", "write a list"),
        ("funnel", "{websiteId: ID, steps: [{type: url, value: /}, path:/], window: 60m}", "`steps`: the step"),
        ("journey", "{websiteId: ID, steps: 8}", "`steps` with 8; write 2 to 7"),
        ("journey", "{websiteId: ID, steps: 3, eventType: 3}", "`eventType` with 3; write 1 to 2"),
        (
            "revenue",
            "{websiteId: ID, currency: dollars}",
            "currency with 'dollars'; write the three letters of ISO 4217",
        ),
        ("revenue", "{websiteId: ID, currency: USD, compare: prev}", "compare below params; write `compare: previous`"),
        ("revenue", "{websiteId: ID, currency: USD, unit: week}", "`unit` with"),
        ("retention", "{websiteId: ID, timezone: Berlin}", "timezone: no time zone is called 'Berlin'"),
        (
            "retention",
            "{websiteId: ID, timezone: posix/Europe/Berlin}",
            "timezone: the time zone 'posix/Europe/Berlin', which is not the same everywhere",
        ),
        ("attribution", "{websiteId: ID, model: last, type: path, step: /}", "`model` with"),
        ("breakdown", "{websiteId: ID, fields: [url]}", "instead of `url`"),
        ("breakdown", "{websiteId: ID, fields: []}", "`fields`"),
        ("performance", "{websiteId: ID, metric: speed}", "`metric` with"),
        ("goal", "{websiteId: ID, type: path, value: x, startDate: 2026-11-01}", "startDate beside window:"),
        ("saved_report", "{websiteId: ID, reportId: ID}", "`websiteId`, which `saved_report` does not take"),
    ],
)
def test_what_cannot_work_is_refused_with_what_to_write(
    tmp_path: Path, query: str, params: str, complaint: str
) -> None:
    loaded = loading(tmp_path, query, params.replace("ID", SITE))
    assert len(loaded.complaints) == 1
    assert complaint in str(loaded.complaints[0])
    assert str(loaded.complaints[0]).startswith("schedules/site.yaml:")


def faults(
    query: str, *, window: str | None = None, compare: str | None = None, ranges: str = "", **params: Any
) -> str:
    spec = UMAMI.queries[query]
    own = {"reportId": REPORT} if query == "saved_report" else {"websiteId": SITE}
    use = Use({**own, **PARAMS.get(query, {}), **params}, window, compare, None, ranges)
    found = [fault for fault in spec.rules(use) if not fault.warns]
    return "; ".join(f"{'.'.join(fault.path)}: {fault.found}, {fault.expected}" for fault in found)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"startDate": "2026-11-01"}, "params.startDate: startDate without endDate, add endDate, or use window:"),
        ({"endDate": "2026-11-01"}, "params.endDate: endDate without startDate, add startDate, or use window:"),
        ({"startDate": "yesterday", "endDate": "2026-11-01"}, "params.startDate: startDate with 'yesterday'"),
        ({"startDate": "2026-11-02", "endDate": "2026-11-01"}, "params.endDate: endDate before startDate, exchange"),
        ({"startDate": "2026-11-03", "endDate": "2026-11-01T10:00:00Z"}, "params.endDate: endDate before startDate"),
        ({"startDate": "99999999999999", "endDate": "99999999999999"}, ""),
        ({"startDate": "2026-11-01", "endDate": "2026-11-01"}, ""),
        ({"startDate": "2026-11-01", "endDate": "2026-11-01T10:00:00Z"}, ""),
        ({"startDate": "1794783600000", "endDate": "1795388399999"}, ""),
        ({"window": "last-week", "ranges": "as_written"}, "window: window: beside ranges: as_written"),
        ({"compare": "previous", "ranges": "as_written"}, "compare: compare: beside ranges: as_written"),
    ],
)
def test_dates_of_ones_own(given: dict[str, Any], fault: str) -> None:
    found = faults("goal", **given)
    assert found.startswith(fault)
    assert bool(found) == bool(fault)


@pytest.mark.parametrize("query", UMAMI.queries)
def test_parameters_that_are_right_have_no_fault(query: str) -> None:
    plain = {"saved_report": {}, "goals": PARAMS["goal"], "utmFilters": {}}
    assert faults(query, **plain.get(query, {})) == ""


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ('base_url: "https://x.example"', "with none of username or api_key"),
        (OWN + ', api_key: "${KEY}"', "keep one of them"),
        ('base_url: "https://x.example", username: digest', "`username` without `password`; write `password` too"),
        ('username: digest, password: "${KEY}"', "`username` without `base_url`; write `base_url` too"),
        (OWN + ", token: x", "which `type: umami` does not have"),
    ],
)
def test_a_connection_that_cannot_work_is_refused(tmp_path: Path, options: str, complaint: str) -> None:
    loaded = loading(tmp_path, "utm", f"{{websiteId: {SITE}}}", options=options)
    assert any(complaint in str(found) for found in loaded.complaints)


def test_the_clouds_key_needs_no_address(tmp_path: Path) -> None:
    loaded = loading(tmp_path, "utm", f"{{websiteId: {SITE}}}", options='api_key: "${KEY}"')
    assert loaded.complaints == ()


def test_every_query_says_what_it_is_and_every_alias_names_its_own() -> None:
    for name, spec in UMAMI.queries.items():
        assert spec.name == name
        assert spec.windowed
        assert not spec.lists
        assert all(param.note for param in spec.params if param.kind is ParamKind.TEXT and param.name != "timezone")
    for alias, name in ALIASES.items():
        assert f"`{name}`" in UMAMI.queries[alias].summary
        assert UMAMI.queries[alias].params == UMAMI.queries[name].params


def test_tables_of_a_query_that_is_no_list_can_be_cut_and_ordered_too(tmp_path: Path) -> None:
    shown = "window: last-week\n    show: {order_by: -visitors, limit: 5}"
    loaded = loading(tmp_path, "breakdown", f"{{websiteId: {SITE}, fields: [os]}}", window=shown)
    assert loaded.complaints == ()
    assert loaded.bundle is not None
    show = loaded.bundle.schedules["site"].report[0].show
    assert (show.order_by, show.limit) == ("-visitors", 5)


def test_a_wrong_value_hides_no_other_fault_of_its_item(tmp_path: Path) -> None:
    params = (
        f"{{websiteId: {SITE}, currency: dollars, unit: week, timezone: Berlin, compare: prev, filters: {{host: a}}}}"
    )
    told = [str(complaint) for complaint in loading(tmp_path, "revenue", params).complaints]
    wanted = ("`unit` with", "currency with 'dollars'", "'Berlin'", "compare below params", "the filter `host`")
    assert len(told) == len(wanted)
    for words in wanted:
        assert any(words in complaint for complaint in told), (words, told)


def test_what_depends_on_a_value_that_cannot_be_read_is_not_made_up(tmp_path: Path) -> None:
    """The step is checked by its type, which is none; and no value is said to be missing that is only wrong."""
    told = loading(tmp_path, "goal", f"{{websiteId: {SITE}, type: page, value: /a?b}}")
    assert ["`type` with" in str(complaint) for complaint in told.complaints] == [True]
    assert told.warnings == ()
