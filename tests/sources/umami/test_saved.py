"""Saved reports: run by id with a window, and kept, changed and deleted by a person."""

from typing import Any

import pytest

from tests.sources.umami.account import ANSWERS, NOW, REPORT, SITE, WEEK, Account, Clock, cells, question, umami
from tests.support.scripted_http import Asked, Said, scripted
from worker.domain.schedule import Query
from worker.domain.time.window import WindowSpec
from worker.errors import RequestError, SourceRefused, SourceShapeChanged, SourceUnavailable
from worker.ports import Question
from worker.sources.umami import open_source

PARAMETERS: dict[str, Any] = {
    "funnel": {"steps": [{"type": "path", "value": "/"}, {"type": "event", "value": "signup"}], "window": 60},
    "goal": {"type": "event", "value": "signup"},
    "journey": {"steps": 3, "startStep": "/"},
    "retention": {},
    "revenue": {"currency": "USD"},
    "utm": {},
    "attribution": {"model": "last-click", "type": "path", "step": "/"},
    "breakdown": {"fields": ["os", "country"]},
    "performance": {"metric": "lcp"},
}


def kept(kind: str = "goal", **changes: Any) -> dict[str, Any]:
    return {
        "id": REPORT,
        "userId": SITE,
        "websiteId": SITE,
        "type": kind,
        "name": "Kept <b>",
        "description": "",
        "parameters": PARAMETERS.get(kind, {}),
        "createdAt": "2026-11-20T22:30:30.027Z",
        "updatedAt": "2026-11-20T22:30:30.027Z",
        **changes,
    }


def asking(**params: Any) -> Question:
    item = Query("q", "umami", "saved_report", window=WindowSpec("last-week"), params={"reportId": REPORT, **params})
    return Question(item, NOW, "Europe/Berlin", WEEK, None)


def account(found: Any) -> Account:
    made = Account()
    made.instead[f"/reports/{REPORT}"] = lambda _: Said(found)
    return made


@pytest.mark.parametrize("kind", PARAMETERS)
async def test_a_saved_report_of_any_type_is_run_over_the_window(kind: str) -> None:
    parameters = {**PARAMETERS[kind], "startDate": "2020-01-01", "endDate": "2020-01-02"}
    async with umami(account(kept(kind, parameters=parameters))) as (source, server):
        snapshot = (await source.fetch(asking())).snapshot
    body = server.asked[-1].json
    assert server.asked[-1].path == f"/api/reports/{kind}"
    assert (body["websiteId"], body["type"], body["filters"]) == (SITE, kind, {})
    assert body["parameters"]["startDate"] == "2026-11-15T23:00:00.000Z"
    assert {name: body["parameters"][name] for name in PARAMETERS[kind]} == PARAMETERS[kind]
    assert snapshot.tables or snapshot.measures


async def test_filters_and_zone_of_the_definition_are_added_to_what_was_saved() -> None:
    async with umami(account(kept("retention"))) as (source, server):
        await source.fetch(asking(filters={"country": "DE"}, timezone="America/New_York"))
    body = server.asked[-1].json
    assert body["filters"] == {"country": "DE"}
    assert body["parameters"]["timezone"] == "America/New_York"


async def test_a_saved_report_and_the_same_written_out_are_comparable_and_an_edit_is_another() -> None:
    async with umami(account(kept())) as (source, _):
        saved = (await source.fetch(asking())).snapshot
        written = (await source.fetch(question("goal"))).snapshot
    async with umami(account(kept(parameters={"type": "event", "value": "other"}))) as (source, _):
        edited = (await source.fetch(asking())).snapshot
    assert saved.fingerprint == written.fingerprint != edited.fingerprint


@pytest.mark.parametrize(
    ("found", "kind", "sentence"),
    [
        (None, SourceRefused, f"GET /reports/{{id}}: there is no saved report {REPORT}"),
        (
            kept("heatmap"),
            SourceRefused,
            "GET /reports/{id}: the saved report is of type 'heatmap', which cannot be run",
        ),
        (kept("goals"), SourceRefused, "GET /reports/{id}: the saved report is of type 'goals', which cannot be run"),
        (kept("funnel", parameters={"steps": []}), SourceRefused, "the saved funnel report has no steps, window"),
        (kept("funnel", parameters={"steps": ["x"], "window": 5}), SourceRefused, "steps that are not 2 to 8"),
        (kept("funnel", parameters={"steps": [1, 2], "window": 5}), SourceRefused, "the step '1'"),
        (kept("retention", parameters={"timezone": "Moon/Base"}), SourceRefused, "no time zone is called 'Moon/Base'"),
        (kept("goal", parameters=None), SourceShapeChanged, "parameters: expected an object, found null"),
        (kept("goal", websiteId=None), SourceShapeChanged, "websiteId: expected an id, found null"),
        ({}, SourceShapeChanged, "id: expected an id, found nothing"),
        ([], SourceShapeChanged, "body: expected an object, found a list"),
    ],
)
async def test_a_saved_report_that_cannot_be_run_says_why(found: Any, kind: type[Exception], sentence: str) -> None:
    async with umami(account(found)) as (source, _):
        with pytest.raises(kind) as error:
            await source.fetch(asking())
    assert sentence in str(error.value)


class Shelf:
    """The paths of saved reports with one report on them, as Umami answers."""

    def __init__(self) -> None:
        self.reports: dict[str, dict[str, Any]] = {REPORT: kept()}
        self.account = Account()

    def answer(self, asked: Asked) -> Said:
        path = asked.path.removeprefix("/api")
        if path == "/reports" and asked.method == "POST":
            return Said({**kept(), **asked.json, "id": "new"})
        if path == f"/reports/{REPORT}":
            return self.one(asked)
        return self.account.answer(asked)

    def one(self, asked: Asked) -> Said:
        if asked.method == "DELETE":
            gone = self.reports.pop(REPORT, None)
            return Said({"ok": True}) if gone else Said({"error": {"message": "Not found", "code": "not-found"}}, 404)
        if asked.method == "POST":
            self.reports[REPORT] |= asked.json
        return Said(self.reports[REPORT])


async def test_saved_reports_are_made_changed_and_deleted() -> None:
    fetch_cache = Shelf()
    async with scripted(fetch_cache.answer) as server:
        source = open_source({"base_url": server.url, "username": "digest", "password": "pw-9fInvented"}, clock=Clock())
        made = await source.catalog.create(SITE, "goal", "Signed up", {"type": "event", "value": "signup"})
        assert (made.id, made.name, made.type) == ("new", "Signed up", "goal")
        changed = await source.catalog.update(REPORT, name="Other")
        assert (changed.name, changed.parameters) == ("Other", PARAMETERS["goal"])
        assert server.asked[-1].json == {
            "websiteId": SITE,
            "type": "goal",
            "name": "Other",
            "description": "",
            "parameters": PARAMETERS["goal"],
        }
        await source.catalog.delete(REPORT)
        with pytest.raises(SourceRefused, match=r"^DELETE /reports/\{id\}: not found \(404\)$"):
            await source.catalog.delete(REPORT)
        await source.aclose()


async def test_a_write_whose_answer_got_lost_is_not_sent_again() -> None:
    lost = Account()
    lost.instead["/reports"] = lambda _: Said({"id": "x"}, cut=2)
    async with umami(lost) as (source, server):
        with pytest.raises(SourceUnavailable, match=r"^POST /reports: the answer broke off$"):
            await source.catalog.create(SITE, "goal", "n", {})
        assert len(server.to("/api/reports")) == 1


async def test_a_type_that_umami_does_not_save_is_refused_before_it_is_sent() -> None:
    async with umami(Account()) as (source, server):
        with pytest.raises(RequestError, match="umami saves no goals reports: write one of attribution"):
            await source.catalog.create(SITE, "goals", "n", {})
        with pytest.raises(SourceRefused, match="no report is named"):
            await source.catalog.delete(" ")
        assert server.asked == []


async def test_an_answer_that_does_not_say_deleted_is_not_taken_for_it() -> None:
    odd = Account()
    odd.instead[f"/reports/{REPORT}"] = lambda _: Said({"ok": False})
    async with umami(odd) as (source, _):
        with pytest.raises(SourceShapeChanged, match="ok: expected true, found false"):
            await source.catalog.delete(REPORT)


async def test_the_saved_funnels_own_number_is_minutes_without_a_word() -> None:
    async with umami(account(kept("funnel"))) as (source, _):
        snapshot = (await source.fetch(asking())).snapshot
    assert snapshot.notes == ()
    assert cells(snapshot, "stages", "2")["count"] == ANSWERS["funnel"][1]["visitors"]
