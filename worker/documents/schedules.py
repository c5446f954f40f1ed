"""The deployed schedules."""

from collections.abc import Iterable
from typing import Any

from worker.domain.run import stamp
from worker.domain.schedule import EventTrigger
from worker.flow.operate.schedules import ScheduleRow


def schedules_document(rows: Iterable[ScheduleRow]) -> list[dict[str, Any]]:
    """Every schedule, by id.

    [{"schedule", "name", "owner", "tags", "trigger", "event", "timezone", "next", "paused", "paused_until", "readers",
    "last"}, …]

    `owner` is null if the file has none. `trigger` is the cron expression, "every 900s", or "event" if only `event`
    fires it: {"name", "filter", "debounce_seconds"}, otherwise null. `next` is the next nominal instant, null if there
    is none or the schedule is paused. `paused_until` is null if somebody has to end the pause. `readers` counts an
    entry with `each` once. `last` is the newest run, null before the first: {"key", "state", "reason", "closed_at",
    "gaps"}; `gaps` is a number.
    """
    return [_row(row) for row in rows]


def trigger_document(event: EventTrigger | None) -> dict[str, Any] | None:
    """What causes runs besides slots: {"name", "filter", "debounce_seconds"}, or None."""
    if event is None:
        return None
    name = f"{event.connection}.{event.name}"
    return {"name": name, "filter": event.filter, "debounce_seconds": event.debounce}


def _row(row: ScheduleRow) -> dict[str, Any]:
    trigger = row.schedule.trigger
    until = row.pause.until if row.pause is not None else None
    last = row.last
    return {
        "schedule": row.schedule.id,
        "name": row.schedule.name,
        "owner": row.schedule.owner or None,
        "tags": list(row.schedule.tags),
        "trigger": trigger.expression or (f"every {trigger.seconds}s" if trigger.seconds else trigger.kind),
        "event": trigger_document(row.schedule.event),
        "timezone": trigger.zone,
        "next": stamp(row.next_slot) if row.next_slot else None,
        "paused": row.pause is not None,
        "paused_until": stamp(until) if until else None,
        "readers": row.readers,
        "last": None
        if last is None
        else {
            "key": str(last.key),
            "state": str(last.state),
            "reason": last.reason,
            "closed_at": stamp(last.closed_at) if last.closed_at else None,
            "gaps": last.incomplete,
        },
    }
