"""Runs one piece of work at a time. Callers that arrive meanwhile share its outcome."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """A cancelled caller does not cancel the work, which goes on for the others."""

    def __init__(self) -> None:
        self._running: asyncio.Task[T] | None = None

    async def join(self, start: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result or exception of `start`, or of the work in progress."""
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(start())
            self._running.add_done_callback(self._landed)
        return await asyncio.shield(self._running)

    def _landed(self, task: asyncio.Task[T]) -> None:
        """Also retrieves the error of a failure that nobody awaits any more."""
        self._running = None
        if not task.cancelled():
            task.exception()

    async def aclose(self) -> None:
        """Cancels the work in progress."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
