"""The command that lists schedules."""

from datetime import datetime
from zoneinfo import ZoneInfo

import typer

from worker.documents.schedules import schedules_document
from worker.entry import console
from worker.entry.options import Json, Project, directory
from worker.entry.with_ledger import with_ledger
from worker.flow.operate.schedules import ScheduleRow
from worker.flow.operate.schedules import schedules as in_force
from worker.flow.services import Services


def schedules(ctx: typer.Context, project: Project = None, as_json: Json = False) -> None:
    """Schedules in force: when each is due next, in its own zone, and how its last run ended."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> tuple[ScheduleRow, ...]:
            return await in_force(services)

        rows = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(schedules_document(rows))
    elif not rows:
        console.out.print("The deployment has no schedules: add a file below schedules/, then `funnelbeat deploy`.")
    else:
        console.print_columns(("Schedule", "Next", "Last run", "Readers", "Name"), [_cells(row) for row in rows])


def _cells(row: ScheduleRow) -> tuple[str, ...]:
    last = row.last
    ended = "none yet" if last is None else f"{last.state}{f', {last.incomplete} missing' if last.incomplete else ''}"
    return row.schedule.id, _next(row), ended, str(row.readers), row.schedule.name


def _next(row: ScheduleRow) -> str:
    zone = row.schedule.trigger.zone
    if row.pause is not None:
        return f"paused until {_local(row.pause.until, zone)}" if row.pause.until else "paused"
    event = row.schedule.event
    without = f"on {event.connection}.{event.name}" if event else "never"
    return _local(row.next_slot, zone) if row.next_slot else without


def _local(instant: datetime, zone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(zone)):%a %d %b %Y %H:%M} {zone}"


COMMANDS = {"schedules": schedules}
