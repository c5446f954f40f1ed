"""A gate in front of a stand-in. While it is shut, requests wait. While it is idle, no request is being answered. A
test uses it for changes that no request may see half done.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Gate:
    """Belongs to one event loop. It is open at first."""

    def __init__(self) -> None:
        self._opened = asyncio.Event()
        self._opened.set()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.inside = 0
        self.waiting = 0

    def shut(self) -> None:
        """Requests that are already being answered continue. New requests wait."""
        self._opened.clear()

    def open(self) -> None:
        self._opened.set()

    async def idle(self) -> None:
        """Wait until no request is being answered."""
        await self._quiet.wait()

    @asynccontextmanager
    async def passing(self) -> AsyncIterator[None]:
        self.waiting += 1
        try:
            # The gate may have been shut again before this task woke up. Then the task waits again.
            while not self._opened.is_set():
                await self._opened.wait()
        finally:
            self.waiting -= 1
        self.inside += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self.inside -= 1
            if not self.inside:
                self._quiet.set()
