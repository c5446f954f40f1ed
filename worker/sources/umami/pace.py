"""Umami Cloud's limit, fifty calls in fifteen seconds for a key, kept by waiting.

https://docs.umami.is/docs/cloud/api-key

A server of one's own has no limit; a 429 can still come from a proxy before it.
"""

import asyncio
from collections import deque
from collections.abc import Mapping

CLOUD_CALLS = 45
"""Of fifty: the rest is for clocks that differ and for others with the same key."""
CLOUD_SECONDS = 15.0


class Window:
    """At most `calls` in any `seconds`; 0 calls: no limit. Implements common.calls.Pace."""

    def __init__(self, calls: int = 0, seconds: float = CLOUD_SECONDS) -> None:
        self._calls = calls
        self._seconds = seconds
        self._gate = asyncio.Lock()
        self._sent: deque[float] = deque(maxlen=calls or 1)
        self._closed_until = 0.0

    async def enter(self) -> None:
        """Wait for a place, in the order of asking."""
        now = asyncio.get_running_loop().time
        async with self._gate:
            while (delay := self._due() - now()) > 0:  # noqa: ASYNC110  # `hold` moves the end
                await asyncio.sleep(delay)
            self._sent.append(now())

    def leave(self, headers: Mapping[str, str] | None) -> None:
        """Umami tells nothing in headers: what was sent is what counts."""

    def hold(self, seconds: float) -> None:
        self._closed_until = max(self._closed_until, asyncio.get_running_loop().time() + seconds)

    def _due(self) -> float:
        """When the next may go: the oldest of the last `calls` has left the window."""
        if self._calls and len(self._sent) == self._calls:
            return max(self._closed_until, self._sent[0] + self._seconds)
        return self._closed_until
