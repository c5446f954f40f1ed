"""Limits connections to a mail server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from worker.adapters.smtp.failure import MailFailure

CONNECTIONS = 4

QUEUEING = 20.0
"""Seconds that a message waits for a connection while all are in use."""


class ConnectionLimit:
    """At most `limit` connections at once. Times in seconds."""

    def __init__(self, connections: int = CONNECTIONS, queueing: float = QUEUEING) -> None:
        self._free = asyncio.Semaphore(connections)
        self._queueing = queueing

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Raises MailFailure, with nothing sent, if no connection is free in time: the server answered none of them."""
        try:
            if self._free.locked():
                async with asyncio.timeout(self._queueing):
                    await self._free.acquire()
            else:
                await self._free.acquire()
        except TimeoutError:
            raise MailFailure("connect", "all connections to the server are busy", silent=True) from None
        try:
            yield
        finally:
            self._free.release()
