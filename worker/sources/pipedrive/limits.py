"""Pipedrive's two limits as its headers tell them: requests in a rolling two seconds, tokens in a day.

https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting
"""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from worker.sources.pipedrive.costs import BURST_SECONDS

SHARE = 0.9
"""Of the advertised rate; the rest is for other programs with the same token."""
LONGEST_HOLD = 60.0
_PREFIXES = ("x-ratelimit", "ratelimit", "x-rate-limit")
_DAILY_WORDS = ("daily request budget", "daily rate limit", "daily budget")


@dataclass(frozen=True, slots=True)
class Burst:
    """`remaining` requests for the next `reset` seconds."""

    limit: float
    remaining: float
    reset: float


@dataclass(frozen=True, slots=True)
class Daily:
    """Tokens of the company's day; None where an answer does not tell (it may not, after a pause)."""

    limit: float | None = None
    remaining: float | None = None


def burst(headers: Mapping[str, str]) -> Burst | None:
    """The first whole set among the spellings (lower-case names)."""
    for prefix in _PREFIXES:
        limit, left, reset = (number(headers.get(f"{prefix}-{part}", "")) for part in ("limit", "remaining", "reset"))
        if limit is not None and left is not None and limit >= 1:
            return Burst(limit, left, BURST_SECONDS if reset is None else reset)
    return None


def daily(headers: Mapping[str, str]) -> Daily:
    return Daily(
        number(headers.get("x-daily-ratelimit-token-limit", "")),
        number(headers.get("x-daily-ratelimit-token-remaining", "")),
    )


def is_daily(headers: Mapping[str, str], words: str) -> bool:
    """Whether a 429 is the day's budget and not a burst: its words say so, or its headers do, or it asks for longer
    than any burst lasts.
    """
    left, asked = daily(headers).remaining, number(headers.get("retry-after", ""))
    said = any(phrase in words.lower() for phrase in _DAILY_WORDS)
    return said or left == 0 or (asked is not None and asked > LONGEST_HOLD)


def wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that an answer asks for: Retry-After (seconds or a date), else the reset of the burst; None without."""
    asked = retry_after(headers, now)
    if asked is not None:
        return asked
    resets = (number(headers.get(f"{prefix}-reset", "")) for prefix in _PREFIXES)
    return next((reset for reset in resets if reset is not None), None)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    text = headers.get("retry-after", "")
    seconds = number(text)
    if seconds is not None:
        return seconds
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (moment.astimezone(now.tzinfo) - now).total_seconds())


def number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) and found >= 0 else None


class Pacer:
    """One per client. The first request goes alone, since its answer tells the limit; the others are spread at nine
    tenths of it over two seconds, and none is sent while nothing is left.
    """

    def __init__(self) -> None:
        self._gate = asyncio.Lock()
        self._landed = asyncio.Event()
        self._known = False
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
        told = burst(headers) if headers is not None else None
        if told is not None:
            self._interval = BURST_SECONDS / (SHARE * told.limit)
            # What is in flight may not have been counted yet when this answer was written.
            if told.remaining - self._flying < 1:
                self.hold(min(told.reset, BURST_SECONDS))
        self._known = self._known or headers is not None
        self._landed.set()

    def hold(self, seconds: float) -> None:
        """Send nothing for so long."""
        self._closed_until = max(self._closed_until, asyncio.get_running_loop().time() + seconds)
