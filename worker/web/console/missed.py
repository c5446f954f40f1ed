"""Missed slots that a person can run after all."""

from collections.abc import Sequence
from datetime import UTC, datetime

from worker.domain.missed import MissedRow
from worker.domain.run import stamp
from worker.domain.schedule import Schedule
from worker.errors import RequestError
from worker.flow.operate.run_missed import newest_missed
from worker.web.console.page import Visit

ROWS = 10
MOST = 20
"""Slots in one form, the newest ones."""


async def missed_slots(
    visit: Visit, schedule: Schedule, rows: Sequence[MissedRow] | None = None
) -> list[tuple[str, str]]:
    """As a form sends them, and as it shows them. `rows`: only those of these; of the newest rows without. Empty for
    somebody who may not start a run.
    """
    if not visit.may_trigger:
        return []
    found = await visit.uses.lookups.missed(schedule.id, ROWS) if rows is None else rows
    slots = newest_missed(visit.uses.triggers, schedule.trigger, found, visit.now, MOST)
    return [(stamp(slot), visit.w.stamp(slot)) for slot in slots]


def slot_of(text: str) -> datetime | None:
    """None for a form that names no slot. Raises RequestError for what is no instant."""
    if not text:
        return None
    try:
        slot = datetime.fromisoformat(text)
        if slot.tzinfo is not None:
            return slot.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise RequestError(f"for_slot: found {text[:40]!r}, expected an instant such as 2026-11-16T09:00:00Z")
