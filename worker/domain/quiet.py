"""Quiet hours: when a reader is not to be written to, and the next instant at which the reader may be.

An instant is judged by the local time in the reader's zone. So an hour that comes twice is treated the same both times,
and an hour that is skipped is never waited for.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from worker.domain.time.zones import steady_until, wall

HolidayName = Callable[[str, date], str]
"""The name of the public holiday that a calendar (DE-BE) has on a day, empty for none."""

WEEK = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
"""As definitions write weekdays."""

EVERY_DAY = tuple(range(7))
LONGEST = timedelta(days=366)
"""How far ahead an allowed instant is searched. A definition that has none within it is refused."""

_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MIDNIGHT = time()


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Nothing is sent from `begins` until `ends` (wall time, half open; over midnight where `ends` is earlier), on a
    weekday that is not in `days` (Monday is 0), and on a public holiday of the calendar `holidays` (such as DE-BE;
    empty for none). `begins` and `ends` are both None where only days count.
    """

    begins: time | None = None
    ends: time | None = None
    days: tuple[int, ...] = EVERY_DAY
    holidays: str = ""


def within_days(hours: QuietHours | None, days: tuple[int, ...]) -> QuietHours | None:
    """Quiet hours restricted to `days`, on which anything may be sent."""
    if days == EVERY_DAY:
        return hours
    own = hours or QuietHours()
    return replace(own, days=tuple(day for day in own.days if day in days))


def why_quiet(hours: QuietHours, shown: datetime, holiday: HolidayName) -> str:
    """Why nothing is sent when the reader's clock shows `shown` (naive): a clause; empty if sending is allowed."""
    if shown.weekday() not in hours.days:
        return f"nothing is sent on a {_DAY_NAMES[shown.weekday()]}"
    name = holiday(hours.holidays, shown.date()) if hours.holidays else ""
    if name:
        return f"{name} is a public holiday in {hours.holidays}"
    begins, ends, now = hours.begins, hours.ends, shown.time()
    if begins is None or ends is None:
        return ""
    inside = begins <= now < ends if begins < ends else now >= begins or now < ends
    return f"quiet hours are from {begins:%H:%M} to {ends:%H:%M}" if inside else ""


def next_allowed(hours: QuietHours, moment: datetime, zone: ZoneInfo, holiday: HolidayName) -> datetime | None:
    """The earliest instant, at `moment` or after it, at which the reader may be written to. None if there is none
    within `LONGEST`.

    Between two changes of clocks, wall time and elapsed time are the same, so the search goes from change to change.
    """
    end = moment + LONGEST
    while moment < end:
        steady = steady_until(moment, zone)
        shown = wall(moment, zone)
        last = shown + (steady - moment)
        named = _next_wall(hours, shown, last, holiday)
        if named < last:
            return moment + (named - shown)
        moment = steady
    return None


def _next_wall(hours: QuietHours, shown: datetime, last: datetime, holiday: HolidayName) -> datetime:
    """The first allowed wall time from `shown` on; `last` or later if there is none before `last`."""
    while shown < last and why_quiet(hours, shown, holiday):
        day_is_allowed = not why_quiet(QuietHours(days=hours.days, holidays=hours.holidays), shown, holiday)
        ends = hours.ends if day_is_allowed and hours.ends is not None else _MIDNIGHT
        at = datetime.combine(shown.date(), ends)
        shown = at if at > shown else datetime.combine(shown.date() + timedelta(days=1), _MIDNIGHT)
    return shown
