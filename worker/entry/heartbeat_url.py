"""Calls `heartbeat_url` while the clock ticks, so that the called service notices when the ticks stop."""

import asyncio
import time
from collections.abc import Callable

import structlog

from worker.domain.outgoing import HeartbeatUrl
from worker.errors import FunnelbeatError
from worker.ports.outgoing import OutgoingRequests


class HeartbeatCalls:
    """Belongs to one clock. A call does not delay the ticks, and there is one call at a time. A failure is logged once,
    and so is the first call that succeeds after it.
    """

    def __init__(self, requests: OutgoingRequests, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._requests, self._monotonic = requests, monotonic
        self._next = 0.0
        self._going: asyncio.Task[None] | None = None
        self._failed = False

    def ticked(self, heartbeat: HeartbeatUrl | None) -> None:
        """Called after a tick that succeeded, at any rate."""
        if heartbeat is None or self._monotonic() < self._next or (self._going and not self._going.done()):
            return
        self._next = self._monotonic() + heartbeat.every
        self._going = asyncio.ensure_future(self._call(heartbeat))

    async def _call(self, heartbeat: HeartbeatUrl) -> None:
        try:
            await self._requests.beat(heartbeat)
        except FunnelbeatError as error:
            if not self._failed:
                structlog.get_logger().warning("heartbeat_url_failed", sentence=str(error))
            self._failed = True
        else:
            if self._failed:
                structlog.get_logger().info("heartbeat_url_back", sentence="heartbeat_url answers again")
            self._failed = False

    async def end(self) -> None:
        """Gives up a call that is not answered yet."""
        if self._going is not None:
            self._going.cancel()
            await asyncio.wait([self._going])
