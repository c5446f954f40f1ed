"""Middleware for every request to the stand-ins: the log, the gate, the latency and the faults.

Answers are buffered: a stand-in first makes its whole answer. Then the armed fault decides how much of it reaches the
client.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from worker.sandbox.faults import ArmedFault, Faults
from worker.sandbox.gate import Gate

HOLD = 60.0
"""Seconds after which a held request ends, if its client does not end it."""

MALFORMED = b'{"data": [{\'id\': nonsense,}], "has_more": maybe'
PAGE = b"<!doctype html><title>Maintenance</title><h1>We will be back soon</h1>"
JSON = (b"content-type", b"application/json")
HTML = (b"content-type", b"text/html")


@dataclass(frozen=True, slots=True)
class Served:
    """One request that was answered. `route` is "METHOD /path". `status` is 0 if no complete answer was given."""

    route: str
    status: int
    started: datetime
    ended: datetime


@dataclass(frozen=True, slots=True)
class Whole:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Front:
    """An ASGI app. `closing` ends every wait, so that no request outlives the sandbox."""

    def __init__(self, app: ASGIApp, faults: Faults, gate: Gate, now: Callable[[], datetime]) -> None:
        self.log: deque[Served] = deque(maxlen=100_000)
        self.latency = 0.0
        self.closing = asyncio.Event()
        self._app = app
        self._faults = faults
        self._gate = gate
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.startswith("/control/"):
            await self._app(scope, receive, send)
            return
        body = await _whole_body(receive)
        started = self._now()
        status = 500  # the answer that uvicorn gives when a stand-in fails
        try:
            async with AsyncExitStack() as stack:
                if path.startswith(("/close/", "/pipedrive/")):
                    await stack.enter_async_context(self._gate.passing())
                    await self._pause(self.latency)
                status = await self._answer(scope, body, receive, send)
        finally:
            self.log.append(Served(f"{scope['method']} {path}", status, started, self._now()))

    async def _answer(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> int:
        async def work() -> Whole:
            return await self._work(scope, body, receive)

        fault = self._faults.take(scope["method"], scope["path"])
        if fault is None:
            return await _send(send, await work())
        if fault.kind == "late_apply":
            return await self._apply_late(fault, work, receive, send)
        if fault.kind == "slow":
            await self._pause(fault.seconds)
        return await _spoil(fault, work, send)

    async def _work(self, scope: Scope, body: bytes, receive: Receive) -> Whole:
        """Run the stand-in on a request whose body has already been read, and collect its answer."""
        start: Message = {}
        pieces: list[bytes] = []
        given = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def again() -> Message:
            return next(given, None) or await receive()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                pieces.append(message.get("body", b""))

        await self._app(scope, again, collect)
        return Whole(start["status"], list(start["headers"]), b"".join(pieces))

    async def _apply_late(
        self, fault: ArmedFault, work: Callable[[], Awaitable[Whole]], receive: Receive, send: Send
    ) -> int:
        gone = asyncio.ensure_future(_gone(receive))
        stop = asyncio.ensure_future(self.closing.wait())
        await asyncio.wait({gone, stop}, timeout=HOLD, return_when=asyncio.FIRST_COMPLETED)
        for waiter in (gone, stop):
            waiter.cancel()
        await asyncio.gather(gone, stop, return_exceptions=True)
        await self._pause(fault.seconds)
        if not self.closing.is_set():
            await work()
        return await _break_off(send, Whole(200, [JSON], b"{}"), 0)

    async def _pause(self, seconds: float) -> None:
        if seconds <= 0:
            return
        try:
            await asyncio.wait_for(self.closing.wait(), seconds)
        except TimeoutError:
            return


async def _spoil(fault: ArmedFault, work: Callable[[], Awaitable[Whole]], send: Send) -> int:
    """Apply a fault to an answer before it is sent."""
    if fault.kind in {"slow", "cut", "truncated"} or fault.applied:
        good = await work()
    else:
        good = Whole(200, [JSON], b"{}")
    if fault.kind == "slow":
        return await _send(send, good)
    if fault.kind in {"cut", "drop"}:
        return await _break_off(send, good, len(good.body) // 2 if fault.kind == "cut" else 0)
    if fault.kind == "status":
        later = [] if fault.retry_after is None else [(b"retry-after", fault.retry_after.encode())]
        return await _send(send, Whole(fault.status, [JSON, *later], fault.body.encode()))
    spoilt = {
        "truncated": Whole(200, [JSON], good.body[: len(good.body) // 2]),
        "malformed": Whole(200, [JSON], MALFORMED),
        "html": Whole(200, [HTML], PAGE),
        "redirect": Whole(302, [(b"location", b"https://elsewhere.invalid/")], b""),
    }
    return await _send(send, spoilt[fault.kind])


async def _send(send: Send, whole: Whole) -> int:
    headers = [(name, value) for name, value in whole.headers if name != b"content-length"]
    length = (b"content-length", str(len(whole.body)).encode())
    await send({"type": "http.response.start", "status": whole.status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": whole.body})
    return whole.status


async def _break_off(send: Send, whole: Whole, after: int) -> int:
    """Announce a body and send only `after` bytes of it. The server then closes the connection."""
    headers = [(name, value) for name, value in whole.headers if name != b"content-length"]
    length = (b"content-length", str(len(whole.body)).encode())
    await send({"type": "http.response.start", "status": whole.status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": whole.body[:after], "more_body": True})
    return 0


async def _whole_body(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(pieces)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
