"""Quiet hours of a reader: until when a delivery waits, and why."""

from datetime import datetime

from worker.domain.outcome import Deferred
from worker.domain.quiet import LONGEST, HolidayName, next_allowed, why_quiet
from worker.domain.reason import Reason
from worker.domain.schedule import Subscription
from worker.domain.time.zones import wall, zone_named


def quiet(holiday: HolidayName, entry: Subscription, moment: datetime) -> Deferred | None:
    """None if the reader may be written to at `moment`. A wait takes nothing from the time in which the delivery is
    tried, because only a newer run has better numbers.
    """
    if entry.quiet_hours is None:
        return None
    zone = zone_named(entry.zone)
    why = why_quiet(entry.quiet_hours, wall(moment, zone), holiday)
    if not why:
        return None
    until = next_allowed(entry.quiet_hours, moment, zone, holiday) or moment + LONGEST
    sentence = f"{why[0].upper()}{why[1:]}: it waits until {wall(until, zone):%a %d %b %Y %H:%M} ({entry.zone})."
    return Deferred(until, Reason.QUIET_HOURS, sentence, extends=True)
