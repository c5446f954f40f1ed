"""When a schedule fires: its trigger, its events, its start and end, its tolerance for lateness, and its spread."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from worker.adapters.definitions.event import event_trigger
from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.model import ScheduleShape, WhenShape
from worker.adapters.definitions.place import Sheet, parsed
from worker.adapters.definitions.project import Project, zone_at
from worker.adapters.definitions.quiet_hours import calendar
from worker.adapters.definitions.shapes import read
from worker.adapters.definitions.times import instant, seconds
from worker.domain.due.slots import parse_every
from worker.domain.due.spread import shortest_interval
from worker.domain.schedule import CatchUp, EventTrigger, Trigger
from worker.domain.time import cron
from worker.domain.time.duration import DAY, written


@dataclass(frozen=True, slots=True)
class When:
    """`trigger` is None after a complaint. Durations are seconds."""

    zone: str
    catch_up: CatchUp = CatchUp.LATEST
    trigger: Trigger | None = None
    grace: int = 60
    within: int | None = None
    spread: int = 0
    event: EventTrigger | None = None


def when(sheet: Sheet, value: dict[str, Any], project: Project, beside: ScheduleShape | None, kinds: Registry) -> When:
    """`value`: the mapping under `when:`. `beside`: the keys next to it, None if they could not be read."""
    shaped = read(WhenShape, value, sheet, ("when",))
    piece = shaped.piece or WhenShape()
    zone_name = zone_at(sheet, ("when", "timezone"), piece.timezone, project.defaults.timezone)
    event = event_trigger(sheet, piece, project, kinds)
    made = When(zone_name, piece.catch_up, _trigger(sheet, piece, zone_name, kinds, sound=shaped.sound), event=event)
    return made if beside is None else _bounded(sheet, made, beside)


def _trigger(sheet: Sheet, piece: WhenShape, zone_name: str, kinds: Registry, *, sound: bool) -> Trigger | None:
    if piece.cron and piece.every:
        sheet.complain(("when", "every"), "`every` beside `cron`", "keep one of them", key=True)
    elif piece.cron:
        fields = parsed(sheet, ("when", "cron"), piece.cron, cron.parse, None)
        known = parsed(sheet, ("when", "holidays"), piece.holidays, partial(calendar, kinds=kinds), "")
        return Trigger("cron", zone_name, piece.cron, holidays=known) if fields else None
    elif piece.every and piece.holidays:
        expected = "leave it out, or write `quiet_hours: {holidays: …}` for readers"
        sheet.complain(("when", "holidays"), "`holidays` beside `every`, which is elapsed time", expected, key=True)
    elif piece.every:
        every = parsed(sheet, ("when", "every"), piece.every, parse_every, 0)
        return Trigger("every", zone_name, seconds=every) if every else None
    elif piece.event and piece.holidays:
        expected = "leave it out, or write `quiet_hours: {holidays: …}` for readers"
        sheet.complain(("when", "holidays"), "`holidays` without `cron`", expected, key=True)
    elif piece.event:
        return Trigger("event", zone_name)
    elif sound:
        expected = 'write `cron: "0 9 * * MON"`, `every: 15m` or `event: …`'
        sheet.complain(("when",), "`when` without `cron`, `every` or `event`", expected, key=True)
    return None


def _bounded(sheet: Sheet, made: When, beside: ScheduleShape) -> When:
    start = _edge(sheet, "start", beside.start, made.zone)
    end = _edge(sheet, "end", beside.end, made.zone)
    if start is not None and end is not None and end <= start:
        expected = "write a later instant: `start` is the first that counts, `end` the first that does not"
        sheet.complain(("end",), "`end` that is not after `start`", expected)
    spread = parsed(sheet, ("spread",), beside.spread, seconds, 0)
    if made.trigger is not None:
        _check_spread(sheet, made.trigger, spread)
    return replace(
        made,
        trigger=made.trigger and replace(made.trigger, start=start, end=end),
        grace=parsed(sheet, ("grace",), beside.grace, seconds, 60),
        within=parsed(sheet, ("within",), beside.within, seconds, None),
        spread=spread,
    )


def _edge(sheet: Sheet, name: str, text: str, zone_name: str) -> datetime | None:
    return parsed(sheet, (name,), text, lambda value: instant(value, zone_name), None)


def _check_spread(sheet: Sheet, trigger: Trigger, spread: int) -> None:
    """A spread past half the interval could put a run nearer to the next slot than to its own."""
    if trigger.kind == "event":
        if spread:
            found = "`spread` without `cron` or `every`: the run of an event is due when its debounce is over"
            sheet.complain(("spread",), found, "leave it out", key=True)
        return
    shortest = shortest_interval(trigger)
    if 2 * spread >= shortest:
        apart = "at least a day" if shortest == DAY else written(shortest)
        found = f"`spread` of {written(spread)}, where two slots lie {apart} apart"
        half = (shortest - 1) // 2
        expected = f"write at most {written(half)}" if half else "leave it out"
        sheet.complain(("spread",), found, expected)
