"""A Slack on a real socket that does exactly what a test scripted: one HTTP answer after another, or a broken one."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Says:
    """One answer. `breaks`: "early" ends the connection when the request's head was read, "reset" once all of it was
    read, "half" in the middle of the answer's body. "hang" says nothing until the other side gives up, "deaf" does not
    even read the body, "late" answers when `release` is set.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    breaks: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ok(**more: Any) -> Says:
    return Says(json.dumps({"ok": True, **more}).encode())


def posted(channel: str = "C0123456789", ts: str = "1763370000.000100") -> Says:
    return ok(channel=channel, ts=ts, message={"text": "…"})


def error(code: str, status: int = 200, **more: Any) -> Says:
    return Says(json.dumps({"ok": False, "error": code, **more}).encode(), status)


class SlackServer:
    """`script` maps the last piece of a path to its answers in turn; a request without one is an error of the test."""

    def __init__(self) -> None:
        self.origin = ""
        self.script: dict[str, list[Says]] = {}
        self.asked: list[Asked] = []
        self.unscripted: list[str] = []
        self.hung = asyncio.Event()
        self.release = asyncio.Event()
        self.begun = 0  # requests whose first bytes came
        self.closing = asyncio.Event()

    def on(self, name: str, *answers: Says) -> None:
        self.script.setdefault(name, []).extend(answers)

    def of(self, name: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path.rsplit("/", 1)[-1] == name]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await _head(reader):
                self.begun += 1
                breaks = self._next(head).breaks
                if breaks == "deaf":
                    await self.closing.wait()
                if breaks in {"deaf", "early"}:
                    writer.transport.abort()
                    break
                asked = await _whole(head, reader)
                self.asked.append(asked)
                if not await self._answer(asked, writer):
                    break
        finally:
            writer.close()

    def _next(self, head: list[str]) -> Says:
        answers = self.script.get(urlsplit(head[0].split(" ")[1]).path.rsplit("/", 1)[-1])
        return answers[0] if answers else Says()

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection lives on."""
        answers = self.script.get(asked.path.rsplit("/", 1)[-1], [])
        if not answers:
            self.unscripted.append(f"{asked.method} {asked.path}")
            writer.write(b"HTTP/1.1 599 Unscripted\r\ncontent-length: 0\r\n\r\n")
            return True
        says = answers.pop(0)
        if says.breaks in {"hang", "late"}:
            self.hung.set()
            await (self.closing if says.breaks == "hang" else self.release).wait()
        if says.breaks in {"reset", "hang"}:
            return False
        head = "".join(f"{name}: {value}\r\n" for name, value in says.headers.items())
        writer.write(f"HTTP/1.1 {says.status} Said\r\n{head}content-length: {len(says.body)}\r\n\r\n".encode())
        writer.write(says.body[: len(says.body) // 2] if says.breaks == "half" else says.body)
        await writer.drain()
        return says.breaks != "half"


async def _head(reader: asyncio.StreamReader) -> list[str]:
    """Lines of the next request's head; none where the other side has closed the connection."""
    try:
        return (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.IncompleteReadError:
        return []


async def _whole(head: list[str], reader: asyncio.StreamReader) -> Asked:
    method, target, _version = head[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    return Asked(method, parts.path, dict(parse_qsl(parts.query)), headers, body)


@asynccontextmanager
async def slack_server() -> AsyncIterator[SlackServer]:
    """Serves on a free port of this machine until the block ends; fails the test over a request it did not expect."""
    handlers: set[asyncio.Task[None]] = set()
    slack = SlackServer()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handlers.add(task)
        await slack.serve(reader, writer)
        handlers.discard(task)

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    slack.origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield slack
    finally:
        server.close()
        slack.closing.set()
        for task in list(handlers):
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
    assert slack.unscripted == []
