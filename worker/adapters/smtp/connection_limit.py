"""Who may use a connection to a mail server now. A server that is silent holds its own messages up, and no others."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from worker.adapters.smtp.failure import MailFailure

CONNECTIONS = 4

QUEUEING = 20.0
"""Seconds for which a message waits for a connection while all of them are in use."""

REST = 300.0
"""Seconds for which a server that took a message and said nothing is given no other."""


class ConnectionLimit:
    """As many as there may be connections. Times in seconds."""

    def __init__(self, connections: int = CONNECTIONS, queueing: float = QUEUEING, rest: float = REST) -> None:
        self._free = asyncio.Semaphore(connections)
        self._queueing = queueing
        self._rest = rest
        self._resting_until = 0.0

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Raises MailFailure, with nothing sent, while the server rests, and where no place is free in time."""
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
        """The server has taken a message and said nothing."""
        self._resting_until = time.monotonic() + self._rest
