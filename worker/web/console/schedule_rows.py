"""Schedules as rows of a table: the last runs, what is due next, to whom."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from worker.domain.run import Run
from worker.domain.schedule import Schedule, Trigger
from worker.flow.operate.schedules import ScheduleRow
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
    """Texts for one row. `when`: the trigger. `runs`: oldest first; `counted`: the same in words. `due` and `due_in`:
    the next slot; empty where there is none. `readers`: how many. `paused`: until when, in words; None if it is not.
    `owner` and `tags`: links to the list of those that have them too.
    """

    id: str
    name: str
    href: str
    when: str
    last: ShownRun | None
    mark: StateMark
    runs: tuple[StateMark, ...]
    counted: str
    due: str
    due_in: str
    readers: int
    paused: str | None
    number: ShownNumber | None
    owner: FilterLink | None
    tags: tuple[FilterLink, ...]


async def shown_schedules(visit: Visit, rows: Iterable[ScheduleRow]) -> list[ShownSchedule]:
    return await together(_shown(visit, row) for row in rows)


def when(visit: Visit, trigger: Trigger) -> str:
    """As in "0 9 * * MON, Europe/Berlin" and "every 15 min"."""
    if trigger.kind == "cron":
        return f"{trigger.expression}, {trigger.zone}"
    return visit.w.every(trigger.seconds)


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
        when=when(visit, schedule.trigger),
        last=shown_run(visit, runs[0]) if runs else None,
        mark=run_mark(runs[0] if runs else None),
        runs=tuple(run_mark(run) for run in reversed(runs)),
        counted=", ".join(f"{n} {w.say(f'console.state.{name}')}" for name, n in marks.items()),
        due=w.stamp(due) if due else "",
        due_in=w.brief(max(0.0, (due - visit.now).total_seconds())) if due else "",
        readers=row.readers,
        paused=paused_words(visit, row),
        number=shown_number(visit, await numbers_of(visit, schedule, runs)),
        owner=_link(visit, "owner", schedule.owner) if schedule.owner else None,
        tags=tuple(_link(visit, "tag", tag) for tag in schedule.tags),
    )


def _link(visit: Visit, name: str, value: str) -> FilterLink:
    return FilterLink(visit.w.clean(value), f"{visit.to('schedules')}?{urlencode({name: value})}")
