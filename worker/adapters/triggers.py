"""Triggers. APScheduler does only the arithmetic of cron fields. Days that have no fixed number in a month are not
its own (worker.domain.time.cron_days), because its working days know no holidays.

Its trigger runs on wall-clock times labelled UTC, because with a real zone it fires twice in the repeated hour. Its
weekday 0 is Monday (issue 286), so it gets our own numbers. Asked at a slot without a previous time it returns `now`,
so it is always asked for the next whole minute.
https://apscheduler.readthedocs.io/en/3.x/modules/triggers/cron.html
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial

from apscheduler.triggers.cron import CronTrigger

from worker.domain.due.slots import every_after, every_before, following
from worker.domain.quiet import HolidayName
from worker.domain.schedule import Trigger
from worker.domain.time import cron, cron_days
from worker.domain.time.cron import CronFields
from worker.domain.time.month_days import IsHoliday
from worker.domain.time.zones import day_start, wall, zone_named

_NextNamed = Callable[[datetime, IsHoliday], datetime | None]
"""The first wall time (naive) strictly after the given one that a cron line names."""

_MINUTE = timedelta(minutes=1)
_INSTANT = timedelta(microseconds=1)
_LONGEST = timedelta(days=80 * 366)
_END_OF_TIME = 9000  # year; leaves room for every zone's offset before datetime's end
_RANGES = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 6)}


def _no_calendar(calendar: str, day: date) -> str:
    raise KeyError(f"{calendar} on {day}")


class ApTriggers:
    """Caches answers by (trigger, after): many schedules share one cron line, and a tick asks for all of them.
    `holiday`: the public holidays that triggers leave out. Without it no trigger may have any.
    """

    def __init__(self, holiday: HolidayName = _no_calendar, *, memo: int = 16_384) -> None:
        self._holiday = holiday
        self._next = lru_cache(maxsize=memo)(self._found)

    def next(self, trigger: Trigger, after: datetime) -> datetime | None:
        """The first slot strictly after `after`, in UTC. Raises TimeWordError for a definition that `check` refuses."""
        return self._next(trigger, after)

    def upcoming(self, trigger: Trigger, after: datetime) -> Iterator[datetime]:
        """Every slot after `after`, lazily, mostly without end. Not cached: a long plan would flush the cache."""
        slot = self._found(trigger, after)
        while slot is not None:
            yield slot
            slot = self._found(trigger, slot)

    def previous(self, trigger: Trigger, before: datetime) -> datetime | None:
        """The last slot strictly before `before`, where a window `since-previous-slot` begins. None if there is none
        within 80 years.
        """
        if trigger.end is not None:
            before = min(before, trigger.end)
        if trigger.kind == "event":
            return None
        if trigger.kind == "every":
            return every_before(trigger.seconds, trigger.start, before)
        span = _MINUTE
        while span < _LONGEST:
            span *= 2
            found = self._found(trigger, before - span)
            if found is not None and found < before:
                return self._closest(trigger, found, before)
        return None

    def _closest(self, trigger: Trigger, low: datetime, before: datetime) -> datetime:
        """The engine only looks forward, so this halves the interval between a slot and `before` until no slot is in
        it.
        """
        high = before
        while high - low > _INSTANT:
            middle = low + (high - low) / 2
            found = self._found(trigger, middle)
            if found is not None and found < before:
                low = found
            else:
                high = middle
        return low

    def _found(self, trigger: Trigger, after: datetime) -> datetime | None:
        """The next slot. A holiday is left out as a whole day in the trigger's zone."""

        def is_holiday(day: date) -> bool:
            return bool(trigger.holidays) and bool(self._holiday(trigger.holidays, day))

        slot = _next(trigger, after, is_holiday)
        if not trigger.holidays:
            return slot
        zone = zone_named(trigger.zone)
        while slot is not None and is_holiday(wall(slot, zone).date()):
            tomorrow = wall(slot, zone).date() + timedelta(days=1)
            slot = _next(trigger, day_start(tomorrow, zone) - _INSTANT, is_holiday)
        return slot


def _next(trigger: Trigger, after: datetime, is_holiday: IsHoliday) -> datetime | None:
    if trigger.kind == "event":
        return None
    begins = trigger.start or after
    if max(after.year, begins.year) >= _END_OF_TIME or (trigger.end is not None and after >= trigger.end):
        return None
    slot = _endless(trigger, after, is_holiday)
    return None if slot is None or (trigger.end is not None and slot >= trigger.end) else slot


def _endless(trigger: Trigger, after: datetime, is_holiday: IsHoliday) -> datetime | None:
    """The next slot without regard to `end`."""
    if trigger.kind == "every":
        return every_after(trigger.seconds, trigger.start, after)
    if trigger.start is not None and after < trigger.start:
        after = trigger.start - _INSTANT
    fields, next_wall = _compiled(trigger.expression)
    zone = zone_named(trigger.zone)
    return following(after, zone, lambda shown: next_wall(shown, is_holiday), both_of_twice=fields.both_of_twice)


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> tuple[CronFields, _NextNamed]:
    fields = cron.parse(expression)
    return fields, partial(cron_days.next_wall, fields) if fields.month_days else _engine(fields)


def _engine(fields: CronFields) -> _NextNamed:
    names = {"minute": fields.minute, "hour": fields.hour, "day": fields.day, "month": fields.month}
    given = {name: _text(values, name) for name, values in names.items()}
    engine = CronTrigger(**given, day_of_week=_text(fields.weekday, "weekday"), second="0", timezone=UTC)

    def next_wall(shown: datetime, _: IsHoliday) -> datetime | None:
        from_minute = shown.replace(second=0, microsecond=0, tzinfo=UTC) + _MINUTE
        found: datetime | None = engine.get_next_fire_time(None, from_minute)
        return None if found is None else found.replace(tzinfo=None)

    return next_wall


def _text(values: tuple[int, ...], field: str) -> str:
    """Values as a range where possible. The engine walks through the items of a list at every step, but computes with a
    range.
    """
    low, high = values[0], values[-1]
    if (low, high) == _RANGES[field] and len(values) == high - low + 1:
        return "*"
    step = (high - low) // (len(values) - 1) if len(values) > 1 else 1
    if len(values) > 2 and values == tuple(range(low, high + 1, step)):
        return f"{low}-{high}/{step}"
    return ",".join(map(str, values))
