"""What Close's headers say about its rate limit, in both spellings, and the pace that keeps 429 the exception.

https://developer.close.com/topics/rate-limits/: `RateLimit: limit=100, remaining=50, reset=5`. Live answers separate
by semicolons and carry a second limiter's figures beside it that disagree: the tighter one is obeyed.
"""

import asyncio
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

CAP = 60.0
"""Seconds: a longer wait is reported instead of sat out."""
SHARE = 0.9
"""Of the advertised rate; the rest is for clocks that differ and for other programs with the same key."""
SPARE = 0.15
"""Of a window, left untouched at its end, for what others with the same key send before we hear of it."""
MOST_SPARE = 0.5
"""However often a 429 shows that others are many; from there it shrinks by a fifth of a percent an answer."""
DEFAULT_WAIT = 2.0

_PLAIN = (
    ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"),
    ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),
    ("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"),
)


@dataclass(frozen=True, slots=True)
class Limit:
    """`remaining` requests until `reset` seconds from the answer, then `limit` anew; `name` is the header's."""

    name: str
    limit: float
    remaining: float
    reset: float


def limits(headers: Mapping[str, str]) -> tuple[Limit, ...]:
    """Every complete figure among `headers` (lower-case names)."""
    combined = dict(re.findall(r"(limit|remaining|reset)\s*=\s*([\d.]+)", headers.get("ratelimit", "").lower()))
    found = [_limit("ratelimit", *(combined.get(part, "") for part in ("limit", "remaining", "reset")))]
    found += [_limit(names[0], *(headers.get(name, "") for name in names)) for names in _PLAIN]
    return tuple(limit for limit in found if limit is not None)


def windows(headers: Mapping[str, str]) -> Iterator[float]:
    """Requests a second of each policy that names its window, as in `60, 60;w=1, 100;w=1`."""
    for name in ("ratelimit-limit", "x-ratelimit-limit"):
        for quota, seconds in re.findall(r"(\d+)\s*;\s*w\s*=\s*(\d+)", headers.get(name, "")):
            if int(seconds) > 0:
                yield int(quota) / int(seconds)


def wait(headers: Mapping[str, str], body_reset: str, now: datetime) -> float:
    """Seconds to wait after a 429: RateLimit's reset, else Retry-After (seconds or a date), else a plain reset, else
    what the body says, else two seconds.
    """
    combined = re.search(r"reset\s*=\s*([\d.]+)", headers.get("ratelimit", ""), re.IGNORECASE)
    plain = [headers.get(names[2], "") for names in _PLAIN]
    candidates = [combined.group(1) if combined else "", headers.get("retry-after", ""), *plain, body_reset]
    for candidate in candidates:
        seconds = _seconds(candidate, now)
        if seconds is not None:
            return seconds
    return DEFAULT_WAIT


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that a failing service asked for, None where it did not."""
    return _seconds(headers.get("retry-after", ""), now)


def _seconds(text: str, now: datetime) -> float | None:
    number = _number(text)
    if number is not None:
        return number
    try:
        moment = parsedate_to_datetime(text).astimezone(now.tzinfo)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (moment - now).total_seconds())


def _limit(name: str, limit: str, remaining: str, reset: str) -> Limit | None:
    """None for a set that is not whole."""
    quota, left, seconds = _number(re.split("[,;]", limit, maxsplit=1)[0]), _number(remaining), _number(reset)
    if quota is None or left is None or seconds is None or quota < 1:
        return None
    return Limit(name, quota, left, seconds)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


class Pacer:
    """One per client, shared by everything that it sends. The first request goes alone, since its answer tells the
    limit; after that requests are spread at nine tenths of the tightest rate, and none is sent into a window that is
    nearly used up.

    `reset` counts down, so the longest one seen stands for the window; it is never taken as shorter than a second,
    which keeps a limiter that refills gradually from looking fast.
    """

    def __init__(self) -> None:
        self._gate = asyncio.Lock()
        self._landed = asyncio.Event()
        self._known = False
        self._windows: dict[str, float] = {}
        self._spare = SPARE
        self._interval = 0.0
        self._next = 0.0
        self._closed_until = 0.0
        self._flying = 0

    async def enter(self) -> None:
        """Wait for a place, in the order of asking. Every call is followed by one `leave`."""
        now = asyncio.get_running_loop().time
        async with self._gate:
            while not self._known and self._flying:
                self._landed.clear()
                await self._landed.wait()
            while (delay := max(self._next, self._closed_until) - now()) > 0:  # noqa: ASYNC110  # `hold` moves the end
                await asyncio.sleep(delay)
            # A sleep that took too long is caught up by one place, never by a burst.
            self._next = max(self._next, now() - self._interval) + self._interval
            self._flying += 1

    def leave(self, headers: Mapping[str, str] | None) -> None:
        """An answer came, or (None) did not."""
        self._flying -= 1
        if headers is not None:
            self._observe(headers)
            self._known = True
        self._landed.set()

    def refused(self, seconds: float) -> None:
        """A 429: others use the same key, so stop earlier in a window than before. Send nothing for so long."""
        self._spare = min(MOST_SPARE, self._spare * 2)
        self.hold(seconds)

    def hold(self, seconds: float) -> None:
        """Send nothing for so long."""
        self._closed_until = max(self._closed_until, asyncio.get_running_loop().time() + seconds)

    def _observe(self, headers: Mapping[str, str]) -> None:
        rates = list(windows(headers))
        for limit in limits(headers):
            window = max(1.0, limit.reset, self._windows.get(limit.name, 0.0))
            self._windows[limit.name] = window
            rates.append(limit.limit / window)
            # What is in flight may not have been counted yet when this answer was written.
            if limit.remaining - self._flying <= _reserve(limit.limit, self._spare):
                self.hold(min(limit.reset, CAP))
        self._spare = max(SPARE, self._spare * 0.998)
        if rates:
            self._interval = 1.0 / (SHARE * min(rates))


def _reserve(limit: float, spare: float) -> float:
    """Places left untouched; none of a limit that is tiny."""
    return min(max(1.0, limit * spare), limit - 1)
