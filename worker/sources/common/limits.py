"""Reads rate limits from an answer's headers, in every recorded spelling.

https://developer.close.com/topics/rate-limits/: `RateLimit: limit=100, remaining=50, reset=5`. Close's real answers use
semicolons and add the figures of a second limiter, which differ. The tighter limit counts.
"""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from worker.ports import Limit, RateReport

DEFAULT_WAIT = 2.0

_PLAIN = (
    ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"),
    ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),
    ("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"),
)


def limits(headers: Mapping[str, str]) -> tuple[Limit, ...]:
    """Every complete limit among `headers` (lower-case names)."""
    combined = dict(re.findall(r"(limit|remaining|reset)\s*=\s*([\d.]+)", headers.get("ratelimit", "").lower()))
    found = [_limit("ratelimit", *(combined.get(part, "") for part in ("limit", "remaining", "reset")))]
    found += [_limit(names[0], *(headers.get(name, "") for name in names)) for names in _PLAIN]
    return tuple(limit for limit in found if limit is not None)


def windows(headers: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """Requests and seconds of each policy with a window, as in `60, 60;w=1, 100;w=1`."""
    for name in ("ratelimit-limit", "x-ratelimit-limit"):
        for quota, seconds in re.findall(r"(\d+)\s*;\s*w\s*=\s*(\d+)", headers.get(name, "")):
            if int(seconds) > 0:
                yield int(quota), int(seconds)


def heard(headers: Mapping[str, str]) -> RateReport:
    """All limits for the shared budget. A policy is a limit with a known window."""
    policies = (Limit(f"policy/{seconds}", quota, None, seconds) for quota, seconds in windows(headers))
    return RateReport((*limits(headers), *policies))


def wait(headers: Mapping[str, str], body_reset: str, now: datetime) -> float:
    """Seconds to wait after a 429: RateLimit's reset, else Retry-After (seconds or a date), else a plain reset, else
    the body's, else two seconds.
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
    """Seconds that a failing service asked for; None if it did not."""
    return _seconds(headers.get("retry-after", ""), now)


def _seconds(text: str, now: datetime) -> float | None:
    figure = number(text)
    if figure is not None:
        return figure
    try:
        moment = parsedate_to_datetime(text).astimezone(now.tzinfo)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (moment - now).total_seconds())


def _limit(name: str, limit: str, remaining: str, reset: str) -> Limit | None:
    """None if a figure is missing."""
    quota, left, seconds = number(re.split("[,;]", limit, maxsplit=1)[0]), number(remaining), number(reset)
    if quota is None or left is None or seconds is None or quota < 1:
        return None
    return Limit(name, quota, left, seconds)


def number(text: str) -> float | None:
    """A finite figure that is not negative; None for anything else."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) and found >= 0 else None
