"""A plan as text."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from worker.documents.plan_lines import chosen, run_lines, shifted_lines
from worker.domain.definition_fields import FieldChange
from worker.domain.delivery import shown_reader
from worker.domain.due.pauses import Pause
from worker.domain.run import stamp
from worker.domain.schedule import EventTrigger
from worker.domain.time.duration import written
from worker.entry import console
from worker.entry.forecast_words import forecast_lines
from worker.entry.plan_runs import cells_of, counted, shifted_text, to_the_second
from worker.flow.deploy.deploy import Changes
from worker.flow.deploy.messages import Messages
from worker.flow.deploy.owners_reached import OwnersReached
from worker.flow.deploy.plan import Plan, Planned

SHOWN = 60
"""Lines of runs that are printed, besides the next run of each schedule. --json lists more."""

NEXT = 200
"""Schedules whose next run is printed."""

ADDRESSES = 12
"""Addresses whose messages of the coming week are printed, the most messages first."""

LINES = 8
"""Times on public holidays that are printed of one schedule."""


def show(found: Plan) -> None:
    """The plan as text. `deploy` prints it as well."""
    _show_runs(found)
    for row in found.schedules:
        _show_schedule(row, found.now, found.until)
    for of in found.day:
        console.out.print(f"{of.connection}, next 24 hours: {of}.", markup=False)
    _show_messages(found.messages)
    if found.cap is not None:
        most = f"{counted(found.cap.messages, 'message')} in {written(found.cap.per)}"
        console.out.print(f"Each address gets at most {most}; one more message names the other digests.")
    show_changes(found)
    for line in forecast_lines(found.forecasts):
        console.out.print(line, markup=False)


def _show_runs(found: Plan) -> None:
    """Every schedule first gets a line for its next run; then the remaining lines are filled."""
    lines, left = chosen(list(run_lines(found)), SHOWN, NEXT)
    rows = [cells_of(one) for one in lines]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for cells in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True) if width)
        console.out.print(line.rstrip(), markup=False)
    if left:
        console.out.print(f"and {counted(left, 'run')} more until {to_the_second(found.until)}; --json lists more")


def _without_runs(row: Planned, now: datetime, until: datetime) -> str:
    """Why no run is listed, with the next one after the plan's end."""
    end, due = row.as_read.trigger.end, row.next_due
    if end is not None and end <= now:
        return f"has ended, at {stamp(end)}"
    said = f"has no run before {to_the_second(until)}"
    local = due.astimezone(ZoneInfo(row.zone)) if due is not None and due >= until else None
    return said if local is None else f"{said}; the next is due on {local:%a %d %b %Y %H:%M} {row.zone}"


def _show_holidays(row: Planned) -> None:
    for one in row.left_out[:LINES]:
        local = one.at.astimezone(ZoneInfo(row.zone))
        console.out.print(f"{row.schedule} leaves out {local:%a %d %b %H:%M}: {one.name}.", markup=False)
    if len(row.left_out) > LINES:
        console.out.print(f"{row.schedule} leaves out {len(row.left_out) - LINES} more.", markup=False)
    for ends in row.calendar_ends:
        console.out.print(f"{row.schedule}: {ends}.", markup=False)


def _show_schedule(row: Planned, now: datetime, until: datetime) -> None:
    _show_holidays(row)
    if row.paused is not None:
        console.out.print(f"{row.schedule} is paused{until_words(row.paused)}.", markup=False)
    elif not row.count and row.event is None:
        console.out.print(f"{row.schedule} {_without_runs(row, now, until)}.", markup=False)
    if row.event is not None:
        console.out.print(f"{row.schedule} {_waits(row.event)}.", markup=False)
    for reached in row.owners:
        console.out.print(f"{row.schedule}, {reached.entry.id}: {_reached(reached)}.", markup=False)
    for entry in row.as_read.to:
        if entry.cc:
            console.out.print(f"{row.schedule}, {entry.id}: copies to {', '.join(entry.cc)}.", markup=False)
    if row.cost.unknown:
        lists = f"list{'' if len(row.cost.unknown) == 1 else 's'} {', '.join(row.cost.unknown)}"
        pages = "one request for each page of a list; how many pages there are is known after the first run"
        console.out.print(f"{row.schedule} reads the {lists}: {pages}.", markup=False)


def _waits(event: EventTrigger) -> str:
    which = f" where {event.filter}" if event.filter else ""
    after = f"one run {written(event.debounce)} after the first"
    return f"runs when {event.connection} posts {event.name}{which}: {after}"


def _show_messages(rows: Sequence[Messages]) -> None:
    for to in rows[:ADDRESSES]:
        more, most = " or more" if to.more else "", "at most " if to.at_most else ""
        sent = f"{most}{counted(to.count, 'message')}{more}"
        console.out.print(f"{to.channel}:{to.address}, next 7 days: {sent}.", markup=False)
    if len(rows) > ADDRESSES:
        console.out.print(f"and {len(rows) - ADDRESSES} more addresses; --json lists them.")


def show_changes(found: Plan) -> None:
    if not (found.changes or found.moves):
        console.out.print("Nothing changes against what is deployed.")
        return
    console.out.print("Deploying changes:")
    for text in change_lines(found.changes):
        console.out.print(text, markup=False)
    for one in found.fields:
        console.out.print(f"    {field_line(one)}", markup=False)
    for word, rows in (("reader +", found.readers_added), ("reader -", found.readers_removed)):
        for schedule, reader in rows:
            console.out.print(f"  {word} {schedule}  {shown_reader(reader)}", markup=False)
    for move in found.moves:
        for line in shifted_lines(move):
            console.out.print(shifted_text(line, move.schedule, move.until), markup=False)


def change_lines(found: Changes) -> list[str]:
    """One line for each definition that differs from the one in force: schedules first."""
    options = {one.name: one.options for one in found.definitions if one.kind == "schedule"}
    lines = [
        f"  {word:8} {name}{_in_brackets(options.get(name, ()))}"
        for word in ("added", "changed", "removed")
        for name in getattr(found, word)
    ]
    lines += [f"  renamed  {old} → {new}, with its history" for old, new in found.renamed]
    return lines + [
        f"  {one.change:8} {f'{one.kind} {one.name}'.strip()}{_in_brackets(one.options)}"
        for one in found.besides_schedules
    ]


def field_line(one: FieldChange) -> str:
    """As in "week, when.cron: 0 9 * * MON → 0 8 * * MON"."""
    name = one.name if one.kind == "schedule" else f"{one.kind} {one.name}".strip()
    if one.kind == "template":
        return f"{name}: lines {one.after}"
    return f"{name}, {one.field}: {one.before or 'none'} → {one.after or 'none'}"


def _in_brackets(names: Sequence[str]) -> str:
    return f" ({', '.join(names)})" if names else ""


def _reached(found: OwnersReached) -> str:
    if not found.answered:
        return "the readers are known after the first run"
    nowhere = len(found.without_address)
    told = f"about {counted(len(found.addresses), 'reader')} by the last run"
    return f"{told}, and {counted(nowhere, 'owner')} without an address" if nowhere else told


def until_words(pause_: Pause) -> str:
    return f" until {stamp(pause_.until)}" if pause_.until else ""
