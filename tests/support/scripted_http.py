"""An HTTP server on a real loopback socket that answers as one test scripts it, and remembers what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; header names in lower case. `at` is the loop's time at its arrival."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Said:
    """`cut`: so many bytes of the body are sent and then the connection breaks. `after`: seconds until the first byte.
    `drip`: seconds between single bytes of the body.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    after: float = 0.0
    drip: float = 0.0

    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Script = Callable[[Asked], Said | Awaitable[Said]]


class Scripted:
    """`url` is where it listens; `asked` everything that came, in order."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self.url = ""
        self._serving: set[asyncio.Task[None]] = set()

    def to(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path == path]

    def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One task a connection, known to us, so that `end` can wait for it."""
        self._serving.add(asyncio.get_running_loop().create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (asked := await _request(reader)) is not None:
                self.asked.append(asked)
                said = self.script(asked)
                if not await _answer(writer, said if isinstance(said, Said) else await said):
                    return
        except ConnectionError:
            return  # the client left: a time-out under test
        finally:
            writer.close()

    async def end(self) -> None:
        for task in self._serving:
            task.cancel()
        results = await asyncio.gather(*self._serving, return_exceptions=True)
        faults = [r for r in results if isinstance(r, Exception)]
        assert not faults, f"the script itself failed: {faults}"


async def _request(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None  # the client is done with this connection
    lines = head.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    params = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Asked(method, parts.path, params, headers, body, asyncio.get_running_loop().time())


async def _answer(writer: asyncio.StreamWriter, said: Said) -> bool:
    """Whether the connection is still good for another request."""
    if said.after:
        await asyncio.sleep(said.after)
    content = said.content()
    headers = {"content-type": "application/json", "content-length": str(len(content)), **said.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {said.status} Scripted\r\n{lines}\r\n".encode("latin-1"))
    if said.drip:
        for position in range(len(content)):
            writer.write(content[position : position + 1])
            await writer.drain()
            await asyncio.sleep(said.drip)
    else:
        writer.write(content if said.cut is None else content[: said.cut])
    await writer.drain()
    return said.cut is None


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[Scripted]:
    """A server on an ephemeral port of the loopback, for the length of a test."""
    served = Scripted(script)
    server = await asyncio.start_server(served.take, "127.0.0.1", 0)
    served.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield served
    finally:
        server.close()
        await served.end()
        await server.wait_closed()
