"""Filters: what goes out is what was meant, and what Umami would ignore or misread is said before it is asked."""

from pathlib import Path
from typing import Any

import pytest

from tests.sources.umami.account import SITE, Account, question, umami
from tests.sources.umami.test_rules import loading
from tests.sources.umami.test_saved import account as saved_account
from tests.sources.umami.test_saved import asking as saved_asking
from tests.sources.umami.test_saved import kept
from worker.errors import SourceRefused


async def sent(query: str, **filters: Any) -> dict[str, str]:
    async with umami(Account()) as (source, server):
        await source.fetch(question(query, filters=filters))
    found: dict[str, str] = server.asked[-1].json["filters"]
    return found


@pytest.mark.parametrize(
    ("name", "written", "text"),
    [
        ("referrer", "t.co", "eq.t.co"),
        ("referrer", "t.me", "eq.t.me"),
        ("referrer", "f.x.example", "eq.f.x.example"),
        ("referrer", "s.x.example", "eq.s.x.example"),
        ("hostname", "bf.acme.example", "eq.bf.acme.example"),
        ("path", "gt.html", "eq.gt.html"),
        ("utmSource", "ns.mail", "eq.ns.mail"),
        ("referrer", ["t.co", "google.com"], "eq.t.co,google.com"),
        ("referrer", ["google.com", "t.co"], "google.com,t.co"),
        ("hostname", "eq.c.acme.example", "eq.c.acme.example"),
        ("referrer", "neq.t.co", "neq.t.co"),
        ("path", "c./docs", "c./docs"),
        ("path", "dnc./docs", "dnc./docs"),
        ("path", "re.^/docs", "re.^/docs"),
        ("path", "nre.^/docs", "nre.^/docs"),
        ("country", "US", "US"),
        ("hostname", "test.example", "test.example"),
    ],
)
async def test_a_value_that_begins_like_an_operator_goes_out_as_a_value(name: str, written: Any, text: str) -> None:
    assert await sent("goal", **{name: written}) == {name: text}


async def test_a_value_that_begins_like_an_operator_goes_out_as_a_value_in_stats_too() -> None:
    async with umami(Account()) as (source, server):
        await source.fetch(question("stats", filters={"referrer": "t.co"}))
    assert server.asked[-1].params["referrer"] == "eq.t.co"


@pytest.mark.parametrize("written", [False, "false"])
async def test_bounces_that_are_not_excluded_are_not_mentioned(written: Any) -> None:
    """Umami takes any text for yes, even "false"."""
    async with umami(Account()) as (source, server):
        await source.fetch(question("stats", filters={"excludeBounce": written, "country": "DE"}))
    assert set(server.asked[-1].params) == {"startAt", "endAt", "country"}
    assert await sent("goal", excludeBounce=written) == {}


async def test_bounces_are_excluded_from_stats() -> None:
    async with umami(Account()) as (source, server):
        await source.fetch(question("stats", filters={"excludeBounce": True}))
    assert server.asked[-1].params["excludeBounce"] == "true"


@pytest.mark.parametrize(
    ("query", "params", "filters", "complaint"),
    [
        ("goal", "type: path, value: /", "excludeBounce: true", "only stats looks at it"),
        ("utm", "", "excludeBounce: true", "only stats looks at it"),
        ("utmFilters", "", "excludeBounce: true", "only stats looks at it"),
        ("stats", "", "excludeBounce: maybe", "the filter `excludeBounce`: 'maybe'; write true or false"),
        ("goal", "type: path, value: /", "eventType: 1", "the filter `eventType`, which this report sets itself"),
        ("goals", "type: path, value: /", "eventType: 1", "the filter `eventType`, which this report sets itself"),
        ("utm", "", "eventType: 1", "the filter `eventType`, which this report sets itself"),
        ("breakdown", "fields: [os]", "eventType: 2", "the filter `eventType`, which this report sets itself"),
        (
            "attribution",
            "model: last-click, type: path, step: /",
            "eventType: 2",
            "the filter `eventType`, which this report sets itself",
        ),
        ("stats", "", "eventType: 2", "the filter `eventType` with 2, of which stats counts nothing"),
        ("stats", "", "eventType: 5", "the filter `eventType` with 5, of which stats counts nothing"),
    ],
)
def test_a_filter_that_umami_would_ignore_is_refused(
    tmp_path: Path, query: str, params: str, filters: str, complaint: str
) -> None:
    given = f"{{websiteId: {SITE}, filters: {{{filters}}}" + (f", {params}}}" if params else "}")
    (found,) = loading(tmp_path, query, given).complaints
    assert complaint in str(found)


@pytest.mark.parametrize(
    ("query", "filters"),
    [("stats", "excludeBounce: true"), ("stats", "eventType: 1"), ("goal", "excludeBounce: false")],
)
def test_a_filter_that_does_what_it_says_is_taken(tmp_path: Path, query: str, filters: str) -> None:
    more = ", type: path, value: /" if query == "goal" else ""
    loaded = loading(tmp_path, query, f"{{websiteId: {SITE}, filters: {{{filters}}}{more}}}")
    assert (loaded.complaints, loaded.warnings) == ((), ())


async def test_a_saved_report_is_not_run_under_a_filter_that_its_type_ignores() -> None:
    async with umami(saved_account(kept("goal"))) as (source, server):
        with pytest.raises(SourceRefused, match="the filter `excludeBounce`: only stats looks at it"):
            await source.fetch(saved_asking(filters={"excludeBounce": True}))
    assert server.to("/api/reports/goal") == []


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("hostname", "c.acme.example", "values that contain acme.example"),
        ("referrer", "re.acme.example", "values that match the expression acme.example"),
    ],
)
def test_a_host_name_that_begins_with_an_operator_is_said(tmp_path: Path, name: str, value: str, meant: str) -> None:
    loaded = loading(tmp_path, "stats", f"{{websiteId: {SITE}, filters: {{{name}: {value}}}}}")
    assert loaded.complaints == ()
    (warning,) = loaded.warnings
    assert str(warning).endswith(
        f"the filter `{name}`: Umami reads {value!r} as {meant}; if {value} is the host itself, write eq.{value}"
    )


@pytest.mark.parametrize("value", ["eq.c.acme.example", "c.acme", "neq.acme.example", "t.co"])
def test_a_filter_that_has_one_reading_is_not_warned_of(tmp_path: Path, value: str) -> None:
    loaded = loading(tmp_path, "stats", f"{{websiteId: {SITE}, filters: {{referrer: {value}}}}}")
    assert (loaded.complaints, loaded.warnings) == ((), ())


@pytest.mark.parametrize("name", ["os", "browser", "device", "language", "country", "region", "city", "distinctId"])
def test_a_filter_that_performance_cannot_answer_is_said(tmp_path: Path, name: str) -> None:
    loaded = loading(tmp_path, "performance", f"{{websiteId: {SITE}, filters: {{{name}: x}}}}")
    assert loaded.complaints == ()
    (warning,) = loaded.warnings
    assert f"the filter `{name}`, with which Umami 3.1 cannot answer performance" in str(warning)


@pytest.mark.parametrize("name", ["path", "title", "tag", "utmSource"])
def test_a_filter_that_performance_can_answer_is_not_warned_of(tmp_path: Path, name: str) -> None:
    assert loading(tmp_path, "performance", f"{{websiteId: {SITE}, filters: {{{name}: /x}}}}").warnings == ()


@pytest.mark.parametrize("name", ["referrer", "segment", "cohort"])
def test_a_referrer_or_segment_that_performance_cannot_answer_is_said(tmp_path: Path, name: str) -> None:
    loaded = loading(tmp_path, "performance", f"{{websiteId: {SITE}, filters: {{{name}: {SITE}}}}}")
    assert "cannot answer performance" in str(loaded.warnings[0])
