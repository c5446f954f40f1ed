"""Days that have no fixed number in a month: the last day, the first and the last working day, the second Tuesday.

Cron itself has none of these. Quartz, croniter and cronsim write them L, LW, MON#1 and 5L, and so do we. Quartz counts
weekdays from Sunday = 1; we count as crontab does, so that 5L is the last Friday.
https://www.quartz-scheduler.org/documentation/quartz-2.3.0/tutorials/crontrigger.html
"""

from calendar import monthrange
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

IsHoliday = Callable[[date], bool]

LAST = -1
"""The `nth` of the last weekday of a month."""

_CLOSE = 0.85
"""How similar a mistyped day must be to a known one, from 0 to 1. "last monday" is less similar to last-day."""

_FRIDAY = 4
_LEAP_YEAR = 2024


@dataclass(frozen=True, slots=True)
class FromEnd:
    """The day that is `before` days before the last day of a month. The last day itself has 0."""

    before: int = 0

    def day(self, year: int, month: int, _: IsHoliday) -> int | None:
        number = monthrange(year, month)[1] - self.before
        return number if number > 0 else None


@dataclass(frozen=True, slots=True)
class WorkingDay:
    """The first or the last working day of a month: Monday to Friday, and no public holiday."""

    last: bool

    def day(self, year: int, month: int, is_holiday: IsHoliday) -> int | None:
        days = range(1, monthrange(year, month)[1] + 1)
        for number in reversed(days) if self.last else days:
            day = date(year, month, number)
            if day.weekday() <= _FRIDAY and not is_holiday(day):
                return number
        return None


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """`weekday`: Monday is 0. `nth`: 1 to 5, or LAST. A month without a fifth one has no such day."""

    weekday: int
    nth: int

    def day(self, year: int, month: int, _: IsHoliday) -> int | None:
        first_weekday, length = monthrange(year, month)
        days = range(1 + (self.weekday - first_weekday) % 7, length + 1, 7)
        if self.nth == LAST:
            return days[-1]
        return days[self.nth - 1] if self.nth <= len(days) else None


MonthDay = FromEnd | WorkingDay | NthWeekday


def longest(month: int) -> int:
    """The number of days that a month can have."""
    return monthrange(_LEAP_YEAR, month)[1]


def meant_day(fields: Sequence[str], known: Iterable[str]) -> str:
    """What to write if the fields of an expression are too many because a day is mistyped in several words, such as
    "last workng day"; "" if they are not. `known`: words for days.
    """
    words = len(fields) - 4
    named = [name for name in known if "-" in name] if 2 <= words <= 3 else []
    tried = ("-".join(fields[start : start + words]).lower() for start in range(5))
    close = (found for text in tried for found in get_close_matches(text, named, n=1, cutoff=_CLOSE))
    return next((f"did you mean `{found}`?" for found in close), "")
