"""Close's rate limit: a number of requests per window of seconds, reported in the header formats that were recorded.

Documented: https://developer.close.com/topics/rate-limits ; the other formats were seen in answers of 2026 and 2017.
"""

import json
import math
import time
from collections.abc import Callable
from enum import StrEnum


class Dialect(StrEnum):
    DOCUMENTED = "documented"  # RateLimit: limit=…, remaining=…, reset=…
    RECORDED = "recorded"  # semicolons, with a second set of headers that disagrees
    OLD = "old"  # X-Rate-Limit-*, and a body that says it too


class RequestLimit:
    """`count` requests per `seconds` and key, in fixed windows. A window opens with its first request."""

    def __init__(
        self,
        count: int = 240,
        seconds: float = 8.0,
        dialect: Dialect = Dialect.DOCUMENTED,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.count = count
        self.seconds = seconds
        self.dialect = dialect
        self.refused = 0
        self._clock = clock
        self._windows: dict[str, tuple[float, int]] = {}

    def set(self, count: int, seconds: float, dialect: Dialect | None = None) -> None:
        """Sets a new limit. Every window starts again."""
        self.count, self.seconds = count, seconds
        self.dialect = dialect or self.dialect
        self._windows.clear()

    def take(self, key: str) -> tuple[bool, dict[str, str]]:
        """Whether this request may pass, and the headers of its answer."""
        now = self._clock()
        opened, used = self._windows.get(key, (now, 0))
        if now - opened >= self.seconds:
            opened, used = now, 0
        allowed = used < self.count
        self._windows[key] = (opened, used + allowed)
        reset = max(0.0, opened + self.seconds - now)
        headers = self._headers(max(0, self.count - used - 1), reset)
        if not allowed:
            self.refused += 1
            headers["retry-after"] = str(max(1, math.ceil(reset)))
        return allowed, headers

    def _headers(self, remaining: int, reset: float) -> dict[str, str]:
        if self.dialect is Dialect.DOCUMENTED:
            return {"ratelimit": f"limit={self.count}, remaining={remaining}, reset={reset:.3f}"}
        if self.dialect is Dialect.OLD:
            return {
                "x-rate-limit-limit": str(self.count),
                "x-rate-limit-remaining": str(remaining),
                "x-rate-limit-reset": f"{reset:.6f}",
            }
        return {
            "ratelimit": f"limit={self.count}; remaining={remaining}; reset={math.ceil(reset)}",
            "ratelimit-limit": "60",
            "ratelimit-remaining": "59",
            "ratelimit-reset": "1",
            "x-ratelimit-limit": "60, 60;w=1, 100;w=1",
            "x-ratelimit-remaining": "59",
            "x-ratelimit-reset": "1",
        }

    def body(self, headers: dict[str, str]) -> bytes:
        """The body of a 429: nothing in today's format, numbers as text in the old one."""
        if self.dialect is not Dialect.OLD:
            return b""
        told = {
            "message": "API call count exceeded for this period",
            "rate_endpoint_group": "0f" * 16,
            "rate_limit": self.count,
            "rate_limit_type": "key",
            "rate_reset": headers["x-rate-limit-reset"],
            "rate_window": self.seconds,
        }
        return json.dumps(told).encode()
