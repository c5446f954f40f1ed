"""One file below schedules/: what fires it, what it asks, whom it tells."""

import re
from typing import Any

from worker.adapters.definitions.entries import entries, fallback
from worker.adapters.definitions.items import Context, Report, report
from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.model import DigestShape, ScheduleShape, WhenShape
from worker.adapters.definitions.place import Sheet
from worker.adapters.definitions.project import Project, parsed
from worker.adapters.definitions.shapes import read
from worker.adapters.definitions.times import one_line, seconds, zone
from worker.adapters.definitions.words import advice, described
from worker.domain import cron
from worker.domain.schedule import CatchUp, Follow, Item, Schedule, Trigger
from worker.domain.slots import parse_every

ID = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+)*")
_SLICES = ("_limit", "_skip")


def schedule(sheet: Sheet, schedule_id: str, project: Project, kinds: Registry) -> Schedule | None:
    """None after a complaint."""
    before = sheet.count
    shaped = read(ScheduleShape, sheet.document.value, sheet, ()).piece
    if shaped is None:
        _pieces_of_a_broken_one(sheet, project, kinds)
        return None
    trigger, catch_up, context = _when(sheet, shaped.when, project, kinds)
    asked = report(context, shaped.report)
    digest = read(DigestShape, shaped.digest, sheet, ("digest",)).piece or DigestShape()
    to = entries(context, shaped.to, fallback(context, digest, asked.names))
    _check_bridge(sheet, digest.bridge, asked)
    _check_catch_up(sheet, catch_up, asked)
    name = parsed(sheet, ("name",), shaped.name, one_line, schedule_id)
    within = parsed(sheet, ("within",), shaped.within, seconds, 0)
    grace = parsed(sheet, ("grace",), shaped.grace, seconds, 60)
    if sheet.count > before or trigger is None:
        return None
    if not to:
        sheet.warn(("to",), "nobody in `to`", "write an entry, or nobody is told what this schedule finds", key=True)
    return Schedule(
        schedule_id,
        name,
        trigger,
        tuple(asked.items.values()),
        to,
        digest.bridge or None,
        digest.template or project.for_entries.template,
        catch_up,
        grace,
        within or None,
    )


def _pieces_of_a_broken_one(sheet: Sheet, project: Project, kinds: Registry) -> None:
    """`when` or `report` is missing or no such thing; what is there is still looked through."""
    value = sheet.document.value
    if not isinstance(value, dict):
        return
    context = Context(sheet, kinds, project, project.defaults.timezone)
    if isinstance(value.get("when"), dict):
        context = _when(sheet, value["when"], project, kinds)[2]
    if isinstance(value.get("report"), list):
        report(context, value["report"])


def _when(
    sheet: Sheet, value: dict[str, Any], project: Project, kinds: Registry
) -> tuple[Trigger | None, CatchUp, Context]:
    shaped = read(WhenShape, value, sheet, ("when",))
    when = shaped.piece or WhenShape()
    zone_name = parsed(sheet, ("when", "timezone"), when.timezone, zone, project.defaults.timezone)
    context = Context(sheet, kinds, project, zone_name)
    if when.cron and when.every:
        sheet.complain(("when", "every"), "`every` beside `cron`", "keep one of them", key=True)
    elif when.cron:
        fields = parsed(sheet, ("when", "cron"), when.cron, cron.parse, None)
        return Trigger("cron", zone_name, when.cron) if fields else None, when.catch_up, context
    elif when.every:
        every = parsed(sheet, ("when", "every"), when.every, parse_every, 0)
        return Trigger("every", zone_name, seconds=every) if every else None, when.catch_up, context
    elif shaped.sound:
        sheet.complain(
            ("when",), "`when` without `cron` or `every`", 'write `cron: "0 9 * * MON"` or `every: 15m`', key=True
        )
    return None, when.catch_up, context


def _check_bridge(sheet: Sheet, bridge: str, asked: Report) -> None:
    if not bridge:
        return
    path = ("digest", "bridge")
    if bridge not in asked.names:
        found = f"`bridge` with {described(bridge)}, which is no item of `report`"
        sheet.complain(path, found, advice(bridge, asked.names, "write the item first"))
    elif bridge in asked.items:
        _check_population(sheet, asked.names[bridge], asked.items[bridge], lists=asked.specs[bridge].lists)


def _check_population(sheet: Sheet, index: int, item: Item, *, lists: bool) -> None:
    """A bridge explains a whole list: nothing cut off, and what left it known."""
    if not lists:
        found = f"`bridge` with `{item.id}`, which is no list"
        sheet.complain(("digest", "bridge"), found, "name an item whose query lists deals, or leave it out")
        return
    slices = [name for name in _SLICES if name in item.params]
    for name in slices:
        found = f"`{name}` in `{item.id}`, which `digest.bridge` explains"
        expected = "leave it out: a part of a list has no bridge (`show: {limit: …}` cuts only the display)"
        sheet.complain(("report", index, "params", name), found, expected, key=True)
    if item.follow is Follow.NONE and not slices:
        found = f"`{item.id}` with `follow: none`, which `digest.bridge` explains"
        sheet.complain(("report", index, "follow"), found, "write `follow: closed` or `follow: departures`")


def _check_catch_up(sheet: Sheet, catch_up: CatchUp, asked: Report) -> None:
    """An older slot can only fetch what is a function of its window."""
    whole = len(asked.specs) == len(asked.names)
    if catch_up is CatchUp.ALL and asked.specs and whole and not any(s.windowed for s in asked.specs.values()):
        found = "`catch_up: all` with only queries that read the state of the moment"
        sheet.complain(("when", "catch_up"), found, "write latest or none")
