"""The days and the wall times that a cron line names, by walking through its months.

This is for lines with days that have no fixed number (`CronFields.month_days`).
"""

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time

from worker.domain.time.cron import CronFields
from worker.domain.time.month_days import IsHoliday

_LAST_YEAR = 9999


def next_wall(fields: CronFields, shown: datetime, is_holiday: IsHoliday) -> datetime | None:
    """The first wall time strictly after `shown` (both naive) that the fields name."""
    times = [time(hour, minute) for hour in fields.hour for minute in fields.minute]
    for year, month in _months(shown.year, shown.month, fields.month):
        for day in _days(fields, year, month, is_holiday):
            later = bisect_right(times, shown.time()) if day == shown.date() else 0
            if day >= shown.date() and later < len(times):
                return datetime.combine(day, times[later])
    return None


def _months(year: int, month: int, named: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    while year <= _LAST_YEAR:
        if month in named:
            yield year, month
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _days(fields: CronFields, year: int, month: int, is_holiday: IsHoliday) -> list[date]:
    """The days of a month, ascending: those that both day fields have as numbers, and those of `month_days`."""
    numbers = {one.day(year, month, is_holiday) for one in fields.month_days}
    days = (date(year, month, number) for number in range(1, monthrange(year, month)[1] + 1))
    return [day for day in days if day.day in numbers or (day.day in fields.day and day.weekday() in fields.weekday)]
