"""Time ranges of Close's funnel reports: named ranges in the caller's offset, explicit ranges, and comparisons."""

import calendar
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any

from worker.sandbox.close_filters import CloseRefusal

Range = tuple[datetime, datetime]
BACK = {"same-days-last-month": 1, "same-days-last-quarter": 3, "same-days-last-year": 12}
UNITS = ("week", "month", "quarter", "year")
NAMES = ("today", "yesterday", "all-time", *(f"{which}-{unit}" for which in ("this", "last") for unit in UNITS))


def offset(text: str | None) -> timezone:
    """x-tz-offset: signed hours, half hours as decimals. Raises CloseRefusal."""
    try:
        return timezone(timedelta(hours=float(text or "0")))
    except (ValueError, OverflowError):
        raise CloseRefusal("x-tz-offset", f"Not a valid offset: {text}") from None


def named(field: str, name: Any, now: datetime, zone: timezone) -> Range:
    """A half-open range in UTC. this-… ends at the end of its whole period. Raises CloseRefusal."""
    if name not in NAMES:
        raise CloseRefusal(field, f"Not a valid choice: {name}")
    day = datetime.combine(now.astimezone(zone), time(), zone)
    if name == "all-time":
        return datetime(1970, 1, 1, tzinfo=UTC), day + timedelta(days=1)
    if name in {"today", "yesterday"}:
        start = day - timedelta(days=1) if name == "yesterday" else day
        return start, start + timedelta(days=1)
    which, unit = name.split("-")
    return _period(day, unit, -1 if which == "last" else 0)


def _period(day: datetime, unit: str, steps: int) -> Range:
    if unit == "week":
        start = day - timedelta(days=day.weekday()) + timedelta(weeks=steps)
        return start, start + timedelta(weeks=1)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = day.replace(day=1, month=(day.month - 1) // months * months + 1)
    start = shifted(first, steps * months)
    return start, shifted(start, months)


def shifted(at: datetime, months: int) -> datetime:
    """The same day and time some months away, or the last day of that month if the day does not exist in it."""
    index = at.year * 12 + at.month - 1 + months
    year, month = divmod(index, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, calendar.monthrange(year, month + 1)[1]))


def explicit(field: str, given: Any) -> Range:
    """{"start", "end"} with offsets. Raises CloseRefusal."""
    if not isinstance(given, Mapping):
        raise CloseRefusal(field, "Not a valid time range.")
    ends = []
    for name in ("start", "end"):
        try:
            at = datetime.fromisoformat(given[name])
        except KeyError:
            raise CloseRefusal(field, f"{name}: This field is required.") from None
        except (TypeError, ValueError):
            raise CloseRefusal(field, f"{name}: Not a valid datetime.") from None
        ends.append(at if at.tzinfo else at.replace(tzinfo=UTC))
    if ends[0] >= ends[1]:
        raise CloseRefusal(field, "start must be before end.")
    return ends[0], ends[1]


def base_range(body: Mapping[str, Any], stem: str, now: datetime, zone: timezone) -> Range | None:
    """`<stem>_relative_range` or `<stem>_datetime_range`. None when neither is given. Raises CloseRefusal when both are
    given.
    """
    relative, absolute = f"{stem}_relative_range", f"{stem}_datetime_range"
    if body.get(relative) is not None and body.get(absolute) is not None:
        raise CloseRefusal(absolute, f"Cannot be combined with {relative}.")
    if body.get(relative) is not None:
        return named(relative, body[relative], now, zone)
    if body.get(absolute) is not None:
        return explicit(absolute, body[absolute])
    return None


def compared_range(body: Mapping[str, Any], stem: str, base: Range, now: datetime, zone: timezone) -> Range | None:
    """The range of the comparison if one is asked for. `stem` is the range that it must be given with. Raises
    CloseRefusal.
    """
    asked = [name for name in ("relative_range", "datetime_range", "custom_range") if body.get(f"compared_{name}")]
    if not asked:
        return None
    field = f"compared_{asked[0]}"
    if len(asked) > 1:
        raise CloseRefusal(f"compared_{asked[1]}", f"Cannot be combined with {field}.")
    given = body[field]
    if asked[0] == "custom_range":
        return explicit(field, given)
    if not body.get(f"{stem}_{asked[0]}"):
        raise CloseRefusal(field, f"Can only be used with {stem}_{asked[0]}.")
    if asked[0] == "relative_range":
        return named(field, given, now, zone)
    if given == "same-days-last-week":
        return base[0] - timedelta(weeks=1), base[1] - timedelta(weeks=1)
    if given not in BACK:
        raise CloseRefusal(field, f"Not a valid choice: {given}")
    return shifted(base[0], -BACK[given]), shifted(base[1], -BACK[given])
