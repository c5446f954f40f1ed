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
            await transport.aclose()  # httpcore may keep the place of a cancelled request, and the next would wait
            raise
        answer.stream = _Returning(cast("httpx.AsyncByteStream", answer.stream), transport, self._put_back)
        return answer

    def _put_back(self, transport: httpx.AsyncBaseTransport) -> None:
        self._idle.append((transport, time.monotonic()))

    async def _close(self, before: float) -> None:
        while self._idle and self._idle[0][1] < before:
            await self._idle.pop(0)[0].aclose()

    async def aclose(self) -> None:
        await self._close(float("inf"))


class _Returning(httpx.AsyncByteStream):
    """Puts the transport back once when the body has been read or given up. One whose body could not be closed is not
    used again.
    """

    def __init__(
        self,
        stream: httpx.AsyncByteStream,
        transport: httpx.AsyncBaseTransport,
        put_back: Callable[[httpx.AsyncBaseTransport], None],
    ) -> None:
        self._stream = stream
        self._transport: httpx.AsyncBaseTransport | None = transport
        self._put_back = put_back

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            yield piece

    async def aclose(self) -> None:
        transport, self._transport = self._transport, None
        if transport is None:
            return
        try:
            await self._stream.aclose()
        except BaseException:
            await transport.aclose()
            raise
        self._put_back(transport)
