"""Reads Pipedrive's two limits from headers: requests in a rolling two seconds, and tokens of a day.

https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from worker.ports import Limit, RateReport
from worker.sources.common.limits import number, retry_after
from worker.sources.pipedrive.costs import BURST_SECONDS

LONGEST_HOLD = 60.0
_PREFIXES = ("x-ratelimit", "ratelimit", "x-rate-limit")
_DAILY_WORDS = ("daily request budget", "daily rate limit", "daily budget")


@dataclass(frozen=True, slots=True)
class Daily:
    """Tokens of the company's day. None if an answer does not state them (it may not after a pause)."""

    limit: float | None = None
    remaining: float | None = None


def burst(headers: Mapping[str, str]) -> Limit | None:
    """The first complete set among the spellings (lower-case names). The window is rolling: its reset is the time until
    its oldest request leaves it.
    """
    for prefix in _PREFIXES:
        limit, left, reset = (number(headers.get(f"{prefix}-{part}", "")) for part in ("limit", "remaining", "reset"))
        if limit is not None and left is not None and limit >= 1:
            return Limit("burst", limit, left, BURST_SECONDS if reset is None else reset)
    return None


def heard(headers: Mapping[str, str]) -> RateReport:
    """All limits, for the budget that a connection's users share."""
    told, day = burst(headers), daily(headers)
    return RateReport(() if told is None else (told,), day=(day.limit, day.remaining))


def daily(headers: Mapping[str, str]) -> Daily:
    return Daily(
        number(headers.get("x-daily-ratelimit-token-limit", "")),
        number(headers.get("x-daily-ratelimit-token-remaining", "")),
    )


def is_daily(headers: Mapping[str, str], words: str) -> bool:
    """Whether a 429 concerns the day's budget and not a burst: by its words, by its headers, or because its wait is
    longer than any burst.
    """
    left, asked = daily(headers).remaining, number(headers.get("retry-after", ""))
    said = any(phrase in words.lower() for phrase in _DAILY_WORDS)
    return said or left == 0 or (asked is not None and asked > LONGEST_HOLD)


def wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that an answer asks for: Retry-After (seconds or a date), else the reset of the burst; else None."""
    asked = retry_after(headers, now)
    if asked is not None:
        return asked
    resets = (number(headers.get(f"{prefix}-reset", "")) for prefix in _PREFIXES)
    return next((reset for reset in resets if reset is not None), None)
