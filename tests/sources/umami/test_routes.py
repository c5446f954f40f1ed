"""Two sets of paths for the same reports: /reports/…, and those below a website that version 3.4 has in their place."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.sources.umami.account import ANSWERS, PARAMS, REPORT, SITE, Account, copied, question, umami
from tests.sources.umami.test_on_sandbox import ZONE, standing
from tests.sources.umami.test_on_sandbox import question as of_sandbox
from tests.sources.umami.test_saved import asking, kept
from tests.support.scripted_http import Asked, Said, Scripted
from worker.domain.snapshot.snapshot import Snapshot
from worker.errors import RequestError, SourceRefused, SourceShapeChanged
from worker.sandbox.umami_account import FUNNEL, GOAL, WEBSITE
from worker.sources.umami import UMAMI, UmamiSource

PAGE = Said(b"<!DOCTYPE html><html>", 404, {"content-type": "text/html"})
NOTHING = Said({"error": {"message": "Not found", "code": "not-found", "status": 404}}, 404)
NO_NAME = {
    "error": {
        "message": "Bad request",
        "code": "bad-request",
        "status": 400,
        "errors": [],
        "properties": {"name": {"errors": ["Invalid input: expected string, received undefined"]}},
    }
}
GONE = {
    "a page": PAGE,
    "the cloud's word": Said({"error": "Not Found: reports/goal"}, 404),
    "gone": Said(b"", 410),
    "taken for a saved report's id": Said(NO_NAME, 400),
}
BELOW = f"/websites/{SITE}"
PARTS: dict[str, dict[str, Any]] = {
    "revenue": {
        "revenue/stats": ANSWERS["revenue"]["total"],
        "revenue/chart": {"chart": ANSWERS["revenue"]["chart"]},
        "revenue/metrics": {name: ANSWERS["revenue"][name] for name in ("country", "region", "referrer", "channel")},
    },
    "performance": {
        "performance/stats": ANSWERS["performance"]["summary"],
        "performance/chart": {"chart": ANSWERS["performance"]["chart"]},
        "performance/metrics": {
            "path": ANSWERS["performance"]["pages"],
            "title": ANSWERS["performance"]["pageTitles"],
            "device": ANSWERS["performance"]["devices"],
            "browser": ANSWERS["performance"]["browsers"],
        },
    },
    "utm": {"utm/metrics": ANSWERS["utm"]},
    "funnel": {"funnels/stats": ANSWERS["funnel"]},
    "goal": {"goals/stats": ANSWERS["goal"]},
    "journey": {"journeys": ANSWERS["journey"]},
    **{name: {name: ANSWERS[name]} for name in ("retention", "attribution", "breakdown")},
}
WHEN = {"startAt": "1794783600000", "endAt": "1795388399999"}


def replaced(gone: Said = PAGE) -> Account:
    """A server whose /reports/… are no more."""
    account = Account()
    for name, parts in PARTS.items():
        account.instead[f"/reports/{name}"] = lambda _: gone
        for path, answer in parts.items():
            account.instead[f"{BELOW}/{path}"] = one_of(answer, by_type=path.endswith("metrics"))
    return account


def one_of(answer: Any, *, by_type: bool) -> Any:
    return lambda asked: Said(answer[asked.params["type"]] if by_type else answer)


def figures(snapshot: Snapshot) -> Any:
    return snapshot.measures, snapshot.tables, snapshot.notes, snapshot.fingerprint, snapshot.window


@asynccontextmanager
async def asked_for(account: Account, query: str) -> AsyncIterator[tuple[Snapshot, UmamiSource, Scripted]]:
    async with umami(account) as (source, server):
        yield (await source.fetch(question(query))).snapshot, source, server


@pytest.mark.parametrize("query", PARAMS)
async def test_a_report_is_the_same_whichever_paths_a_server_has(query: str) -> None:
    async with asked_for(Account(), query) as (old, _, _), asked_for(replaced(), query) as (new, _, _):
        assert figures(old) == figures(new)


@pytest.mark.parametrize("gone", GONE)
async def test_paths_that_are_no_more_are_asked_for_once_and_then_the_new_ones(gone: str) -> None:
    async with asked_for(replaced(GONE[gone]), "goal") as (_, source, server):
        await source.fetch(question("goal"))
        await source.fetch(question("breakdown"))
        paths = [asked.path.removeprefix("/api") for asked in server.asked]
    assert paths[2:] == [
        "/reports/goal",
        f"{BELOW}/goals/stats",
        f"{BELOW}/goals/stats",
        f"{BELOW}/breakdown",
    ]


async def test_a_server_that_has_the_old_paths_is_not_asked_for_the_new_ones() -> None:
    async with asked_for(Account(), "revenue") as (_, _, server):
        assert len(server.to("/api/reports/revenue")) == 1
        assert not [asked for asked in server.asked if asked.path.startswith(f"/api{BELOW}/")]


@pytest.mark.parametrize(
    ("query", "path", "sent"),
    [
        ("goal", "goals/stats", {"type": "event", "value": "signup"}),
        ("journey", "journeys", {"steps": "3"}),
        ("retention", "retention", {"timezone": "Europe/Berlin"}),
        ("attribution", "attribution", {"model": "first-click", "type": "path", "step": "/pricing"}),
        ("breakdown", "breakdown", {"fields": '["os","country"]'}),
        ("revenue", "revenue/stats", {"currency": "USD", "timezone": "Europe/Berlin", "unit": "day"}),
        ("performance", "performance/chart", {"metric": "lcp", "timezone": "Europe/Berlin", "unit": "day"}),
    ],
)
async def test_the_new_paths_take_milliseconds_and_each_parameter_by_its_name(
    query: str, path: str, sent: dict[str, str]
) -> None:
    async with asked_for(replaced(), query) as (_, _, server):
        assert server.to(f"/api{BELOW}/{path}")[0].params == {**WHEN, **sent}


async def test_steps_travel_as_json_and_filters_beside_them() -> None:
    async with umami(replaced()) as (source, server):
        await source.fetch(question("funnel", filters={"referrer": "t.co", "country": ["US", "DE"]}))
    params = dict(server.asked[-1].params)
    assert json.loads(params.pop("steps")) == [{"type": "path", "value": "/"}, {"type": "event", "value": "signup"}]
    assert params == {**WHEN, "window": "60", "referrer": "eq.t.co", "country": "US,DE"}


async def test_a_server_that_has_neither_is_told_of_by_its_first_refusal() -> None:
    account = Account()
    account.instead["/reports/performance"] = lambda _: Said(NO_NAME, 400)
    async with umami(account) as (source, server):
        with pytest.raises(SourceRefused, match=r"^POST /reports/performance: this Umami has no report called perf"):
            await source.fetch(question("performance"))
        await source.fetch(question("goal"))
    assert server.asked[-1].path == "/api/reports/goal"


async def test_a_website_that_is_refused_is_no_reason_for_other_paths() -> None:
    account = Account()
    account.instead["/reports/goal"] = lambda _: Said({"error": "Forbidden"}, 403)
    async with umami(account) as (source, server):
        with pytest.raises(SourceRefused, match=r"\(403\)"):
            await source.fetch(question("goal"))
    assert server.asked[-1].path == "/api/reports/goal"


async def test_a_part_of_another_shape_is_named_by_its_place() -> None:
    account = replaced()
    spoilt = copied(ANSWERS["revenue"]["total"]) | {"count": "many"}
    account.instead[f"{BELOW}/revenue/stats"] = lambda _: Said(spoilt)
    async with umami(account) as (source, _):
        with pytest.raises(SourceShapeChanged, match=r"^GET /websites/\{id\}/revenue: total.count: expected a number"):
            await source.fetch(question("revenue"))


def always(said: Said) -> Any:
    return lambda _: said


def listing(asked: Asked) -> Said:
    rows = [{"id": SITE, "name": "Shop", "domain": None, "resetAt": None}] if asked.path.endswith("websites") else []
    return Said({"data": rows, "count": len(rows), "page": 1, "pageSize": 100})


@pytest.mark.parametrize(("kind", "query"), [("goals", "goal"), ("funnels", "funnel")])
async def test_a_saved_report_is_found_below_its_website_where_reports_are_no_more(kind: str, query: str) -> None:
    account = replaced()
    account.instead |= {f"/reports/{REPORT}": lambda _: PAGE, "/websites": listing, "/teams": listing}
    for place in ("goals", "funnels"):
        found = Said(kept(query)) if place == kind else NOTHING
        account.instead[f"{BELOW}/{place}/{REPORT}"] = always(found)
    async with umami(account) as (source, _):
        snapshot = (await source.fetch(asking())).snapshot
        plain = (await source.fetch(question(query))).snapshot
    assert (snapshot.measures, snapshot.tables) == (plain.measures, plain.tables)


async def test_a_saved_report_that_is_nowhere_is_said_to_be_nowhere() -> None:
    account = replaced()
    account.instead |= {f"/reports/{REPORT}": lambda _: PAGE, "/websites": listing, "/teams": listing}
    account.instead |= {f"{BELOW}/{kind}/{REPORT}": always(NOTHING) for kind in ("funnels", "goals")}
    async with umami(account) as (source, _):
        with pytest.raises(SourceRefused, match=f"there is no saved report {REPORT}") as error:
            await source.fetch(asking())
    assert error.value.status == 404


@pytest.mark.parametrize("query", UMAMI.queries)
async def test_the_sandbox_gives_the_same_figures_by_both(query: str) -> None:
    async with standing() as (source, box):
        old = (await source.fetch(of_sandbox(query))).snapshot
        box.umami.legacy = False
        new = (await source.fetch(of_sandbox(query))).snapshot
        routes = [served.route for served in box.log]
    assert old.window is not None
    assert old.window.zone == ZONE
    assert figures(old) == figures(new)
    below = f"GET /umami/api/websites/{WEBSITE}/"
    assert any(route.startswith(below) for route in routes)


async def test_saved_funnels_and_goals_of_the_sandbox_run_where_reports_are_no_more() -> None:
    async with standing() as (source, box):
        box.umami.legacy = False
        for report in (FUNNEL, GOAL):
            assert (await source.fetch(of_sandbox("saved_report", reportId=report))).snapshot.measures


async def test_saved_reports_are_listed_made_changed_and_deleted_where_reports_are_no_more() -> None:
    async with standing() as (source, box):
        box.umami.legacy = False
        catalog = source.catalog
        assert {report.id for report in await catalog.reports(WEBSITE)} == {FUNNEL, GOAL}
        assert [report.id for report in await catalog.reports(WEBSITE, "goal")] == [GOAL]
        made = await catalog.create(WEBSITE, "goal", "Signed up", {"type": "event", "value": "signup"}, "by hand")
        changed = await catalog.update(made.id, name="Other")
        assert (changed.name, changed.description, changed.parameters) == ("Other", "by hand", made.parameters)
        assert (await catalog.report(made.id)).name == "Other"
        await catalog.delete(made.id)
        with pytest.raises(SourceRefused, match="there is no saved report"):
            await catalog.delete(made.id)
        old = [s.route for s in box.log if s.route.split()[1].startswith("/umami/api/reports")]
    assert old == ["GET /umami/api/reports"], "the paths are tried once"


async def test_the_first_write_finds_out_that_reports_are_no_more_and_is_applied_once() -> None:
    async with standing() as (source, box):
        box.umami.legacy = False
        before = len(box.umami.state.reports)
        await source.catalog.create(WEBSITE, "goal", "Signed up", {"type": "event", "value": "signup"})
        assert len(box.umami.state.reports) == before + 1
        await source.catalog.delete(GOAL)
        assert GOAL not in box.umami.state.reports


async def test_a_server_without_reports_keeps_funnels_and_goals_alone() -> None:
    async with standing() as (source, box):
        box.umami.legacy = False
        with pytest.raises(
            RequestError, match=r"has no /reports and so saves no utm reports: write one of funnel, goal"
        ):
            await source.catalog.create(WEBSITE, "utm", "By campaign", {})
        with pytest.raises(
            SourceRefused, match=r"^POST /websites/\{id\}/goals: the request was refused \(400\): param"
        ):
            await source.catalog.create(WEBSITE, "goal", "Nothing", {})


async def test_a_server_that_has_neither_path_is_asked_for_the_older_one_again() -> None:
    """While it is replaced it may answer anything with a page."""
    account = Account()
    account.instead |= {f"/reports/{REPORT}": lambda _: PAGE, "/websites": listing, "/teams": listing}
    account.instead |= {f"{BELOW}/{kind}/{REPORT}": lambda _: PAGE for kind in ("funnels", "goals")}
    async with umami(account) as (source, _):
        with pytest.raises(SourceRefused, match=r"^GET /reports/\{id\}: there is no such path"):
            await source.catalog.report(REPORT)
        account.instead[f"/reports/{REPORT}"] = lambda _: Said(kept("goal"))
        assert (await source.catalog.report(REPORT)).id == REPORT
