"""The source on the sandbox's stand-in: every query, every fault, and figures equal to those of the simulation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.sources.umami.account import QUICK, totals
from worker.domain.schedule import Query
from worker.domain.time.window import Window, WindowSpec
from worker.errors import SourceError, SourceRefused, SourceShapeChanged, SourceUnavailable
from worker.ports import Question
from worker.sandbox.names import HOSTILE
from worker.sandbox.server import Sandbox
from worker.sandbox.umami_account import API_KEY, EMPTY, FUNNEL, GOAL, OTHERS, PASSWORD, SEGMENT, USERNAME, WEBSITE
from worker.sandbox.umami_api import CLOUD
from worker.sources.umami import UMAMI, UmamiSource, open_source
from worker.sources.umami.saved import TYPES

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
ZONE = "America/Los_Angeles"
WEEK = Window(datetime(2026, 11, 8, 8, tzinfo=UTC), datetime(2026, 11, 15, 8, tzinfo=UTC), ZONE, "last-week")
PARAMS: dict[str, dict[str, Any]] = {
    "funnel": {"steps": ["path:/pricing", "event:signup", "event:purchase"], "window": "1h"},
    "goal": {"type": "event", "value": "signup"},
    "goals": {"type": "event", "value": "signup"},
    "journey": {"steps": 3, "startStep": "/"},
    "retention": {},
    "revenue": {"currency": "USD"},
    "utm": {},
    "utmFilters": {},
    "attribution": {"model": "last-click", "type": "path", "step": "/pricing"},
    "breakdown": {"fields": ["os", "country"]},
    "performance": {},
    "stats": {},
}


def question(query: str, website: str = WEBSITE, **params: Any) -> Question:
    own = {"reportId": FUNNEL} if query == "saved_report" else {"websiteId": website, **PARAMS[query]}
    item = Query(query, "umami", query, window=WindowSpec("last-week"), params={**own, **params})
    return Question(item, NOW, ZONE, WEEK, None)


@asynccontextmanager
async def standing(**options: str) -> AsyncIterator[tuple[UmamiSource, Sandbox]]:
    async with Sandbox(now=lambda: NOW, names=HOSTILE) as box:
        given = options or {"base_url": box.umami_url, "username": USERNAME, "password": PASSWORD}
        given = {name: value.replace("BOX", box.base_url) for name, value in given.items()}
        source = open_source(given, clock=lambda: NOW, tuning=QUICK)
        try:
            yield source, box
        finally:
            await source.aclose()


@pytest.mark.parametrize("query", UMAMI.queries)
async def test_every_query_has_an_answer(query: str) -> None:
    async with standing() as (source, _):
        snapshot = (await source.fetch(question(query))).snapshot
    assert any(table.rows for table in snapshot.tables) or any(measure.value for measure in snapshot.measures)
    assert snapshot.window == WEEK
    assert snapshot.as_of == (NOW, NOW)


async def test_a_run_only_ever_reads() -> None:
    """Nothing but the login, the website, the saved report that is named, and reports that are run."""
    async with standing() as (source, box):
        for query in UMAMI.queries:
            await source.fetch(question(query))
        reading = {f"POST /umami/api/reports/{name}" for name in TYPES}
        asked = {served.route for served in box.log}
        kept = box.umami.state.reports
        assert set(kept) == {FUNNEL, GOAL}
    assert asked - reading == {
        "POST /umami/api/auth/login",
        f"GET /umami/api/websites/{WEBSITE}",
        f"GET /umami/api/websites/{WEBSITE}/stats",
        f"GET /umami/api/reports/{FUNNEL}",
    }


@pytest.mark.parametrize("query", UMAMI.queries)
async def test_every_query_has_an_answer_of_the_cloud_too(query: str) -> None:
    async with standing(base_url=f"BOX{CLOUD}", api_key=API_KEY) as (source, box):
        assert (await source.fetch(question(query))).snapshot.query_id == query
        assert box.umami.state.logins == 0


async def test_an_empty_website_is_zeros_and_nulls_and_no_gap() -> None:
    async with standing() as (source, _):
        for query in PARAMS:
            snapshot = (await source.fetch(question(query, EMPTY))).snapshot
            assert not any(measure.value for measure in snapshot.measures)


async def test_the_figures_are_those_of_the_simulation() -> None:
    """Reckoned from the visits themselves: local days of Los Angeles, both edges of the window."""
    async with standing() as (source, box):
        stats = (await source.fetch(question("stats"))).snapshot
        revenue = (await source.fetch(question("revenue"))).snapshot
        cohorts = (await source.fetch(question("retention"))).snapshot.table("cohorts")
        last = WEEK.end - timedelta(milliseconds=1)
        hits = box.umami.site.between(WEEK.start, last, NOW)
        born = box.umami.site.newcomers(WEEK.start, last, NOW)
    assert totals(stats)["visitors"] == len({hit.session for hit in hits})
    assert totals(stats)["pageviews"] == sum(hit.fields["event"] is None for hit in hits)
    sold = [hit for hit in hits if hit.paid is not None and hit.paid[0] == "USD"]
    assert totals(revenue)["revenue"] == sum(int(hit.paid[1] * 100) for hit in sold if hit.paid is not None)
    zone = ZoneInfo(ZONE)
    chart = revenue.table("chart")
    assert chart is not None
    for row in map(chart.record, chart.rows):
        on_day = [hit for hit in sold if hit.at.astimezone(zone).date().isoformat() == row["date"]]
        assert row["revenue"] == sum(int(hit.paid[1] * 100) for hit in on_day if hit.paid is not None)
    assert len(chart.rows) == 7
    assert cohorts is not None
    for row in map(cohorts.record, cohorts.rows):
        new = [at for at in born.values() if at.astimezone(zone).date().isoformat() == row["date"]]
        assert row["visitors"] == len(new)


@pytest.mark.parametrize(
    ("kind", "how", "error", "sentence"),
    [
        ("status", {"status": 500}, SourceUnavailable, "the service failed (500) without a word"),
        ("status", {"status": 503, "body": '{"error":"later"}'}, SourceUnavailable, "(503): later"),
        ("status", {"status": 403, "body": "<html>no"}, SourceRefused, "a firewall or proxy"),
        ("status", {"status": 429, "retry_after": "0"}, SourceUnavailable, "too many requests (429)"),
        ("cut", {}, SourceUnavailable, "the answer broke off"),
        ("drop", {}, SourceUnavailable, "the answer broke off"),
        ("truncated", {}, SourceShapeChanged, "JSON that broke off"),
        ("malformed", {}, SourceShapeChanged, "text that is not JSON"),
        ("html", {}, SourceShapeChanged, "expected JSON, found HTML"),
        ("redirect", {}, SourceRefused, "a redirect (302)"),
    ],
)
async def test_every_fault_of_the_sandbox_is_one_sentence(
    kind: str, how: dict[str, Any], error: type[SourceError], sentence: str
) -> None:
    async with standing() as (source, box):
        box.faults.arm("POST /umami/api/reports/*", kind, times=3, **how)
        with pytest.raises(error) as caught:
            await source.fetch(question("utm"))
        assert sentence in str(caught.value)
        box.faults.clear()
        assert (await source.fetch(question("utm"))).snapshot.tables


async def test_a_lost_token_is_replaced_and_a_foreign_website_is_not_gained_by_it() -> None:
    async with standing() as (source, box):
        await source.fetch(question("goal"))
        box.umami.state.tokens.clear()
        await asyncio.gather(*(source.fetch(question(query)) for query in PARAMS))
        assert box.umami.state.logins == 2
        with pytest.raises(SourceRefused, match="this account may not see that website"):
            await source.fetch(question("goal", OTHERS))


async def test_a_segment_narrows_and_one_that_is_not_there_says_what_may_be_wrong() -> None:
    async with standing() as (source, _):
        assert (await source.fetch(question("goal", filters={"segment": SEGMENT}))).snapshot.measures
        with pytest.raises(
            SourceUnavailable, match="as Umami does for a segment, cohort or saved report that does not"
        ):
            await source.fetch(question("goal", filters={"segment": OTHERS}))


async def test_a_saved_report_is_found_by_the_catalog_and_run() -> None:
    async with standing() as (source, _):
        table = await source.holds("reports")
        made = await source.catalog.create(WEBSITE, "journey", "Ways", {"steps": 3})
        saved = (await source.fetch(question("saved_report", reportId=made.id))).snapshot
        written = (await source.fetch(question("journey", startStep="/"))).snapshot
        await source.catalog.delete(made.id)
        after = await source.holds("reports")
    assert {row.key for row in after.rows} == {row.key for row in table.rows}
    assert saved.fingerprint != written.fingerprint
    assert saved.tables[0].columns == written.tables[0].columns
