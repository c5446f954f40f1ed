"""What a plan says about messages: which wait for the end of quiet hours, and how many reach each address in a week."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, zip_longest

from worker.domain.outcome import Deferred
from worker.domain.quiet import HolidayName, QuietHours
from worker.domain.reason import Reason
from worker.domain.schedule import CatchUp, Collect, Schedule, Send, Subscription
from worker.flow.deploy.deploy import Changes
from worker.flow.deploy.fires import Fire, Span
from worker.flow.run.quiet import collected, quiet
from worker.flow.run.readers import WEBHOOK, entries

WEEK = timedelta(days=7)

MOST = 20_000
"""Runs of one schedule that are looked at for quiet hours. A run every thirty seconds is one of them."""

Clock = tuple[QuietHours | None, Collect, str]
"""Readers with the same quiet hours, days, fixed times and zone wait alike."""


@dataclass(frozen=True, slots=True)
class Shift:
    """The digests of a run that wait until `until`. `readers`: their ids. `superseded`: a later run replaces them
    before that, so they are not sent. `reason`: what they wait for, quiet_hours or collected.
    """

    until: datetime
    zone: str
    sentence: str
    readers: tuple[str, ...]
    superseded: bool
    reason: Reason = Reason.QUIET_HOURS


@dataclass(frozen=True, slots=True)
class Messages:
    """How many messages one address gets in the next seven days. `at_most`: some are left out if nothing changed, or if
    there is nothing to show. `more`: there are more runs than are counted.
    """

    channel: str
    address: str
    count: int
    at_most: bool
    more: bool


def shifts(holiday: HolidayName, schedule: Schedule, fires: Sequence[Fire]) -> dict[Fire, tuple[Shift, ...]]:
    """By run. `fires`: the runs that are listed, in the order in which they are due."""
    alike = _alike(schedule)
    found = dict[Fire, tuple[Shift, ...]]()
    for fire, following in zip_longest(fires, fires[1:]):
        for (*_, zone), (entry, ids) in alike.items():
            waits = _waits(holiday, entry, fire)
            if waits is not None:
                over = _gives_way(schedule, waits, following)
                one = Shift(waits.until, zone, waits.sentence, tuple(ids), superseded=over, reason=waits.reason)
                found[fire] = (*found.get(fire, ()), one)
    return found


def messages(
    holiday: HolidayName, span: Span, schedules: Mapping[str, Schedule], found: Changes, was: Mapping[str, Schedule]
) -> tuple[Messages, ...]:
    """For each address over all schedules, the most messages first. `was`: the deployed schedules by their new ids."""
    counts, less, more = defaultdict[tuple[str, str], int](int), set[tuple[str, str]](), set[tuple[str, str]]()
    for name, schedule in schedules.items():
        by_clock: dict[Clock, tuple[int, bool]] = {}
        for entry in schedule.to:
            clock, address = _clock(entry), (entry.channel, _address(entry))
            if clock not in by_clock:
                by_clock[clock] = _count(holiday, span, schedule, entry, found, was.get(name))
            count, cut = by_clock[clock]
            for who in (address, *((entry.channel, copy) for copy in entry.cc)):
                counts[who] += count
                less |= {who} if count and (entry.send is not Send.ALWAYS or entry.skip_if_empty) else set()
                more |= {who} if cut else set()
    rows = [Messages(*one, count, at_most=one in less, more=one in more) for one, count in counts.items()]
    return tuple(sorted(rows, key=lambda row: (-row.count, row.channel, row.address)))


def _alike(schedule: Schedule) -> dict[Clock, tuple[Subscription, list[str]]]:
    found: dict[Clock, tuple[Subscription, list[str]]] = {}
    for reader, entry in entries(schedule).items():
        if _may_wait(entry):
            found.setdefault(_clock(entry), (entry, []))[1].append(reader)
    return found


def _address(entry: Subscription) -> str:
    """The owners of deals are known only after a run has fetched, so all of them share one line."""
    return f"each {entry.each}" if entry.each else entry.address or WEBHOOK


def _clock(entry: Subscription) -> Clock:
    return entry.not_sent, entry.collect, entry.zone if _may_wait(entry) else ""


def _may_wait(entry: Subscription) -> bool:
    return entry.not_sent is not None or entry.collect is not Collect.NONE


def _waits(holiday: HolidayName, entry: Subscription, fire: Fire) -> Deferred | None:
    return collected(holiday, entry, fire.slot, fire.due) or quiet(holiday, entry, fire.due)


def _gives_way(schedule: Schedule, waits: Deferred, following: Fire | None) -> bool:
    """A collected digest that is due is part of the message of its time, also if a newer run comes then."""
    if schedule.catch_up is CatchUp.ALL or following is None:
        return False
    return following.due < waits.until or (following.due == waits.until and waits.reason is Reason.QUIET_HOURS)


def _count(
    holiday: HolidayName, span: Span, schedule: Schedule, entry: Subscription, found: Changes, was: Schedule | None
) -> tuple[int, bool]:
    """Messages to a reader like `entry`, and whether there are more runs than were looked at."""
    end = span.now + WEEK
    if not _may_wait(entry):
        return span.count(schedule, found, was, end), False
    fires = list(islice(span.within(schedule, found, was, end), MOST + 1))
    return _sent(holiday, schedule, entry, fires[:MOST], end), len(fires) > MOST


def _sent(holiday: HolidayName, schedule: Schedule, entry: Subscription, fires: Sequence[Fire], end: datetime) -> int:
    count = 0
    for fire, following in zip_longest(fires, fires[1:]):
        waits = _waits(holiday, entry, fire)
        count += waits is None or (waits.until < end and not _gives_way(schedule, waits, following))
    return count
