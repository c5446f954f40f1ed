"""The whole site over real sockets: which parts are there, who is told to wait, and what a hostile client may hold."""

import asyncio
import json
import resource
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import cast

import httpx
import pytest
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from tests.web.api.served import ServedApi, served_api
from worker.adapters.event_log import configure
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.signed_links import SignedLinks
from worker.domain.access import TokenScope
from worker.domain.delivery import Reader
from worker.domain.links import Link, Purpose
from worker.entry.draft import checked_draft
from worker.errors import LedgerUnavailable
from worker.ports import ClockLedger
from worker.web import connection, limits
from worker.web.limits import AT_ONCE, LONGEST_BODY, Limits
from worker.web.request_ids import RequestIds
from worker.web.site import SiteUses, site

HEAD = b"POST /api/v1/forget HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture
async def served(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[ServedApi]:
    async with served_api(empty_redis, tmp_path / "project") as made:
        yield made


def at_root(served: ServedApi, path: str) -> str:
    return str(served.client.base_url.join("/")).rstrip("/") + path


async def test_every_part_answers_at_its_own_path(served: ServedApi) -> None:
    assert (await served.client.get(at_root(served, "/health"))).text == "ok\n"
    assert (await served.get("/schedules")).status_code == 200
    link = await served.client.get(at_root(served, "/u/nonsense"))
    assert (link.status_code, link.headers["content-type"]) == (404, "text/html; charset=utf-8")
    door = await served.client.get(at_root(served, "/console"))
    assert (door.status_code, door.headers["location"]) == (307, "/console/")
    assert (await served.client.get(at_root(served, "/console/"))).status_code == 401
    begin = await served.client.get(at_root(served, "/"))
    assert (begin.status_code, begin.headers["location"]) == (307, "/console/")
    for path in ("/api", "/api/v1", "/api/v2/runs", "//evil.example/%2e%2e"):
        answer = await served.client.get(at_root(served, path))
        assert (answer.status_code, "location" in answer.headers) == (404, False), path


async def test_ready_says_what_is_missing(served: ServedApi) -> None:
    answer = await served.client.get(at_root(served, "/ready"))
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    levels = {one["what"]: one["level"] for one in answer.json()["findings"]}
    assert levels == {"redis": "ok", "deployment": "ok", "clocks": "warn", "workers": "warn"}
    for kind in ("clock", "worker"):
        await served.project.services.heartbeats.say_alive(kind, "here", 1)
    assert (await served.client.get(at_root(served, "/ready"))).json()["ready"] is True


class NoRedis:
    async def now(self) -> datetime:
        raise LedgerUnavailable("Redis does not answer")


async def test_without_redis_the_process_is_healthy_and_not_ready(served: ServedApi) -> None:
    there = served.project.services
    app = site(SiteUses(replace(there, clock=cast("ClockLedger", NoRedis())), "acme", checked_draft), ("api",))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        assert (await client.get("/health")).status_code == 200
        answer = await client.get("/ready")
        assert (answer.status_code, [one["what"] for one in answer.json()["findings"]]) == (503, ["redis"])
        assert (await client.get("/u/nonsense")).status_code == 404, "a part that was not asked for"
        assert (await client.get("/")).status_code == 404, "without the console there is nowhere to go"


class Waiting:
    """Answers nobody before `go`."""

    def __init__(self) -> None:
        self.count, self.go = 0, asyncio.Event()

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.count += 1
        await self.go.wait()
        await PlainTextResponse("done")(scope, receive, send)


async def test_more_requests_than_are_answered_at_once_are_told_to_come_again() -> None:
    waiting = Waiting()
    transport = httpx.ASGITransport(Limits(waiting.answer))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        going = [asyncio.create_task(client.get("/api/v1/runs")) for _ in range(AT_ONCE)]
        while waiting.count < AT_ONCE:  # noqa: ASYNC110  # an application tells nobody who is in it
            await asyncio.sleep(0)
        refused = await client.get("/api/v1/runs")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        stream = asyncio.create_task(client.get("/api/v1/events"))
        waiting.go.set()
        answers = await asyncio.gather(stream, *going)
        assert {answer.status_code for answer in answers} == {200}, "streams are counted by themselves"


async def test_a_body_that_says_it_is_too_long_is_refused_at_once(served: ServedApi) -> None:
    answer = await asyncio.wait_for(_first(served, HEAD + b"Content-Length: 10000000\r\n\r\n"), 5)
    assert b" 413 " in answer.splitlines()[0]
    assert b"application/problem+json" in answer


async def closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def _first(served: ServedApi, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.client.base_url.port)
    writer.write(sent)
    answer = await reader.readuntil(b"}")
    await closed(writer)
    return answer


async def test_ten_megabytes_that_nobody_announced_are_refused_and_not_held(served: ServedApi) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 100_000

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = await served.ask(
        "POST", "/forget", content=pieces(), headers={"Content-Type": "application/json"}, timeout=30
    )
    assert (answer.status_code, answer.json()["reason"]) == (413, "too_large")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 * 1024
    assert (await served.post("/forget", {"what": "x" * LONGEST_BODY})).status_code == 413
    assert (await served.post("/forget", {"what": "x" * (LONGEST_BODY // 2)})).status_code == 422


@pytest.mark.parametrize("before", [b"", b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"])
@pytest.mark.parametrize("sent", [b"", b"GET /heal"])
async def test_a_client_that_never_ends_its_head_is_cut_off(
    served: ServedApi, monkeypatch: pytest.MonkeyPatch, before: bytes, sent: bytes
) -> None:
    monkeypatch.setattr(connection, "HEAD_TIME", 0.3)
    monkeypatch.setattr(served.config, "timeout_keep_alive", 0.3)
    reader, writer = await asyncio.open_connection("127.0.0.1", served.client.base_url.port)
    if before:
        writer.write(before)
        assert (await reader.readuntil(b"ok\n")).startswith(b"HTTP/1.1 200 OK")
    writer.write(sent)
    with suppress(ConnectionResetError):
        assert await asyncio.wait_for(reader.read(), 10) == b""
    await closed(writer)


async def test_an_answer_that_nobody_takes_is_dropped(served: ServedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "STALL_TIME", 0.3)
    _reader, writer = await asyncio.open_connection("127.0.0.1", served.client.base_url.port)
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's has it
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(_ask_on(writer), 60)
    await closed(writer)


async def _ask_on(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
        await writer.drain()
        await asyncio.sleep(0.01)


async def test_a_body_that_comes_too_slowly_is_given_up(served: ServedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_TIME", 0.3)
    authorized = b"Authorization: Bearer " + served.tokens[TokenScope.MANAGE].encode() + b"\r\n"
    answer = await asyncio.wait_for(_first(served, HEAD + authorized + b"Content-Length: 50\r\n\r\n{"), 10)
    assert b" 408 " in answer.splitlines()[0]


async def test_a_thousand_connections_that_wait_keep_nobody_out(served: ServedApi) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY else 8192, hard))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    opened = [await asyncio.open_connection("127.0.0.1", served.client.base_url.port) for _ in range(1000)]
    try:
        for _, writer in opened:
            writer.write(b"GET /api/v1/runs HTTP/1.1\r\nX-Long: " + b"x" * 2000)
        run = await served.post("/schedules/week/trigger")
        assert run.status_code == 202
        listed = (await served.get("/runs")).json()["items"]
        assert [one["key"] for one in listed] == [run.json()["key"]]
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 128 * 1024
    finally:
        await asyncio.gather(*(closed(writer) for _, writer in opened))
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Broken:
    """A clock with an internal error, or without Redis."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def now(self) -> datetime:
        raise self.error


LINKS = SignedLinks(("k" * 40,), "acme")


def broken(served: ServedApi, error: Exception) -> httpx.AsyncClient:
    uses = replace(served.project.services, clock=cast("ClockLedger", Broken(error)), links=LINKS)
    transport = httpx.ASGITransport(site(SiteUses(uses, "acme", checked_draft)))
    token = {"Authorization": f"Bearer {served.tokens[TokenScope.MANAGE]}"}
    return httpx.AsyncClient(transport=transport, base_url="http://x", headers=token)


def logged(text: str, event: str) -> dict[str, str]:
    [line] = [line for line in text.splitlines() if f'"{event}"' in line]
    found: dict[str, str] = json.loads(line)
    return found


async def test_an_internal_error_is_logged_with_its_traceback_under_the_id_that_the_answer_names(
    served: ServedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    """The answer does not say what it was."""
    configure("error")
    async with broken(served, ZeroDivisionError("a fault of ours")) as client:
        entry = {"entry": {"channel": "mail", "address": "sales@acme.example"}}
        answer = await client.post("/api/v1/schedules/week/subscriptions", json=entry)
    line = logged(capsys.readouterr().err, "request_failed")
    assert (answer.status_code, answer.json()["reason"]) == (500, "fault")
    assert answer.json()["request"] == answer.headers["x-request-id"] == line["request"] != ""
    assert "a fault of ours" not in answer.text
    assert (line["kind"], line["path"]) == ("ZeroDivisionError", "/api/v1/schedules/week/subscriptions")
    assert f'File "{__file__}"' in line["exception"]
    assert "ZeroDivisionError: a fault of ours" in line["exception"]


async def test_an_outage_of_redis_during_a_request_leaves_a_line_as_well(
    served: ServedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("error")
    async with broken(served, LedgerUnavailable("Redis did not answer in time")) as client:
        answer = await client.get("/api/v1/subscriptions")
    line = logged(capsys.readouterr().err, "request_failed")
    assert (answer.status_code, answer.json()["reason"]) == (503, "ledger_unavailable")
    assert answer.json()["request"] == line["request"]
    assert (line["kind"], line["sentence"]) == ("LedgerUnavailable", "Redis did not answer in time")


@pytest.mark.parametrize(("error", "status"), [(ZeroDivisionError("ours"), 500), (LedgerUnavailable("Redis"), 503)])
async def test_a_page_that_fails_names_its_id_and_the_log_does_not_name_the_link(
    served: ServedApi, capsys: pytest.CaptureFixture[str], error: Exception, status: int
) -> None:
    configure("error")
    token = LINKS.sign(Link(Purpose.PREFERENCES, Reader("week", "team", "sales@acme.example")), LINKS.key_id)
    async with broken(served, error) as client:
        answer = await client.get(f"/p/{token}")
        page = await client.post("/console/sign-in", data={"token": served.tokens[TokenScope.MANAGE]})
    seen = capsys.readouterr().err
    assert answer.status_code == page.status_code == status
    for one in (answer, page):
        assert one.headers["x-request-id"] in one.text
        assert one.headers["x-request-id"] in seen
    assert token not in seen
    assert r"/p/\u2026" in seen


async def test_every_answer_has_an_id_of_its_own(served: ServedApi) -> None:
    answers = [await served.client.get(at_root(served, path)) for path in ("/health", "/u/x", "/console/", "/nothing")]
    assert len({one.headers["x-request-id"] for one in answers}) == len(answers)


async def test_a_client_that_goes_away_is_no_fault(served: ServedApi, capsys: pytest.CaptureFixture[str]) -> None:
    configure("error")

    async def gone(_scope: Scope, receive: Receive, _send: Send) -> None:
        raise ClientDisconnect

    async with httpx.AsyncClient(transport=httpx.ASGITransport(RequestIds(gone)), base_url="http://x") as client:
        with pytest.raises(AssertionError):  # the transport wants an answer
            await client.get("/")
    assert "request_failed" not in capsys.readouterr().err
