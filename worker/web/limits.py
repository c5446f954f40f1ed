"""Limits for every request to this process: bytes, time, and requests at once."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from worker.web.api.problem import problem

LONGEST_BODY = 1_000_000
"""Bytes. Some paths take less."""

BODY_TIME = 30.0
"""Seconds for a whole body."""

AT_ONCE = 100
"""Requests that are answered at the same time."""

STREAMS = 200
"""Event streams that are open at the same time. They cost little and stay long."""


class Limits:
    """An ASGI application around another one, which never sees a refused request. A body that turns out to be too long
    raises 413 where it is read.
    """

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner
        self._going = {True: 0, False: 0}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        stream = scope["path"].endswith("/events")
        if _declared(scope) > LONGEST_BODY:
            await problem(413, "too_large", _TOO_LARGE)(scope, receive, send)
        elif self._going[stream] >= (STREAMS if stream else AT_ONCE):
            again = {"Retry-After": "1"}
            await problem(503, "busy", "too many requests at once; come again", headers=again)(scope, receive, send)
        else:
            await self._counted(scope, _Body(receive).read, send, stream=stream)

    async def _counted(self, scope: Scope, receive: Receive, send: Send, *, stream: bool) -> None:
        self._going[stream] += 1
        try:
            await self._inner(scope, receive, send)
        finally:
            self._going[stream] -= 1


_TOO_LARGE = f"the body has more than {LONGEST_BODY} bytes"


def _declared(scope: Scope) -> int:
    """Bytes of the body as its head says; 0 where it does not."""
    written = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(written) if written.isdigit() else 0


class _Body:
    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._size, self._ended = 0, False
        self._until = asyncio.get_running_loop().time() + BODY_TIME

    async def read(self) -> Message:
        """Raises HTTPException for a body that is too long or comes too slowly."""
        if self._ended:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408) from None
        self._size += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        if self._size > LONGEST_BODY:
            raise HTTPException(413)
        return message
