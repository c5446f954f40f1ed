"""The side of Slack in Socket Mode: it says where the socket is, sends envelopes, and takes answers at response_url.

https://docs.slack.dev/apis/events-api/using-socket-mode ; frames are those of RFC 6455.
"""

import asyncio
import base64
import hashlib
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from tests.support.patience import PATIENCE

TOKEN = "xapp-1-A0SANDBOX-1-secret"  # opens nothing but this stand-in
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


@dataclass
class SlackSocket:
    """`opened`: how often a socket was asked for, by token. `acked`: envelope ids. `answered`: by the last word of a
    response_url.
    """

    port: int = 0
    opened: list[str] = field(default_factory=list)
    acked: list[str] = field(default_factory=list)
    answered: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    links: list[asyncio.StreamWriter] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            start, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            path = start.split()[1]
            if "sec-websocket-key" in headers:
                await self._link(headers["sec-websocket-key"], reader, writer)
                return
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            said = self._answer(path, headers, body)
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(said)}\r\n"
            writer.write(f"{head}Connection: close\r\n\r\n".encode() + said)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the other side went away, which a test may want
        finally:
            writer.close()

    def _answer(self, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        if path.startswith("/api/apps.connections.open"):
            token = headers.get("authorization", "").removeprefix("Bearer ") or parse_qs(body.decode())["token"][0]
            self.opened.append(token)
            told = {"ok": True, "url": f"ws://127.0.0.1:{self.port}/link"} if token == TOKEN else {"ok": False}
            return json.dumps(told if told["ok"] else {**told, "error": "invalid_auth"}).encode()
        self.answered.setdefault(path.rpartition("/")[2], []).append(json.loads(body))
        self.changed.set()
        return b"ok"

    async def _link(self, key: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()  # noqa: S324  # the RFC's
        head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        writer.write(f"{head}Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
        self.links.append(writer)
        self.changed.set()
        self.send({"type": "hello", "num_connections": 1})
        while True:
            kind, body = await _frame(reader)
            if kind == TEXT:
                self.acked.append(json.loads(body)["envelope_id"])
                self.changed.set()
            elif kind == PING:
                writer.write(_framed(PONG, body))
            elif kind == CLOSE:
                return

    def send(self, message: Mapping[str, Any]) -> None:
        """Over the newest socket."""
        self.links[-1].write(_framed(TEXT, json.dumps(message).encode()))

    def cut(self) -> None:
        """The newest socket ends without a word."""
        self.links[-1].close()

    async def until(self, *, links: int = 0, acked: int = 0, answers: Mapping[str, int] | None = None) -> None:
        """Waits until there are so many, at least."""
        async with asyncio.timeout(PATIENCE):
            while (
                len(self.links) < links
                or len(self.acked) < acked
                or any(len(self.answered.get(name, [])) < n for name, n in (answers or {}).items())
            ):
                self.changed.clear()
                await self.changed.wait()


async def _frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, second = await reader.readexactly(2)
    length = second & 127
    if length > 125:
        length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
    mask = await reader.readexactly(4) if second & 128 else bytes(4)
    body = await reader.readexactly(length)
    return first & 15, bytes(byte ^ mask[at % 4] for at, byte in enumerate(body))


def _framed(kind: int, body: bytes) -> bytes:
    size = len(body)
    length = bytes([size]) if size < 126 else bytes([126]) + size.to_bytes(2, "big")
    return bytes([128 | kind]) + length + body


@asynccontextmanager
async def slack_socket() -> AsyncIterator[SlackSocket]:
    made = SlackSocket()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for link in made.links:
            link.close()


def envelope(kind: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": kind, "envelope_id": os.urandom(8).hex(), "payload": payload, "accepts_response_payload": True}
