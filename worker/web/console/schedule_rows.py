"""Schedules as rows of a table: the last runs, what is due next, to whom."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from worker.domain.run import Run
from worker.domain.schedule import Schedule, Timing
from worker.flow.operate.schedules import ScheduleRow
from worker.rendering.trigger_words import trigger_words
from worker.together import together
from worker.web.console.key_rows import ShownNumber, numbers_of, shown_number
from worker.web.console.page import Visit
from worker.web.console.states import StateMark, run_mark

LAST = 12
"""Runs that a row shows as shapes."""


@dataclass(frozen=True, slots=True)
class ShownRun:
    """`slot`: in words. `href`: its page."""

    mark: StateMark
    slot: str
    href: str


@dataclass(frozen=True, slots=True)
class FilterLink:
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class ShownSchedule:
    """Texts for one row. `when`: the trigger in words; `written`: as in the file, where that says more. `runs`: oldest
    first; `counted`: the same in words. `due` and `due_in`: the next slot, and in how long or how late; empty where
    there is none, and `never` says why. `receivers`: how many, through which channels. `paused`: until when, in words;
    None if it is not. `owner` and `tags`: links to the list of those that have them too.
    """

    id: str
    name: str
    href: str
    when: str
    written: str
    last: ShownRun | None
    mark: StateMark
    runs: tuple[StateMark, ...]
    counted: str
    due: str
    due_in: str
    never: str
    receivers: str
    paused: str | None
    number: ShownNumber | None
    owner: FilterLink | None
    tags: tuple[FilterLink, ...]


async def shown_schedules(visit: Visit, rows: Iterable[ScheduleRow]) -> list[ShownSchedule]:
    return await together(_shown(visit, row) for row in rows)


def when(visit: Visit, of: Timing) -> str:
    """As in "Mondays 09:00 CET" and "Every 15 minutes", and with the event if it has one."""
    words = trigger_words(visit.w, of.trigger, visit.now)
    return (
        visit.w.say("console.and_event", when=words) if of.event is not None and of.trigger.kind != "event" else words
    )


def when_written(visit: Visit, of: Timing) -> str:
    """The part that the file contains, for a person who knows cron: the expression, and the name of the event."""
    event = f"{of.event.connection}.{of.event.name}" if of.event is not None else ""
    return visit.w.clean(" · ".join(part for part in (of.trigger.expression, event) if part))


def never(visit: Visit, of: Timing) -> str:
    """The words if there is no next slot."""
    return visit.w.say("console.on_event" if of.event is not None else "console.never")


def from_now(visit: Visit, at: datetime) -> str:
    """As in "in 2 h 05" or, for a slot that no clock has claimed, "5 min 00 s late"."""
    seconds = (at - visit.now).total_seconds()
    if abs(seconds) < 1:
        return visit.w.say("console.now")
    span = visit.w.brief(seconds)
    return visit.w.say("console.in", span=span) if seconds > 0 else visit.w.say("console.late", late=span)


def shown_run(visit: Visit, run: Run) -> ShownRun:
    return ShownRun(run_mark(run), visit.w.stamp(run.key.slot), visit.to("run", str(run.key)))


def paused_words(visit: Visit, row: ScheduleRow) -> str | None:
    if row.pause is None:
        return None
    until = row.pause.until
    return visit.w.say("web.paused_until", date=visit.w.stamp(until)) if until else visit.w.say("web.paused")


def name_of(visit: Visit, schedule: Schedule) -> str:
    return visit.w.named(schedule.name, schedule.id)


async def _shown(visit: Visit, row: ScheduleRow) -> ShownSchedule:
    w, schedule = visit.w, row.schedule
    runs = await visit.uses.lookups.runs(schedule.id, LAST)
    marks = Counter(run_mark(run).name for run in runs)
    due = row.next_slot
    return ShownSchedule(
        id=schedule.id,
        name=name_of(visit, schedule),
        href=visit.to("schedule", schedule.id),
        when=when(visit, schedule),
        written=when_written(visit, schedule),
        last=shown_run(visit, runs[0]) if runs else None,
        mark=run_mark(runs[0] if runs else None),
        runs=tuple(run_mark(run) for run in reversed(runs)),
        counted=", ".join(f"{n} {w.say(f'console.state.{name}')}" for name, n in marks.items()),
        due=w.stamp(due) if due else "",
        due_in=from_now(visit, due) if due else "",
        never=never(visit, schedule),
        receivers=_receivers(visit, row),
        paused=paused_words(visit, row),
        number=shown_number(visit, await numbers_of(visit, schedule, runs)),
        owner=_link(visit, "owner", schedule.owner) if schedule.owner else None,
        tags=tuple(_link(visit, "tag", tag) for tag in schedule.tags),
    )


def _receivers(visit: Visit, row: ScheduleRow) -> str:
    """As in "every owner, 3 mail, 1 slack". Where nobody gets a digest, those who are told of alerts."""
    digests = [*row.schedule.to, *(one for one in row.made if one.alerts is None)]
    alerts = [*row.schedule.notify, *(one for one in row.made if one.alerts is not None)]
    entries = digests or alerts
    each = sorted({one.each for one in entries if one.each is not None})
    channels = Counter(one.channel for one in entries if one.each is None)
    said = [visit.w.say(f"console.each.{one}") for one in each]
    said += [f"{visit.w.count(n)}\u00a0{visit.w.clean(name)}" for name, n in channels.items()]
    text = ", ".join(said)
    return text if digests or not alerts else visit.w.say("console.on_alert", entries=text)


def _link(visit: Visit, name: str, value: str) -> FilterLink:
    return FilterLink(visit.w.clean(value), f"{visit.to('schedules')}?{urlencode({name: value})}")
