"""The command that lists schedules."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from worker.documents.schedules import schedules_document
from worker.domain.schedule_filter import ScheduleFilter, nothing_found
from worker.entry import console
from worker.entry.options import Json, Project, directory
from worker.entry.with_ledger import with_ledger
from worker.flow.alert.alert_readers import alert_entries
from worker.flow.operate.schedules import EVERY_SCHEDULE, ScheduleRow
from worker.flow.operate.schedules import schedules as in_force
from worker.flow.services import Services
from worker.rendering.trigger_words import trigger_words
from worker.rendering.wording import NBSP, Wording

Tags = Annotated[list[str] | None, typer.Option("--tag", help="Only with this tag; with each, if given again.")]
Owner = Annotated[str, typer.Option("--owner", help="Only of this owner, as the file names it.", show_default=False)]


def schedules(
    ctx: typer.Context, project: Project = None, tag: Tags = None, owner: Owner = "", as_json: Json = False
) -> None:
    """List the deployed schedules: when each is due, in words; when next, in its own zone; how its last run ended."""
    wanted = ScheduleFilter(tuple(tag or ()), owner)
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> tuple[tuple[ScheduleRow, ...], datetime, str]:
            rows, now = await in_force(services, wanted=wanted), await services.clock.now()
            if rows or wanted == EVERY_SCHEDULE:
                return (
                    rows,
                    now,
                    "The deployment has no schedules: add a file below schedules/, then `funnelbeat deploy`.",
                )
            return rows, now, nothing_found(wanted, [row.schedule for row in await in_force(services)])

        rows, now, without = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(schedules_document(rows))
    elif not rows:
        console.out.print(without, markup=False)
    else:
        heads = ["Schedule", "When", "Next", "Last run", "Readers", "Name"]
        labelled = any(row.schedule.owner or row.schedule.tags for row in rows)
        heads += ["Owner", "Tags"] if labelled else []
        console.print_columns(heads, [_cells(row, now)[: len(heads)] for row in rows])


def _cells(row: ScheduleRow, now: datetime) -> tuple[str, ...]:
    last = row.last
    ended = "none yet" if last is None else f"{last.state}{f', {last.incomplete} missing' if last.incomplete else ''}"
    return (
        row.schedule.id,
        _when(row, now),
        _next(row, now),
        ended,
        _readers(row),
        row.schedule.name,
        row.schedule.owner,
        ", ".join(row.schedule.tags),
    )


def _when(row: ScheduleRow, now: datetime) -> str:
    """Plain blanks, as others can be neither copied nor shown everywhere."""
    trigger = row.schedule.trigger
    return trigger_words(Wording("en_GB", trigger.zone), trigger, now).replace(NBSP, " ").replace("–", "-")


def _readers(row: ScheduleRow) -> str:
    told = 0 if row.readers else alert_entries(row.schedule)
    return f"{told} told by alerts" if told else str(row.readers)


def _next(row: ScheduleRow, now: datetime) -> str:
    """A slot that has passed waits for a clock."""
    zone = row.schedule.trigger.zone
    if row.pause is not None:
        return f"paused until {_local(row.pause.until, zone)}" if row.pause.until else "paused"
    event = row.schedule.event
    without = f"on {event.connection}.{event.name}" if event else "never"
    if row.next_slot is None:
        return without
    return f"{'due since ' if row.next_slot < now else ''}{_local(row.next_slot, zone)}"


def _local(instant: datetime, zone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(zone)):%a %d %b %Y %H:%M} {zone}"


COMMANDS = {"schedules": schedules}
