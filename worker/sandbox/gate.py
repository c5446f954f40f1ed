"""A gate before a stand-in: shut, requests wait; idle, none is being answered. For changes that nobody may half see."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Gate:
    """Belongs to one event loop. Made open."""

    def __init__(self) -> None:
        self._opened = asyncio.Event()
        self._opened.set()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.inside = 0
        self.waiting = 0

    def shut(self) -> None:
        """Requests that are already being answered go on; those that come now wait."""
        self._opened.clear()

    def open(self) -> None:
        self._opened.set()

    async def idle(self) -> None:
        """Until nothing is being answered."""
        await self._quiet.wait()

    @asynccontextmanager
    async def passing(self) -> AsyncIterator[None]:
        self.waiting += 1
        try:
            # A gate that was shut again before this task woke up still holds it back.
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
