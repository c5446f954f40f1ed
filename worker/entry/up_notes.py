"""What `up` says when it has started: which run comes next, and how to start it at once."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from worker.app import open_services
from worker.domain.time.zones import zone_named
from worker.entry.command_hints import command_for
from worker.entry.local_queue import LocalQueue
from worker.entry.moving_sandbox import begins_anew
from worker.flow.operate.schedules import ScheduleRow, schedules
from worker.settings import Settings

LISTED = 3
"""Schedules that are named; the command `schedules` lists all."""

NO_SCHEDULE = (
    "  Write a schedule as schedules/NAME.yaml: it is deployed when you save it. `funnelbeat init DIR` writes a "
    "project with examples to copy, and docs/definitions.md says what a schedule may contain."
)


def what_is_up(settings: Settings, project: str, place: Path, outbox: Path | None) -> list[str]:
    """Lines to print. `outbox`: where the sandbox writes messages; None if no sandbox runs. Raises FunnelbeatError."""

    async def look() -> tuple[ScheduleRow, ...]:
        async with open_services(settings, project, queue=LocalQueue(), directory=place) as services:
            return await schedules(services)

    rows = asyncio.run(look())
    count = f"{len(rows)} schedule{'' if len(rows) == 1 else 's'}"
    written = list(sandbox_lines(outbox, place)) if outbox is not None else []
    return [f"{project} is up: {count}. Ctrl-C stops.", *next_lines(rows, command_for(place)), *written]


def sandbox_lines(outbox: Path, place: Path) -> Iterator[str]:
    yield f"  Messages to the sandbox are written to {outbox}"
    anew = begins_anew(place, "with each `up`", "The next digest")
    if anew:
        yield f"  {anew}"


def next_lines(rows: Sequence[ScheduleRow], command: str) -> Iterator[str]:
    """The next runs, the earliest first, and the command that starts one at once; or how to write a schedule."""
    due = sorted((row.next_slot, row.schedule.id, row.schedule.trigger.zone) for row in rows if row.next_slot)
    for slot, name, zone in due[:LISTED]:
        yield f"  next: {name}  {_local(slot, zone)}"
    if len(due) > LISTED:
        yield f"  {len(due) - LISTED} more: {command} schedules"
    if not rows:
        yield NO_SCHEDULE
    else:
        yield f"  To run one now, in another terminal: {command} trigger {_shown_first(rows)}"


def _shown_first(rows: Sequence[ScheduleRow]) -> str:
    """The schedule to try: the earliest with readers. One that only watches for alerts seldom sends anything."""
    never = datetime.max.replace(tzinfo=UTC)
    return min(rows, key=lambda row: (not row.readers, row.next_slot or never, row.schedule.id)).schedule.id


def _local(slot: datetime, zone: str) -> str:
    return f"{slot.astimezone(zone_named(zone)):%a %d %b %H:%M} {zone}"
