"""Local days of a report, including those that the service leaves out because nothing happened."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from worker.domain.time.periods import add_months
from worker.domain.time.window import Window
from worker.domain.time.zones import wall

LONGEST = 800
"""Buckets. A longer period is filled only between its first and its last row."""
_MOMENT = timedelta(microseconds=1)
FILLED = frozenset({"day", "month", "year"})
"""Units whose empty buckets are filled. An hour that occurs twice on the clock is one bucket to the service."""


def span(window: Window, place: ZoneInfo, until: datetime) -> tuple[date, date]:
    """First and last local day of a window. Days after it was read are not zeros."""
    last = min(window.end, max(until, window.start + _MOMENT)) - _MOMENT
    return wall(window.start, place).date(), wall(last, place).date()


def buckets(first: date, last: date, unit: str) -> Iterator[date]:
    """The first day of each day, month or year, from that of `first` to that of `last`."""
    shown = first if unit == "day" else first.replace(day=1) if unit == "month" else first.replace(month=1, day=1)
    while shown <= last:
        yield shown
        shown = shown + timedelta(days=1) if unit == "day" else add_months(shown, 1 if unit == "month" else 12)


def missing(seen: set[date], window: Window | None, place: ZoneInfo, until: datetime, unit: str) -> list[date]:
    """Buckets of the window without a row. None if Umami decides the window."""
    if unit not in FILLED or window is None:
        return []
    first, last = span(window, place, until)
    if (last - first).days > LONGEST:
        if not seen:
            return []
        first, last = max(first, min(seen)), min(last, max(seen))
    return [shown for shown in buckets(first, last, unit) if shown not in seen]
