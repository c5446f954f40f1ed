"""An httpx transport for each request in flight, because a pool looks at all of its connections for each request.

httpcore asks every connection of a pool whether it has expired, which asks the kernel, twice for each request. With 16
connections that took a tenth of a run.
"""

import time
from collections.abc import AsyncIterator, Callable
from typing import cast

import httpx

KEPT = 5.0
"""Seconds that an unused connection stays open, as httpx has it."""


class Connections(httpx.AsyncBaseTransport):
    """`make` opens a transport for one connection. There are as many as requests were in flight at once. The one used
    last is used next, and those that nobody uses are closed.
    """

    def __init__(self, make: Callable[[], httpx.AsyncBaseTransport]) -> None:
        self._make = make
        self._idle: list[tuple[httpx.AsyncBaseTransport, float]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._close(time.monotonic() - KEPT)
        transport = self._idle.pop()[0] if self._idle else self._make()
        try:
            answer = await transport.handle_async_request(request)
        except BaseException:
            self._put_back(transport)  # it has dropped its broken connection
            raise
        answer.stream = _Returning(cast("httpx.AsyncByteStream", answer.stream), lambda: self._put_back(transport))
        return answer

    def _put_back(self, transport: httpx.AsyncBaseTransport) -> None:
        self._idle.append((transport, time.monotonic()))

    async def _close(self, before: float) -> None:
        while self._idle and self._idle[0][1] < before:
            await self._idle.pop(0)[0].aclose()

    async def aclose(self) -> None:
        await self._close(float("inf"))


class _Returning(httpx.AsyncByteStream):
    """Calls `done` once when the body has been read or given up."""

    def __init__(self, stream: httpx.AsyncByteStream, done: Callable[[], None]) -> None:
        self._stream = stream
        self._done: Callable[[], None] | None = done

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            yield piece

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            done, self._done = self._done, None
            if done is not None:
                done()
