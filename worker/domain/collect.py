"""Collected digests: the fixed times at which a reader gets them in one message."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from worker.domain.schedule import Collect, Schedule, Subscription, Trigger
from worker.domain.time.zones import first, wall

AT = time(8)
"""On the reader's clock: every day, or every Monday."""

_WEEK = 7


def trigger_of(schedule: Schedule, entry: Subscription) -> Trigger:
    """What names the instants at which a reader is sent something: the schedule's trigger, or the fixed times."""
    if entry.collect is Collect.NONE:
        return schedule.trigger
    days = "*" if entry.collect is Collect.DAILY else "MON"
    return Trigger("cron", entry.zone, f"{AT.minute} {AT.hour} * * {days}")


def next_collection(collect: Collect, moment: datetime, zone: ZoneInfo) -> datetime | None:
    """The first fixed time after `moment`; None for a reader whose digests are not collected. A digest that is due
    exactly at a fixed time waits for the next one, so that a message contains what was due before it.
    """
    if collect is Collect.NONE:
        return None
    today = wall(moment, zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(_WEEK + 2))
    times = (first(datetime.combine(day, AT), zone) for day in days if collect is Collect.DAILY or day.weekday() == 0)
    return next(at for at in times if at > moment)
