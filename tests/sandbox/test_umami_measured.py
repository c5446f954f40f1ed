"""Where the stand-in once answered otherwise than a real Umami 3.1 on PostgreSQL: a wrong client would have passed."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.sandbox.test_umami import SPAN, body, login, run, web
from worker.adapters.tls import tls_context
from worker.sandbox.server import Sandbox
from worker.sandbox.umami_account import SEGMENT, WEBSITE
from worker.sandbox.umami_api import SITE_ROOT
from worker.sandbox.umami_origins import attribution
from worker.sandbox.umami_reports import funnel, goal, journey
from worker.sandbox.umami_scope import VisitScope
from worker.sandbox.umami_site import CUSTOM, VIEW, WebsiteEvent

__all__ = ["web"]
NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
FIELDS = dict.fromkeys(
    ("referrer", "utmSource", "utmMedium", "utmCampaign", "utmContent", "utmTerm", "event", "path", "os")
)


class ScriptedVisits:
    """A site of which every visit is written down: `first|second` by visit, an event with a `!` before it."""

    def __init__(self, *visits: str) -> None:
        self.hits = [
            hit(f"s{number}", position, name)
            for number, visit in enumerate(visits)
            for position, name in enumerate(visit.split("|"))
        ]

    def between(self, *_edges: Any) -> list[WebsiteEvent]:
        return sorted(self.hits, key=lambda each: each.at)


def hit(session: str, position: int, name: str) -> WebsiteEvent:
    """An event happens on /page. `name@google` came from there."""
    plain, _, origin = name.partition("@")
    event = plain[1:] if plain.startswith("!") else None
    fields = {**FIELDS, "path": "/page" if event else plain, "event": event, "referrer": origin or None}
    at = NOW.replace(minute=position)
    return WebsiteEvent(at, session, session, CUSTOM if event else VIEW, fields)


def scope(*visits: str) -> VisitScope:
    return VisitScope(ScriptedVisits(*visits), NOW, NOW, NOW, {})  # type: ignore[arg-type]  # only `between` is asked for


async def post(client: httpx.AsyncClient, kind: str, filters: dict[str, str] | None = None, **given: Any) -> Any:
    return await client.post(f"/reports/{kind}", json={**body(kind, **given), "filters": filters or {}})


@pytest.mark.parametrize(
    "name",
    ["os", "browser", "device", "language", "country", "region", "city", "distinctId", "referrer", "segment"],
)
async def test_performance_fails_under_a_filter_on_the_visitor(web: httpx.AsyncClient, name: str) -> None:
    answer = await post(web, "performance", {name: SEGMENT if name == "segment" else "x"})
    assert (answer.status_code, answer.content) == (500, b"")


@pytest.mark.parametrize("name", ["path", "title", "tag", "utmSource"])
async def test_performance_answers_under_a_filter_on_the_page(web: httpx.AsyncClient, name: str) -> None:
    assert (await post(web, "performance", {name: "x"})).status_code == 200


LAST = {"model": "last-click", "type": "event", "step": "buy"}


def test_the_last_click_is_the_last_one_before_the_conversion() -> None:
    found = attribution(scope("/@google.com|/docs@forum.example|!buy|/thanks@pay.example"), LAST)
    assert found["referrer"] == [{"name": "forum.example", "value": 1}]


def test_a_visit_that_begins_with_the_conversion_has_no_last_click_and_has_a_first() -> None:
    at_once = scope("/pricing@google.com|/docs@forum.example")
    given = {"type": "path", "step": "/pricing"}
    assert attribution(at_once, {**given, "model": "last-click"})["referrer"] == []
    assert attribution(at_once, {**given, "model": "first-click"})["referrer"] == [{"name": "google.com", "value": 1}]
    assert attribution(at_once, {**given, "model": "last-click"})["total"]["visitors"] == 1


def ways(*visits: str, **given: Any) -> dict[str, int]:
    rows = journey(scope(*visits), {"steps": 3, **given})
    return {"|".join(item for item in row["items"] if item): row["count"] for row in rows}


def test_a_way_begins_with_its_first_step_and_may_have_one_alone() -> None:
    visits = ("/|/docs|/pricing", "/docs|/|/pricing", "/")
    assert ways(*visits, startStep="/") == {"/|/docs|/pricing": 1, "/": 1}
    assert ways(*visits) == {"/|/docs|/pricing": 1, "/docs|/|/pricing": 1, "/": 1}


def test_a_way_ends_with_the_last_of_its_steps() -> None:
    visits = ("/|/pricing", "/|/pricing|/docs", "/|/docs|/a|/pricing", "/pricing")
    assert ways(*visits, endStep="/pricing") == {"/|/pricing": 1, "/pricing": 1}


def test_a_star_stands_for_anything_only_at_an_end() -> None:
    def reached(value: str) -> int:
        num: int = goal(scope("/docs/a/install"), {"type": "path", "value": value})["num"]
        return num

    assert [reached(value) for value in ("/docs/*", "*/install", "*a*")] == [1, 1, 1]
    assert reached("/docs/*/install") == 0


def test_a_path_step_of_a_funnel_counts_events_of_that_page_and_a_goal_does_not() -> None:
    steps = [{"type": "path", "value": "/page"}, {"type": "event", "value": "buy"}]
    visits = scope("!buy")
    assert [row["visitors"] for row in funnel(visits, {"steps": steps, "window": 60})] == [1, 1]
    assert goal(visits, {"type": "path", "value": "/page"})["num"] == 0


def test_a_funnel_gives_the_filters_of_a_step_back() -> None:
    own = [{"property": "plan", "operator": "eq", "value": "pro"}]
    steps = [{"type": "path", "value": "/"}, {"type": "event", "value": "buy", "filters": own}]
    rows = funnel(scope("/|!buy"), {"steps": steps, "window": 60})
    assert [row.get("filters") for row in rows] == [None, own]


async def test_breakdowns_are_of_views_alone(web: httpx.AsyncClient) -> None:
    assert {row["event"] for row in await run(web, "breakdown", fields=["event"])} == {None}


async def test_sessions_beside_revenue_are_those_of_everybody(web: httpx.AsyncClient) -> None:
    part = (await post(web, "revenue", {"os": "Mac OS"})).json()["total"]
    whole = (await run(web, "revenue"))["total"]
    assert part["count"] < whole["count"]
    assert part["total_sessions"] == whole["total_sessions"]


async def test_channels_have_words_of_their_own(web: httpx.AsyncClient) -> None:
    names = {row["name"] for row in (await run(web, "revenue"))["channel"]}
    assert names <= {"direct", "organicSearch", "paidAds", "email", "referral"}
    assert "direct" in names


async def test_a_summary_writes_zero_for_what_was_never_measured(web: httpx.AsyncClient) -> None:
    """For a path that nobody looked at."""
    found = (await post(web, "performance", {"path": "/nowhere"})).json()
    assert found["summary"]["inp"] == {"p50": 0, "p75": 0, "p95": 0}


@pytest.mark.parametrize("kind", ["retention", "revenue", "performance"])
async def test_a_date_without_a_zone_is_an_instant(web: httpx.AsyncClient, kind: str) -> None:
    given = body(kind)
    given["parameters"].pop("timezone")
    found = (await web.post(f"/reports/{kind}", json=given)).json()
    shown = found[0]["date"] if kind == "retention" else found["chart"][0]["t"]
    assert shown.endswith("T00:00:00Z")


async def test_small_letters_are_a_zone_and_null_is_1970(web: httpx.AsyncClient) -> None:
    assert (await post(web, "retention", timezone="utc")).status_code == 200
    assert (await post(web, "goal", startDate=None)).status_code == 200


@pytest.mark.parametrize(
    ("kind", "filters", "given"),
    [
        ("goal", {"match": "some"}, {}),
        ("goal", {"eventType": "x"}, {}),
        ("revenue", {}, {"compare": "x"}),
        (
            "funnel",
            {},
            {
                "steps": [
                    {"type": "path", "value": "/"},
                    {
                        "type": "event",
                        "value": "x",
                        "filters": [{"property": "plan", "operator": "zz", "value": "pro"}],
                    },
                ]
            },
        ),
    ],
)
async def test_what_the_service_refuses_is_refused(
    web: httpx.AsyncClient, kind: str, filters: dict[str, str], given: dict[str, Any]
) -> None:
    assert (await post(web, kind, filters, **given)).status_code == 400


async def test_lists_and_names_are_looked_at_too(web: httpx.AsyncClient) -> None:
    made = {"websiteId": WEBSITE, "type": "goal", "name": "x" * 201, "parameters": {}}
    assert (await web.post("/reports", json=made)).status_code == 400
    assert (await web.get("/reports", params={"websiteId": WEBSITE, "type": "goals"})).status_code == 400
    assert (await web.get(f"/websites/{WEBSITE}/segments")).status_code == 400
    assert (await web.get(f"/websites/{WEBSITE}/stats", params={**SPAN, "compare": "x"})).status_code == 400


@pytest.mark.parametrize("value", ["re.(", "nre.["])
async def test_a_broken_expression_is_an_empty_500(web: httpx.AsyncClient, value: str) -> None:
    assert (await post(web, "goal", {"path": value})).status_code == 500


async def test_expressions_choose(web: httpx.AsyncClient) -> None:
    some = (await post(web, "goal", {"path": "re.^/docs"})).json()["total"]
    others = (await post(web, "goal", {"path": "nre.^/docs"})).json()["total"]
    assert 0 < some < (await run(web, "goal"))["total"]
    assert others > 0


@pytest.mark.parametrize("value", ["t.co", "s.x.example", "gt.5"])
async def test_an_operator_that_text_does_not_have_is_an_empty_500(web: httpx.AsyncClient, value: str) -> None:
    assert (await post(web, "goal", {"referrer": value})).status_code == 500
    assert (await post(web, "goal", {"referrer": f"eq.{value}"})).status_code == 200


async def test_bounces_are_excluded_by_any_word(web: httpx.AsyncClient) -> None:
    async def visits(**params: str) -> int:
        found = await web.get(f"/websites/{WEBSITE}/stats", params={**SPAN, **params})
        return int(found.json()["visits"])

    assert await visits(excludeBounce="false") == await visits(excludeBounce="true") < await visits()


async def test_a_path_of_a_report_takes_no_get_and_an_id_must_be_one(web: httpx.AsyncClient) -> None:
    assert (await web.get("/reports/funnel")).status_code == 405
    await login(web, "admin")
    assert (await web.get("/websites/abc")).status_code == 500


async def test_what_a_team_and_a_segment_tell_of_themselves(web: httpx.AsyncClient) -> None:
    (team,) = (await web.get("/teams")).json()["data"]
    assert {"id", "name", "accessCode", "logoUrl", "createdAt", "updatedAt", "deletedAt", "members"} <= set(team)
    kept = await web.get(f"/websites/{WEBSITE}/segments", params={"type": "segment"})
    (segment,) = kept.json()["data"]
    assert set(segment) == {"id", "websiteId", "type", "name", "parameters", "createdAt", "updatedAt"}


async def test_me_repeats_the_token_alone(web: httpx.AsyncClient) -> None:
    token = web.headers["authorization"].removeprefix("Bearer ")
    assert (await web.get("/me")).json()["token"] == token


async def test_visitors_of_the_moment_and_metrics(web: httpx.AsyncClient) -> None:
    assert set((await web.get(f"/websites/{WEBSITE}/active")).json()) == {"visitors"}
    found = await web.get(f"/websites/{WEBSITE}/metrics", params={**SPAN, "type": "path"})
    counts = [row["y"] for row in found.json()]
    assert counts == sorted(counts, reverse=True)
    assert set(found.json()[0]) == {"x", "y"}
    assert (await web.get(f"/websites/{WEBSITE}/metrics", params={**SPAN, "type": "url"})).status_code == 400


async def test_the_front_page_is_a_page(box: Sandbox) -> None:
    async with httpx.AsyncClient(base_url=box.base_url, verify=tls_context()) as client:
        assert (await client.get(f"{SITE_ROOT}/")).status_code == 200
