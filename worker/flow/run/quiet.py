"""Quiet hours and fixed times of a reader: until when a delivery waits, and why."""

from datetime import datetime

from worker.domain.collect import next_collection
from worker.domain.outcome import Deferred
from worker.domain.quiet import LONGEST, HolidayName, next_allowed, why_quiet
from worker.domain.reason import Reason
from worker.domain.schedule import Subscription
from worker.domain.time.zones import wall, zone_named


def quiet(holiday: HolidayName, entry: Subscription, moment: datetime) -> Deferred | None:
    """None if the reader may be written to at `moment`. A wait takes nothing from the time in which the delivery is
    tried, because only a newer run has better numbers.
    """
    if entry.not_sent is None:
        return None
    zone = zone_named(entry.zone)
    why = why_quiet(entry.not_sent, wall(moment, zone), holiday)
    if not why:
        return None
    until = next_allowed(entry.not_sent, moment, zone, holiday) or moment + LONGEST
    sentence = f"{why[0].upper()}{why[1:]}: it waits until {wall(until, zone):%a %d %b %Y %H:%M} ({entry.zone})."
    return Deferred(until, Reason.QUIET_HOURS, sentence, extends=True)


def collected(holiday: HolidayName, entry: Subscription, oldest: datetime, moment: datetime) -> Deferred | None:
    """None if the reader's digests are not collected, or if it is time. `oldest`: the slot of the oldest digest that
    the message tells of. It decides, so that a newer run that takes the place of a message that is due does not put it
    off.
    """
    zone = zone_named(entry.zone)
    at = next_collection(entry.collect, oldest, zone)
    if at is None or at <= moment:
        return None
    until = at if entry.not_sent is None else next_allowed(entry.not_sent, at, zone, holiday) or at
    sentence = (
        f"This reader's digests are collected ({entry.collect}): "
        f"it waits until {wall(until, zone):%a %d %b %Y %H:%M} ({entry.zone})."
    )
    return Deferred(until, Reason.COLLECTED, sentence, extends=True)
