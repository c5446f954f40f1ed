"""A schedule that was paused or resumed."""

from datetime import datetime
from typing import Any

from worker.domain.run import stamp


def paused_document(schedule: str, until: datetime | None) -> dict[str, Any]:
    """The pause: {"schedule", "paused": true, "until"}. `until` is null if the pause lasts until somebody ends it."""
    return {"schedule": schedule, "paused": True, "until": stamp(until) if until else None}


def resumed_document(schedule: str, due: datetime | None, *, was_paused: bool) -> dict[str, Any]:
    """The end of a pause: {"schedule", "paused": false, "was_paused", "next"}.

    `next` is when the schedule is due, null for one that never fires again.
    """
    return {
        "schedule": schedule,
        "paused": False,
        "was_paused": was_paused,
        "next": stamp(due) if due else None,
    }
