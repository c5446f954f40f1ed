"""Requests that ask other services and take long: few at once, and each for a bounded time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from worker.web.api.problem import HttpRefusal

AT_ONCE = 4
LONGEST = 60.0
"""Seconds."""


class Few:
    """Counts such requests of one process."""

    def __init__(self, at_once: int = AT_ONCE, longest: float = LONGEST) -> None:
        self._at_once, self._longest, self._going = at_once, longest, 0

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Raises HttpRefusal if the maximum number is already running, or when the time is over."""
        if self._going >= self._at_once:
            again = {"Retry-After": "5"}
            raise HttpRefusal(503, "busy", f"{self._at_once} requests that ask other services are going on", again)
        self._going += 1
        try:
            async with asyncio.timeout(self._longest):
                yield
        except TimeoutError:
            sentence = f"other services did not answer within {self._longest:g} s"
            raise HttpRefusal(503, "too_slow", sentence, {"Retry-After": "60"}) from None
        finally:
            self._going -= 1
