"""The sandbox's answers, recorded at the first request and then replayed as bytes after a fixed latency.

The sandbox computes every answer anew, which costs more than reading it. On two processors it would limit every fast
client. python -m benchmarks.recorded DEALS; GET /latency/0.05 sets the latency in seconds.
"""

import asyncio
import sys
from datetime import UTC, datetime

import httpx

from benchmarks.ground import say
from benchmarks.stand_in import GENEROUS
from worker.sandbox.limits import Dialect
from worker.sandbox.pipeline import PipelineSimulation
from worker.sandbox.server import Sandbox

KEPT = frozenset({"content-type"})


class Recorder:
    """`origin`: the sandbox's address. Requests are distinguished by method and target, not by body."""

    def __init__(self, origin: str) -> None:
        self.latency = 0.0
        self._origin = origin
        self._answers: dict[tuple[str, str], bytes] = {}
        self._client = httpx.AsyncClient(timeout=30, trust_env=False)

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection until the client closes it."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                await self._exchange(head, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _exchange(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if target.startswith("/latency/"):
            self.latency = float(target.rpartition("/")[2])
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            return
        if (method, target) not in self._answers:
            self._answers[method, target] = await self._ask(method, target, headers, body)
        await asyncio.sleep(self.latency)
        writer.write(self._answers[method, target])
        await writer.drain()

    async def _ask(self, method: str, target: str, headers: dict[str, str], body: bytes) -> bytes:
        asked = {"authorization": headers.get("authorization", ""), "content-type": headers.get("content-type", "")}
        answer = await self._client.request(method, self._origin + target, headers=asked, content=body)
        kept = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items() if name in KEPT)
        head = f"HTTP/1.1 {answer.status_code} Recorded\r\n{kept}content-length: {len(answer.content)}\r\n\r\n"
        return head.encode("latin-1") + answer.content


async def serve(deals: int) -> None:
    async with Sandbox(pipeline=PipelineSimulation.big(deals, now=datetime.now(UTC))) as box:
        box.close.limit.set(GENEROUS, 1.0, Dialect.DOCUMENTED)
        recorder = Recorder(box.base_url)
        server = await asyncio.start_server(recorder.connection, "127.0.0.1", 0)
        base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        say({"close": base + box.close_url.removeprefix(box.base_url), "latency": base + "/latency/"})
        await asyncio.to_thread(sys.stdin.read)
        server.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
