"""Events for pages that show their newest state by themselves."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

import httpx

from tests.web.console.served import ServedConsole, forms
from worker.domain.access import TokenScope


async def facts(answer: httpx.Response) -> AsyncGenerator[tuple[str, dict[str, str]], None]:
    """(id, data) of each event."""
    name = ""
    async for line in answer.aiter_lines():
        if line.startswith("id:"):
            name = line[3:].strip()
        if line.startswith("data:"):
            yield name, json.loads(line[5:])


async def first(client: httpx.AsyncClient, path: str, cause: object, headers: dict[str, str] | None = None) -> str:
    """The id of the first event after `cause` has happened."""
    async with client.stream("GET", path, headers=headers or {}, timeout=30) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        if cause is not None:
            await cause()  # type: ignore[operator]
        async with aclosing(facts(answer)) as found:
            async for name, data in found:
                assert set(data) == {"event", "run"}
                assert data["run"].startswith("week@")
                return name
    raise AssertionError("no event came")


async def test_a_page_is_told_that_something_happened_and_not_what(served: ServedConsole) -> None:
    client = await served.signed_in(TokenScope.READ)
    last = await asyncio.wait_for(first(client, "/console/events", served.project.run), 30)
    run = str((await served.project.services.lookups.runs(None, 1))[0].key)
    await served.project.services.event_stream.newest()
    await served.project.run()
    again = await asyncio.wait_for(first(client, "/console/events", None, {"Last-Event-ID": last}), 30)
    assert again > last
    path = str(httpx.URL("/console/events", params={"run": run}))
    assert (await client.get("/console/events?run=nothing")).status_code == 404
    assert "events?run=" in (await client.get(f"/console/run/{run}")).text
    assert path.startswith("/console/events?run=week")


async def test_only_who_may_read_follows(served: ServedConsole) -> None:
    assert (await served.browser().get("/console/events")).status_code == 401
    assert (await (await served.signed_in(TokenScope.TRIGGER)).get("/console/events")).status_code == 401


async def test_looking_for_news_does_not_take_a_sentence_from_the_next_page(served: ServedConsole) -> None:
    client = await served.signed_in()
    form = forms((await client.get("/console/schedule/week")).text)["/console/acts/pause"]
    await client.post("/console/acts/pause", data={**form, "days": "1"})
    quiet = await client.get("/console/schedule/week", headers={"X-Funnelbeat-Live": "1"})
    assert 'role="status"' not in quiet.text
    assert 'role="status"' in (await client.get("/console/schedule/week")).text
