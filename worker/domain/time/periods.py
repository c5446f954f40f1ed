"""Calendar periods as pairs of days: weeks, months, and the quarters and years of a fiscal calendar."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from worker.domain.time.duration import TimeWordError, clipped

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH_DAY = re.compile(r"(\d{2})-(\d{2})", re.ASCII)


class WindowError(TimeWordError):
    pass


@dataclass(frozen=True, slots=True)
class Calendar:
    """`week_start` as `date.weekday()` counts. The fiscal year begins on `month`-`day`. `calendar_of` makes one."""

    week_start: int = 0
    month: int = 1
    day: int = 1

    def year_start(self, year: int) -> date:
        return date(year, self.month, self.day)

    def year_of(self, day: date) -> int:
        """The fiscal year of `day`, named by the calendar year in which it begins."""
        return day.year if day >= self.year_start(day.year) else day.year - 1


def calendar_of(week_start: str, fiscal_year_start: str) -> Calendar:
    """A calendar from the words in `defaults`. Raises WindowError."""
    if week_start.lower() not in WEEKDAYS:
        raise WindowError(f"{clipped(week_start)} is not a day of the week", f"write one of {', '.join(WEEKDAYS)}")
    found = _MONTH_DAY.fullmatch(fiscal_year_start)
    month, day = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= month <= 12 or not 1 <= day <= monthrange(2023, month)[1]:
        raise WindowError(
            f"{clipped(fiscal_year_start)} is not a day that every year has", "write month and day such as 04-01"
        )
    return Calendar(WEEKDAYS.index(week_start.lower()), month, day)


def add_months(day: date, months: int) -> date:
    """The same day of another month, or that month's last day if it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def period(unit: str, day: date, steps: int, calendar: Calendar) -> tuple[date, date]:
    """The first day, and the first day after, of the day, week, month, quarter or year that lies `steps` from that of
    `day`.
    """
    if unit == "day":
        return _days(day + timedelta(days=steps), 1)
    if unit == "week":
        return _days(day + timedelta(days=7 * steps - (day.weekday() - calendar.week_start) % 7), 7)
    if unit == "month":
        start = add_months(day.replace(day=1), steps)
        return start, add_months(start, 1)
    if unit == "quarter":
        return _quarter(day, steps, calendar)
    year = calendar.year_of(day) + steps
    return calendar.year_start(year), calendar.year_start(year + 1)


def _days(start: date, count: int) -> tuple[date, date]:
    return start, start + timedelta(days=count)


def _quarter(day: date, steps: int, calendar: Calendar) -> tuple[date, date]:
    """Computed from the start of the year, so that the quarters of a year that begins on the 31st have no gap between
    them.
    """
    year = calendar.year_of(day)
    current = sum(_quarter_start(calendar, 4 * year + number) <= day for number in (1, 2, 3))
    number = 4 * year + current + steps
    return _quarter_start(calendar, number), _quarter_start(calendar, number + 1)


def _quarter_start(calendar: Calendar, number: int) -> date:
    year, quarter = divmod(number, 4)
    return add_months(calendar.year_start(year), 3 * quarter)
