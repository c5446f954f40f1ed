"""How far calendars of public holidays are known. Nobody knows the holidays of a distant year, and some calendars end
soon.

After its last year a calendar has no holidays: a schedule then also runs on days that may be holidays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from worker.domain.schedule import Schedule, Subscription, Trigger
from worker.domain.time.zones import wall, zone_named

LastYear = Callable[[str], int]
"""The last year of which a calendar (DE-BE) has the holidays."""


@dataclass(frozen=True, slots=True)
class CalendarEnd:
    """A calendar that is used after its `last_year`."""

    calendar: str
    last_year: int

    def __str__(self) -> str:
        return (
            f"public holidays of {self.calendar} are known until {self.last_year}; from 1 January "
            f"{self.last_year + 1} on, every day counts as none"
        )


def calendar_ends(schedule: Schedule, until: datetime, last_year: LastYear) -> tuple[CalendarEnd, ...]:
    """The calendars of a schedule and of its readers that end before `until`."""
    used: tuple[Trigger | Subscription, ...] = (schedule.trigger, *schedule.entries)
    found = (_end(*_calendar(one), until, last_year) for one in used)
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _calendar(of: Trigger | Subscription) -> tuple[str, str]:
    """The calendar, empty for none, and the zone in which its days are."""
    if isinstance(of, Trigger):
        return of.holidays, of.zone
    return of.not_sent.holidays if of.not_sent is not None else "", of.zone


def _end(calendar: str, zone: str, until: datetime, last_year: LastYear) -> CalendarEnd | None:
    if not calendar or wall(until, zone_named(zone)).year <= last_year(calendar):
        return None
    return CalendarEnd(calendar, last_year(calendar))


def ends_of(schedules: Sequence[Schedule], until: datetime, last_year: LastYear) -> tuple[CalendarEnd, ...]:
    """Of several schedules, each calendar once."""
    return tuple(dict.fromkeys(end for one in schedules for end in calendar_ends(one, until, last_year)))
