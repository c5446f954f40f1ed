"""One piece of work at a time, whose outcome everybody shares who asks while it runs."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Whoever is cancelled while waiting takes nobody with them: the work goes on for the others."""

    def __init__(self) -> None:
        self._running: asyncio.Task[T] | None = None

    async def join(self, start: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `start` gives or raises, or what the one in flight does."""
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(start())
            self._running.add_done_callback(self._landed)
        return await asyncio.shield(self._running)

    def _landed(self, task: asyncio.Task[T]) -> None:
        """Also looks at a failure that nobody waits for any more."""
        self._running = None
        if not task.cancelled():
            task.exception()

    async def aclose(self) -> None:
        """Ends what is in flight."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
