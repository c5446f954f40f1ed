"""The stand-in answers as Umami 3.1 was measured to: order of checks, misleading refusals, ownership, reports."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from worker.adapters.tls import tls_context
from worker.sandbox.server import Sandbox
from worker.sandbox.umami_account import (
    API_KEY,
    EMPTY,
    FUNNEL,
    GOAL,
    OTHERS,
    PASSWORD,
    SEGMENT,
    TEAM,
    TEAM_SITE,
    WEBSITE,
)
from worker.sandbox.umami_api import CLOUD, ROOT

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
NOBODY = "99999999-9999-4999-8999-999999999999"
WEEK = {"startDate": "2026-11-09T00:00:00.000Z", "endDate": "2026-11-15T23:59:59.999Z"}
SPAN = {"startAt": "1794182400000", "endAt": "1794787199999"}
UNAUTHORIZED = {"error": {"message": "Unauthorized", "code": "unauthorized", "status": 401}}
PARAMETERS: dict[str, dict[str, Any]] = {
    "funnel": {
        "window": 60,
        "steps": [{"type": "path", "value": "/pricing"}, {"type": "event", "value": "signup"}],
    },
    "goal": {"type": "event", "value": "signup"},
    "journey": {"steps": 3},
    "retention": {"timezone": "UTC"},
    "revenue": {"currency": "USD", "timezone": "UTC"},
    "utm": {},
    "attribution": {"model": "first-click", "type": "path", "step": "/pricing"},
    "breakdown": {"fields": ["path"]},
    "performance": {"timezone": "UTC", "metric": "lcp"},
}


@pytest.fixture
async def web(box: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    """Logged in as the account that owns the websites."""
    async with httpx.AsyncClient(base_url=box.base_url + ROOT, verify=tls_context()) as client:
        await login(client, "digest")
        yield client


async def login(client: httpx.AsyncClient, username: str) -> None:
    answer = await client.post("/auth/login", json={"username": username, "password": PASSWORD})
    client.headers["authorization"] = f"Bearer {answer.json()['token']}"


def body(kind: str, website: str = WEBSITE, **parameters: Any) -> dict[str, Any]:
    given = {**PARAMETERS[kind], **WEEK, **parameters}
    return {"websiteId": website, "type": kind, "filters": {}, "parameters": given}


async def run(client: httpx.AsyncClient, kind: str, website: str = WEBSITE, **parameters: Any) -> Any:
    answer = await client.post(f"/reports/{kind}", json=body(kind, website, **parameters))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    return answer.json()


async def test_a_login_gives_a_token_and_a_wrong_one_says_which(web: httpx.AsyncClient) -> None:
    wrong = await web.post("/auth/login", json={"username": "digest", "password": "x"})
    assert wrong.status_code == 401
    assert wrong.json()["error"]["code"] == "incorrect-username-password"
    incomplete = await web.post("/auth/login", json={"username": "digest"})
    assert incomplete.status_code == 400
    assert list(incomplete.json()["error"]["properties"]) == ["password"]
    assert (await web.post("/auth/verify")).json()["username"] == "digest"
    assert (await web.get("/me")).json()["user"]["username"] == "digest"
    assert (await web.get("/heartbeat")).json() == {"ok": True}


async def test_a_bad_body_is_said_before_anybody_asks_who_it_is(web: httpx.AsyncClient) -> None:
    del web.headers["authorization"]
    assert (await web.post("/reports/funnel", json={})).status_code == 400
    refused = await web.post("/reports/funnel", json=body("funnel"))
    assert (refused.status_code, refused.json()) == (401, UNAUTHORIZED)
    web.headers["authorization"] = "Bearer not-a-token"
    assert (await web.get("/websites")).json() == UNAUTHORIZED
    web.headers["x-umami-api-key"] = API_KEY
    assert (await web.get("/websites")).status_code == 401


async def test_a_website_of_somebody_else_is_as_unauthorised_as_a_bad_token(web: httpx.AsyncClient) -> None:
    for website in (OTHERS, NOBODY):
        assert (await web.post("/reports/goal", json=body("goal", website))).json() == UNAUTHORIZED
        assert (await web.get(f"/websites/{website}")).status_code == 401
        assert (await web.get(f"/websites/{website}/stats", params=SPAN)).status_code == 401
        assert (await web.get("/reports", params={"websiteId": website})).status_code == 401


async def test_an_administrator_is_told_nothing_of_what_does_not_exist(web: httpx.AsyncClient) -> None:
    await login(web, "admin")
    assert (await web.get(f"/websites/{NOBODY}")).json() is None
    assert (await web.get(f"/reports/{NOBODY}")).json() is None
    assert await run(web, "goal", NOBODY) == {"num": 0, "total": 0}
    assert (await run(web, "goal", OTHERS))["total"] > 0


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"filters": None}, {"filters": "Invalid input: expected object, received undefined"}),
        ({"websiteId": "7"}, {"websiteId": "Invalid UUID"}),
        ({"type": "goals"}, {"type": 'Invalid option: expected one of "attribution"|"breakdown"'}),
        ({"filters": {"country": ["US"]}}, {"filters.country": "Invalid input: expected string, received array"}),
        ({"startDate": "soon"}, {"parameters.startDate": "Invalid input: expected date, received Date"}),
        ({"steps": []}, {"parameters.steps": "Too small: expected array to have >=2 items"}),
        ({"window": 0}, {"parameters.window": "Too small: expected number to be >=1"}),
        ({"window": "soon"}, {"parameters.window": "Invalid input: expected number, received string"}),
        ({"steps": "path:/"}, {"parameters.steps": "Invalid input: expected array, received string"}),
        ({"steps": [{"type": "path", "value": "/"}, {"type": "url"}]}, {"parameters.steps.1.type": "Invalid option"}),
    ],
)
async def test_what_is_wrong_is_told_by_its_place(
    web: httpx.AsyncClient, change: dict[str, Any], place: dict[str, str]
) -> None:
    asked = body("funnel")
    for name, value in change.items():
        (asked if name in asked else asked["parameters"])[name] = value
    answer = await web.post("/reports/funnel", json=asked)
    assert answer.status_code == 400
    node = answer.json()["error"]
    assert (node["code"], node["status"], node["errors"]) == ("bad-request", 400, [])
    ((path, words),) = place.items()
    for step in path.split("."):
        node = node["items"][int(step)] if step.isdecimal() else node["properties"][step]
    assert node["errors"][0].startswith(words)


async def test_an_unknown_type_of_report_is_taken_for_a_saved_one(web: httpx.AsyncClient) -> None:
    for name, kind in (("goals", "goal"), ("utmFilters", "utm"), ("heatmap", "goal")):
        answer = await web.post(f"/reports/{name}", json=body(kind))
        assert answer.status_code == 400
        assert list(answer.json()["error"]["properties"]) == ["name"]
    named = await web.post("/reports/goals", json={**body("goal"), "name": "x"})
    assert (named.status_code, named.content) == (500, b"")


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("GET", "/reports/goals", None),
        ("GET", f"/reports/{NOBODY}", None),
        ("POST", "/reports/breakdown", body("breakdown", fields=[])),
        ("POST", "/reports/funnel", body("goal")),
        ("POST", "/reports/utm", {**body("utm"), "filters": {"segment": NOBODY}}),
        ("GET", f"/websites/{WEBSITE}/stats?startDate=2026-11-01&endDate=2026-11-02", None),
    ],
)
async def test_what_the_service_did_not_foresee_is_an_empty_500(
    web: httpx.AsyncClient, method: str, path: str, sent: Any
) -> None:
    answer = await web.request(method, path, json=sent)
    assert (answer.status_code, answer.content) == (500, b"")
    assert "content-type" not in answer.headers


async def test_paths_methods_and_slashes_that_are_not_there(web: httpx.AsyncClient) -> None:
    page = await web.get("/nope")
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert page.content.startswith(b"<!DOCTYPE html>")
    wrong = await web.put("/websites")
    assert (wrong.status_code, wrong.content) == (405, b"")
    moved = await web.post("/reports/funnel/", json=body("funnel"))
    assert (moved.status_code, moved.headers["location"]) == (308, f"{ROOT}/reports/funnel")


async def test_the_cloud_has_its_own_key_limit_and_word_for_an_unknown_path(box: Sandbox) -> None:
    headers = {"x-umami-api-key": API_KEY}
    async with httpx.AsyncClient(base_url=box.base_url + CLOUD, headers=headers, verify=tls_context()) as cloud:
        assert (await cloud.get(f"/websites/{WEBSITE}")).json()["id"] == WEBSITE
        unknown = await cloud.get("/reports/extra/nope")
        assert (unknown.status_code, unknown.json()) == (404, {"error": "Not Found: reports/extra/nope"})
        assert {(await cloud.get("/websites")).status_code for _ in range(49)} == {200}
        late = await cloud.get("/websites")
        assert (late.status_code, late.json()) == (429, {"error": "Too many requests"})
        box.umami.limit.set(50, 15.0)
        cloud.headers["x-umami-api-key"] = "other"
        assert (await cloud.get("/websites")).json() == UNAUTHORIZED


async def test_pages_are_counted_from_one_and_past_the_last_there_is_nothing(web: httpx.AsyncClient) -> None:
    first = (await web.get("/websites", params={"pageSize": "1"})).json()
    assert ([site["id"] for site in first["data"]], first["count"], first["page"]) == ([EMPTY], 2, 1)
    past = (await web.get("/websites", params={"page": "9"})).json()
    assert (past["data"], past["count"]) == ([], 2)
    assert (await web.get("/websites", params={"page": "0"})).status_code == 400
    assert [team["id"] for team in (await web.get("/teams")).json()["data"]] == [TEAM]
    assert [s["id"] for s in (await web.get(f"/teams/{TEAM}/websites")).json()["data"]] == [TEAM_SITE]
    kept = (await web.get(f"/websites/{WEBSITE}/segments", params={"type": "segment"})).json()
    assert [segment["id"] for segment in kept["data"]] == [SEGMENT]


async def test_saved_reports_are_kept_changed_and_deleted(web: httpx.AsyncClient) -> None:
    listed = (await web.get("/reports", params={"websiteId": WEBSITE})).json()
    assert {report["id"] for report in listed["data"]} == {FUNNEL, GOAL}
    goals = await web.get(f"/websites/{WEBSITE}/reports", params={"type": "goal"})
    assert [report["id"] for report in goals.json()["data"]] == [GOAL]
    assert (await web.get("/reports")).status_code == 400
    made = {"websiteId": WEBSITE, "type": "goal", "name": "New", "parameters": {"anything": 1}}
    kept = (await web.post("/reports", json=made)).json()
    assert (kept["name"], kept["description"], kept["parameters"]) == ("New", "", {"anything": 1})
    assert (await web.post(f"/reports/{kept['id']}", json={**made, "name": "Other"})).json()["name"] == "Other"
    assert (await web.post(f"/reports/{kept['id']}", json={"name": "Half"})).status_code == 400
    assert (await web.get(f"/reports/{kept['id']}")).json()["name"] == "Other"
    assert (await web.delete(f"/reports/{kept['id']}")).json() == {"ok": True}
    gone = await web.delete(f"/reports/{kept['id']}")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "not-found")
    assert (await web.post(f"/reports/{NOBODY}", json=made)).status_code == 404
    assert (await web.post("/reports", json={**made, "websiteId": OTHERS})).status_code == 401


@pytest.mark.parametrize("kind", PARAMETERS)
async def test_an_empty_website_has_every_report_with_nothing_in_it(web: httpx.AsyncClient, kind: str) -> None:
    found = await run(web, kind, EMPTY)
    if kind == "funnel":
        assert [(row["visitors"], row["dropoff"], row["remaining"]) for row in found] == [(0, None, None)] * 2
    elif kind == "revenue":
        assert found["total"]["sum"] is None
        assert (found["chart"], found["total"]["average"]) == ([], 0)
    else:
        assert not any(found.values() if kind == "utm" else found if isinstance(found, list) else [])


async def test_reports_agree_with_each_other(web: httpx.AsyncClient) -> None:
    stats = (await web.get(f"/websites/{WEBSITE}/stats", params=SPAN)).json()
    by_path = await run(web, "breakdown", fields=["path"])
    by_country = await run(web, "breakdown", fields=["country"])
    assert stats["visitors"] > 100
    assert sum(int(row["views"]) for row in by_path) == stats["pageviews"]
    assert sum(row["visitors"] for row in by_country) == stats["visitors"]
    assert sum(int(row["totaltime"]) for row in by_country) == stats["totaltime"]
    assert all(isinstance(row["views"], str) and isinstance(row["visits"], int) for row in by_path)
    goal = await run(web, "goal")
    assert goal["total"] == stats["visitors"] > goal["num"] > 0
    views = (await web.get(f"/websites/{WEBSITE}/pageviews", params=SPAN)).json()
    assert sum(day["y"] for day in views["pageviews"]) >= stats["pageviews"]


async def test_a_funnel_only_ever_loses_and_a_longer_pause_lets_more_through(web: httpx.AsyncClient) -> None:
    steps = [{"type": "path", "value": "/"}, {"type": "path", "value": "/pri*"}, {"type": "event", "value": "signup"}]
    told = {window: await run(web, "funnel", steps=steps, window=window) for window in (1, 60, 100_000)}
    for rows in told.values():
        visitors = [row["visitors"] for row in rows]
        assert visitors == sorted(visitors, reverse=True)
        assert [row["previous"] for row in rows] == [0, *visitors[:-1]]
        assert (rows[0]["dropoff"], rows[0]["remaining"]) == (None, 1.0)
    last = [rows[-1]["visitors"] for rows in told.values()]
    assert last == sorted(last)
    assert last[0] < last[-1]


async def test_one_way_comes_in_rows_with_one_null_and_with_two(web: httpx.AsyncClient) -> None:
    rows = await run(web, "journey", startStep="/", endStep="/pricing")
    ends = [[item for item in row["items"] if item is None] for row in rows if row["items"][:2] == ["/", "/pricing"]]
    assert sorted(map(len, ends)) == [1, 2]
    assert all(row["items"][0] == "/" for row in rows)
    assert [row["count"] for row in rows] == sorted((row["count"] for row in rows), reverse=True)


async def test_retention_begins_with_everybody_and_leaves_silent_days_out(web: httpx.AsyncClient) -> None:
    rows = await run(web, "retention", timezone="Asia/Tokyo")
    first = [row for row in rows if row["day"] == 0]
    assert {row["percentage"] for row in first} == {100.0}
    assert [row["date"] for row in first] == [f"2026-11-{day:02} 00:00:00" for day in range(9, 17)]
    assert len(rows) < sum(range(1, 9))


async def test_revenue_adds_up_and_its_sums_are_text(web: httpx.AsyncClient) -> None:
    found = await run(web, "revenue")
    whole = Decimal(found["total"]["sum"])
    assert whole > 0
    for name in ("country", "region", "referrer", "channel"):
        assert sum(Decimal(row["value"]) for row in found[name]) == whole
    assert sum(Decimal(row["y"]) for row in found["chart"]) == whole
    assert sum(row["count"] for row in found["chart"]) == found["total"]["count"]
    assert (await run(web, "revenue", currency="usd"))["total"]["sum"] is None
    assert (await run(web, "revenue", unit="month"))["chart"][0]["t"] == "2026-11-01 00:00:00"


async def test_attribution_knows_first_from_last(web: httpx.AsyncClient) -> None:
    first = await run(web, "attribution")
    last = await run(web, "attribution", model="last-click")
    assert first["total"] == last["total"]
    assert first["referrer"] != last["referrer"]
    assert {row["name"] for row in first["paidAds"]} <= {"Google Ads", "Facebook / Meta"}


async def test_filters_narrow_and_unknown_ones_are_dropped_in_silence(web: httpx.AsyncClient) -> None:
    async def total(**filters: str) -> int:
        asked = {**body("goal"), "filters": filters}
        return int((await web.post("/reports/goal", json=asked)).json()["total"])

    everybody = await total()
    assert await total(country="DE") + await total(country="US,JP") == everybody
    assert await total(country="neq.DE") == await total(country="US,JP")
    assert 0 < await total(path="c.pricing") < everybody
    assert await total(country="") == 0
    assert await total(url="/nowhere") == everybody


async def test_visitors_send_what_they_like(web: httpx.AsyncClient) -> None:
    month = {"startDate": "2026-10-01T00:00:00Z", "endDate": "2026-11-18T00:00:00Z"}
    paths = {row["path"] for row in await run(web, "breakdown", fields=["path"], **month)}
    events = {row["items"][0] for row in await run(web, "journey", steps=7, eventType=2, **month)}
    assert {"/search?q=<script>alert(1)</script>", "/docs/価格"} <= paths
    assert "{{7*7}} <!channel>" in events
    assert any(row["utm"] == "<!channel>" for row in (await run(web, "utm"))["utm_source"])


async def test_what_has_not_happened_yet_is_not_told_and_what_has_stays(web: httpx.AsyncClient, box: Sandbox) -> None:
    later = {"startDate": "2026-11-18T00:00:00Z", "endDate": "2026-11-30T00:00:00Z"}
    today = (await run(web, "goal", **later))["total"]
    week = await run(web, "goal")
    box.umami._now = lambda: NOW + timedelta(days=3)
    assert (await run(web, "goal", **later))["total"] > today > 0
    assert await run(web, "goal") == week


async def test_a_website_that_was_reset_has_no_past(web: httpx.AsyncClient, box: Sandbox) -> None:
    before = (await run(web, "goal"))["total"]
    box.umami.state.websites[WEBSITE].reset_at = "2026-11-13T00:00:00.000Z"
    assert 0 < (await run(web, "goal"))["total"] < before


async def test_performance_tells_percentiles_of_what_was_measured(web: httpx.AsyncClient) -> None:
    found = await run(web, "performance")
    lcp = found["summary"]["lcp"]
    assert lcp["p50"] <= lcp["p75"] <= lcp["p95"]
    assert sum(row["count"] for row in found["pages"]) == found["summary"]["count"]
    assert [row["t"] for row in found["chart"]] == [f"2026-11-{day:02} 00:00:00" for day in range(9, 16)]


async def test_other_bodies_are_refused_by_their_place_too(web: httpx.AsyncClient) -> None:
    zone = await web.post("/reports/retention", json=body("retention", timezone="Moon/Base"))
    assert zone.json()["error"]["properties"]["parameters"]["properties"]["timezone"]["errors"] == ["Invalid timezone"]
    field = await web.post("/reports/breakdown", json=body("breakdown", fields=["os", "url"]))
    items = field.json()["error"]["properties"]["parameters"]["properties"]["fields"]["items"]
    assert items[0] is None
    assert items[1]["errors"][0].startswith('Invalid option: expected one of "path"|"referrer"')
    for content in (b"", b"[1]", b"{"):
        assert (await web.post("/reports/utm", content=content)).status_code == 400
    missing = await web.get(f"/websites/{WEBSITE}/stats")
    assert missing.json()["error"]["errors"] == ["You must provide either startAt & endAt or startDate & endDate."]
    assert (await web.post("/reports", json={"name": "x"})).status_code == 400


async def test_a_range_that_is_turned_round_holds_nothing(web: httpx.AsyncClient) -> None:
    turned = {"startDate": WEEK["endDate"], "endDate": WEEK["startDate"]}
    assert await run(web, "goal", **turned) == {"num": 0, "total": 0}
