"""The heartbeat of a process, for health checks and `doctor`."""

import os
import socket
import time

import structlog

from worker.errors import LedgerUnavailable
from worker.ports import HeartbeatStore

EVERY = 5.0
"""Seconds between two heartbeats of one process."""


class HeartbeatWriter:
    """Writes the heartbeat of one process. `beat` may be called at any rate; it writes at most once in EVERY
    seconds.
    """

    def __init__(self, store: HeartbeatStore, kind: str) -> None:
        self._store = store
        self._who = (kind, socket.gethostname(), os.getpid())
        self._next = 0.0

    async def beat(self) -> bool:
        """Whether it was time to write. Raises LedgerUnavailable."""
        if time.monotonic() < self._next:
            return False
        await self._store.say_alive(*self._who)
        self._next = time.monotonic() + EVERY
        return True

    async def end(self) -> None:
        """Removes the heartbeat at a regular end. It is tried once; if Redis is not reachable, only a warning is
        logged.
        """
        try:
            await self._store.say_gone(*self._who)
        except LedgerUnavailable as error:
            structlog.get_logger().warning("ledger_unavailable", sentence=str(error))
