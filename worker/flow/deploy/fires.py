"""Which runs of a schedule will fire, and when: what a plan lists."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain, islice, takewhile

from worker.domain.due.pauses import Pause
from worker.domain.due.spread import delay_of
from worker.domain.quiet import HolidayName
from worker.domain.schedule import Schedule, Timing, Trigger
from worker.domain.time.zones import wall, zone_named
from worker.flow.deploy.cost import DAY
from worker.flow.deploy.deploy import Changes
from worker.flow.run.tick import slot_claim
from worker.ports import Due, SlotClaim, Triggers

LIST = 500
"""Runs of one schedule that are listed one by one. The others are only counted."""


@dataclass(frozen=True, slots=True, order=True)
class Fire:
    """A run that will be claimed at `due`. That is later than its slot if the schedule is spread or was late."""

    due: datetime
    slot: datetime


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A time that a cron names on a public holiday, which is no slot. `name`: the holiday's."""

    at: datetime
    name: str


@dataclass(frozen=True, slots=True)
class Span:
    """The time from `now` to `until`, with the state of the ledger for each schedule."""

    triggers: Triggers
    now: datetime
    until: datetime
    pending: Mapping[str, datetime]
    pauses: Mapping[str, Pause]

    def at(self, schedule: Schedule, found: Changes) -> datetime | None:
        """When the schedule is due next, once the bundle is deployed."""
        return found.firsts[schedule.id] if schedule.id in found.firsts else self.pending.get(schedule.id)

    def pause(self, schedule: Schedule, was: Schedule | None) -> Pause | None:
        return Pause() if schedule.paused else self.pauses.get(was.id if was else schedule.id)

    def late(self, found: Changes, was: Schedule | None) -> list[Fire]:
        """Runs that a deployment claims first, because they were due under the definition in force."""
        return [Fire(self.now, run.key.slot) for c in found.overdue if was and c.schedule == was.id for run in c.runs]

    def day(self, schedule: Schedule, found: Changes, was: Schedule | None) -> Iterator[datetime]:
        """The slots of every run of the next 24 hours."""
        return (fire.slot for fire in self.within(schedule, found, was, self.now + DAY))

    def within(self, schedule: Schedule, found: Changes, was: Schedule | None, end: datetime) -> Iterator[Fire]:
        """Every run before `end`, lazily and without a limit."""
        pause, at = self.pause(schedule, was), self.at(schedule, found)
        return chain(self.late(found, was), fires(self.triggers, schedule.id, schedule, at, self.now, end, pause))

    def count(self, schedule: Schedule, found: Changes, was: Schedule | None, end: datetime) -> int:
        """How many runs there are before `end`."""
        at, pause = self.at(schedule, found), self.pause(schedule, was)
        return len(self.late(found, was)) + replace(self, until=end).first(schedule.id, schedule, at, pause)[1]

    def left_out(self, trigger: Trigger, holiday: HolidayName) -> tuple[LeftOut, ...]:
        """What the trigger's holidays leave out, the first `LIST` of it."""
        if not trigger.holidays:
            return ()
        zone = zone_named(trigger.zone)
        named = takewhile(
            lambda slot: slot < self.until, self.triggers.upcoming(replace(trigger, holidays=""), self.now)
        )
        found = ((slot, holiday(trigger.holidays, wall(slot, zone).date())) for slot in named)
        return tuple(islice((LeftOut(slot, name) for slot, name in found if name), LIST))

    def of(self, schedule: Schedule) -> tuple[Fire, ...]:
        """The runs of a schedule as it is deployed."""
        name = schedule.id
        return self.first(name, schedule, self.pending.get(name), self.pauses.get(name))[0]

    def first(
        self, name: str, timing: Timing, at: datetime | None, pause: Pause | None
    ) -> tuple[tuple[Fire, ...], int]:
        """The runs that are listed, and the number of all."""
        coming = fires(self.triggers, name, timing, at, self.now, self.until, pause)
        named = tuple(islice(coming, LIST))
        if len(named) < LIST:
            return named, len(named)
        if timing.trigger.kind != "every":
            return named, len(named) + sum(1 for _ in coming)
        end = self.until if timing.trigger.end is None else min(self.until, timing.trigger.end)
        rest = (end - named[-1].due - timedelta(microseconds=1)) // timedelta(seconds=timing.trigger.seconds)
        return named, len(named) + max(0, rest)


def fires(
    triggers: Triggers,
    name: str,
    timing: Timing,
    at: datetime | None,
    now: datetime,
    until: datetime,
    pause: Pause | None = None,
) -> Iterator[Fire]:
    """Runs of a schedule that is due next at `at`, before `until`. Slots that are due already fire now, as far as its
    `catch_up` allows.
    """
    claims: list[SlotClaim] = []
    while at is not None and at <= now:
        claim = slot_claim(triggers, {name: timing}, "", Due(name, at, pause), now)
        if claim is None:
            return
        claims.append(claim)
        at = claim.next_due
    yield from (Fire(now, run.key.slot) for claim in claims for run in claim.runs)
    if at is None or timing.paused:
        return
    delay = delay_of(name, timing.spread)
    for slot in chain([at - delay], triggers.upcoming(timing.trigger, at - delay)):
        due = slot + delay
        if due >= until or (pause is not None and pause.until is None):
            return
        if pause is None or pause.over(due):
            yield Fire(due, slot)
