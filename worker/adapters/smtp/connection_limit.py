"""Limits connections to a mail server. A silent server delays its own messages and no others."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from worker.adapters.smtp.failure import MailFailure

CONNECTIONS = 4

QUEUEING = 20.0
"""Seconds that a message waits for a connection while all are in use."""

REST = 300.0
"""Seconds for which a server that took a message and did not answer gets no other message."""


class ConnectionLimit:
    """At most `limit` connections at once. Times in seconds."""

    def __init__(self, connections: int = CONNECTIONS, queueing: float = QUEUEING, rest: float = REST) -> None:
        self._free = asyncio.Semaphore(connections)
        self._queueing = queueing
        self._rest = rest
        self._resting_until = 0.0

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Raises MailFailure, with nothing sent, while the server is left alone or if no connection is free in time."""
        try:
            async with asyncio.timeout(self._queueing):
                await self._free.acquire()
        except TimeoutError:
            raise MailFailure("connect", "all connections to the server are busy") from None
        try:
            if time.monotonic() < self._resting_until:
                raise MailFailure("connect", "the server took a message and said nothing; it is left alone for a while")
            yield
        finally:
            self._free.release()

    def rest(self) -> None:
        """Call when the server has taken a message and not answered."""
        self._resting_until = time.monotonic() + self._rest
