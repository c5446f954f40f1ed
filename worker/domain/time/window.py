"""Windows: half-open ranges of time that belong to a slot, and the windows that they are compared with.

Everything here is a function of the slot and the zone. It does not depend on when a run happened. A window's edges are
local midnights (a day starts at its first existing instant), except for `since-previous-slot` and ranges. `last-7d` is
the seven whole local days before the day of the slot, so that it never changes after it was read.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from worker.domain.time.duration import clipped
from worker.domain.time.epoch import EPOCH
from worker.domain.time.periods import Calendar, WindowError, add_months, calendar_of, period
from worker.domain.time.zones import day_start, first, wall, zone_named

RANGE = "range"
SINCE_PREVIOUS = "since-previous-slot"
ALL_TIME = "all-time"
PREVIOUS = "previous"
_NAMED = {
    "today": ("day", 0),
    "yesterday": ("day", -1),
    **{f"this-{unit}": (unit, 0) for unit in ("week", "month", "quarter", "year")},
    **{f"last-{unit}": (unit, -1) for unit in ("week", "month", "quarter", "year")},
}
WINDOW_NAMES: tuple[str, ...] = (*_NAMED, ALL_TIME, SINCE_PREVIOUS)
_SAME_DAYS = {
    "same-days-last-week": (7, 0),
    "same-days-last-month": (0, 1),
    "same-days-last-quarter": (0, 3),
    "same-days-last-year": (0, 12),
}
COMPARE_NAMES: tuple[str, ...] = (PREVIOUS, *_SAME_DAYS)
_LAST_DAYS = re.compile(r"last-([1-9][0-9]{0,3})d")
_BEGINNING = EPOCH
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """[start, end) in UTC. `zone`: the IANA zone that it was resolved in. `so_far`: it ends after the data was read."""

    start: datetime
    end: datetime
    zone: str
    name: str
    so_far: bool = False


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """A window as a definition names it: `name` (last-week, last-7d, since-previous-slot, …), or "range" with both
    instants.
    """

    name: str
    start: datetime | None = None
    end: datetime | None = None


def is_window_name(text: str) -> bool:
    """Whether `resolve` knows the name. "range" is no such name, because it needs two instants."""
    return text in WINDOW_NAMES or _LAST_DAYS.fullmatch(text) is not None


def resolve(
    spec: WindowSpec,
    slot: datetime,
    zone: str,
    *,
    week_start: str = "monday",
    fiscal_year_start: str = "01-01",
    previous_slot: datetime | None = None,
) -> Window:
    """The window that `spec` names at `slot`. It is `so_far` if it ends after the slot. `all-time` runs from the Unix
    epoch to the end of the slot's day. Without a `previous_slot`, since-previous-slot is everything before the slot.
    Naive edges of a range are wall times in `zone`. Raises WindowError and ZoneError.
    """
    place, calendar = zone_named(zone), calendar_of(week_start, fiscal_year_start)
    if spec.name == SINCE_PREVIOUS:
        start, end = previous_slot or _BEGINNING, slot
    elif spec.name == RANGE:
        start, end = _range(spec, place)
    else:
        start, end = _named(spec.name, wall(slot, place).date(), place, calendar, back=0)
    return _window(start, end, zone, spec.name, slot)


def compared(
    window: Window,
    spec: WindowSpec,
    slot: datetime,
    *,
    week_start: str = "monday",
    fiscal_year_start: str = "01-01",
    previous_slot: datetime | None = None,
    earlier_slot: datetime | None = None,
) -> Window:
    """The window that `window` is compared with. `previous` is the same named period one step earlier; `same-days-…`
    are the same days of an earlier week, month, quarter or year (shorter months end earlier). Both are cut at the wall
    time of the slot, as the window itself is. Any other name or range is used as written. `earlier_slot`: the slot
    before `previous_slot`, for the previous of since-previous-slot. Raises WindowError if nothing lies before.
    """
    place, calendar = zone_named(window.zone), calendar_of(week_start, fiscal_year_start)
    if spec.name in _SAME_DAYS:
        start, end = _same_days(window, slot, place, *_SAME_DAYS[spec.name])
    elif spec.name == PREVIOUS:
        start, end = _previous(window, slot, place, calendar, earlier_slot)
    else:
        return resolve(
            spec,
            slot,
            window.zone,
            week_start=week_start,
            fiscal_year_start=fiscal_year_start,
            previous_slot=previous_slot,
        )
    return _window(start, end, window.zone, spec.name, slot)


def check_pair(window: WindowSpec, compare: WindowSpec) -> None:
    """The check that needs no slot. Raises WindowError for a comparison with a window that cannot exist."""
    if window.name == ALL_TIME and compare.name == PREVIOUS:
        raise WindowError("compare: previous has nothing before window: all-time", "write compare: none")


def _window(start: datetime, end: datetime, zone: str, name: str, slot: datetime) -> Window:
    return Window(start.astimezone(UTC), end.astimezone(UTC), zone, name, so_far=end > slot)


def _named(name: str, day: date, place: ZoneInfo, calendar: Calendar, *, back: int) -> tuple[datetime, datetime]:
    """`back` counts steps of the window's own length."""
    if name == ALL_TIME:
        return _BEGINNING, day_start(day + timedelta(days=1), place)
    if days := _LAST_DAYS.fullmatch(name):
        length = timedelta(days=int(days[1]))
        end = day - back * length
        return day_start(end - length, place), day_start(end, place)
    if name not in _NAMED:
        raise WindowError(f"{clipped(name)} is not a window", f"write one of {', '.join(WINDOW_NAMES)}, last-7d")
    unit, steps = _NAMED[name]
    first_day, after = period(unit, day, steps - back, calendar)
    start, end = day_start(first_day, place), day_start(after, place)
    # A day that a zone skipped is no "yesterday" (Apia, 30 December 2011); the day before it is.
    return (start, end) if start < end else _named(name, day - timedelta(days=1), place, calendar, back=back)


def _range(spec: WindowSpec, place: ZoneInfo) -> tuple[datetime, datetime]:
    if spec.start is None or spec.end is None:
        raise WindowError("a range without both start and end", "write {start: …, end: …}")
    start, end = (edge if edge.tzinfo else first(edge, place) for edge in (spec.start, spec.end))
    if end <= start:
        raise WindowError(f"a range that ends at {spec.end.isoformat()}, not after its start", "write a later end")
    return start, end


def _previous(
    window: Window, slot: datetime, place: ZoneInfo, calendar: Calendar, earlier_slot: datetime | None
) -> tuple[datetime, datetime]:
    if window.start <= _BEGINNING:
        raise WindowError(f"nothing lies before {window.name}", "write compare: none, or another window")
    if window.name == SINCE_PREVIOUS and earlier_slot is not None:
        return earlier_slot, window.start
    if window.name in (RANGE, SINCE_PREVIOUS):
        return _just_before(window, place), window.start
    start, end = _named(window.name, wall(slot, place).date(), place, calendar, back=1)
    if not window.so_far:
        return start, end
    return start, min(end, first(wall(start, place) + _elapsed(window, slot, place), place))


def _just_before(window: Window, place: ZoneInfo) -> datetime:
    """The same length as the window: whole days by wall time, less than a day by elapsed time."""
    length = window.end - window.start
    if length < timedelta(days=1):
        return window.start - length
    shown = wall(window.start, place)
    return first(shown - (wall(window.end, place) - shown), place)


def _elapsed(window: Window, slot: datetime, place: ZoneInfo) -> timedelta:
    """By wall time, so that Tuesday 09:00 is compared with Tuesday 09:00 even if clocks changed at the weekend."""
    return wall(slot, place) - wall(window.start, place)


def _same_days(window: Window, slot: datetime, place: ZoneInfo, days: int, months: int) -> tuple[datetime, datetime]:
    """The last instant is moved, not the end, so that 30 March compared with February is a day and not empty."""
    end = max(min(window.end, slot), window.start + _INSTANT)
    start = _moved(wall(window.start, place), days, months)
    last = _moved(wall(end - _INSTANT, place), days, months)
    if last < start:  # both edges moved to the last day of a short month, and their hours are in the wrong order
        last = start + (end - _INSTANT - window.start)
    return first(start, place), first(last + _INSTANT, place)


def _moved(shown: datetime, days: int, months: int) -> datetime:
    return datetime.combine(add_months(shown.date(), -months) - timedelta(days=days), shown.time())
