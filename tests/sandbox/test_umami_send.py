"""A funnel is fed by what a website's script sends, as the real service takes it."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.sources.umami.test_on_sandbox import NOW, WEEK, question, standing
from worker.adapters.tls import tls_context
from worker.domain.snapshot.snapshot import Snapshot
from worker.sandbox.server import Sandbox
from worker.sandbox.umami_account import EMPTY, WEBSITE

CHROME = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"
DAY = WEEK.start + timedelta(hours=34)


async def send(box: Sandbox, kind: str = "event", agent: str = CHROME, **payload: Any) -> httpx.Response:
    async with httpx.AsyncClient(base_url=f"{box.umami_url}/api", verify=tls_context()) as client:
        given = {"website": EMPTY, "hostname": "shop.example", "url": "/", **payload}
        return await client.post("/send", json={"type": kind, "payload": given}, headers={"user-agent": agent})


async def visit(box: Sandbox, address: str, *steps: str, since: datetime = DAY) -> None:
    """A minute a step; a name with a `!` before it is an event."""
    for minute, step in enumerate(steps):
        what = {"url": "/pricing", "name": step[1:]} if step.startswith("!") else {"url": step}
        at = int((since + timedelta(minutes=minute)).timestamp())
        assert (await send(box, ip=address, timestamp=at, **what)).status_code == 200


def counts(snapshot: Snapshot) -> list[Any]:
    table = snapshot.tables[0]
    return [row.cells[table.index("count")] for row in table.rows]


async def test_a_funnel_counts_what_was_sent() -> None:
    async with standing() as (source, box):
        assert counts((await source.fetch(question("funnel", EMPTY))).snapshot) == [0, 0, 0]
        await visit(box, "10.0.0.1", "/", "/pricing", "!signup")
        await visit(box, "10.0.0.2", "/", "/pricing")
        await visit(box, "10.0.0.3", "/docs")
        asked = question("funnel", EMPTY, steps=["path:/", "path:/pricing", "event:signup"], window="60m")
        assert counts((await source.fetch(asked)).snapshot) == [2, 2, 1]


async def test_what_was_sent_is_in_every_report_of_its_website_alone() -> None:
    async with standing() as (source, box):
        before = (await source.fetch(question("stats"))).snapshot.measures
        at = int(DAY.timestamp())
        await send(box, url="/pricing?utm_source=letter", referrer="https://www.forum.example/x", timestamp=at)
        await send(box, url="/pricing", name="buy", data={"revenue": 12.5, "currency": "usd"}, timestamp=at + 60)
        stats = (await source.fetch(question("stats", EMPTY))).snapshot.measured()
        assert (stats["total", "pageviews"].value, stats["total", "visitors"].value) == (1, 1)
        revenue = (await source.fetch(question("revenue", EMPTY))).snapshot.measures
        assert 1250 in {one.value for one in revenue if one.currency == "USD"}
        utm = (await source.fetch(question("utm", EMPTY))).snapshot.tables
        assert any("letter" in (row.key, *row.cells) for table in utm for row in table.rows), utm
        assert (await source.fetch(question("stats"))).snapshot.measures == before


async def test_a_session_is_an_address_and_a_browser_for_a_month_and_a_visit_an_hour(box: Sandbox) -> None:
    at = int(NOW.timestamp())
    first = (await send(box, timestamp=at)).json()
    assert first.keys() == {"cache", "sessionId", "visitId"}
    assert (await send(box, timestamp=at)).json() == first
    later = (await send(box, timestamp=at - 7200)).json()
    assert (later["sessionId"], later["visitId"] == first["visitId"]) == (first["sessionId"], False)
    others = (
        await send(box, timestamp=at, ip="10.9.9.9"),
        await send(box, timestamp=at, agent=CHROME.replace("Chrome", "Firefox")),
        await send(box, timestamp=at - 86400 * 40),
    )
    assert first["sessionId"] not in {other.json()["sessionId"] for other in others}


@pytest.mark.parametrize("agent", ["python-httpx/0.28", "curl/8.1", "Googlebot/2.1"])
async def test_a_robot_is_answered_and_not_counted(box: Sandbox, agent: str) -> None:
    assert (await send(box, agent=agent)).json() == {"beep": "boop"}
    assert box.umami.sites[EMPTY].sent == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "Invalid option"),
        ({"type": "view", "payload": {}}, "Invalid option"),
        ({"type": "event"}, "expected object"),
        ({"type": "event", "payload": {}}, "Exactly one of website, link, or pixel must be provided"),
        ({"type": "event", "payload": {"website": "abc"}}, "Invalid UUID"),
        ({"type": "event", "payload": {"website": WEBSITE, "url": 7}}, "expected string"),
        ({"type": "event", "payload": {"website": WEBSITE.replace("7", "8")}}, "Website not found."),
    ],
)
async def test_what_the_service_refuses_is_refused(box: Sandbox, body: Any, words: str) -> None:
    async with httpx.AsyncClient(base_url=f"{box.umami_url}/api", verify=tls_context()) as client:
        refused = await client.post("/send", json=body, headers={"user-agent": CHROME})
    assert refused.status_code == 400
    assert words in refused.text


@pytest.mark.parametrize("kind", ["identify", "performance"])
async def test_other_types_are_taken_and_nothing_is_kept_of_them(box: Sandbox, kind: str) -> None:
    assert (await send(box, kind, id="somebody")).status_code == 200
    assert box.umami.sites[EMPTY].sent == []
