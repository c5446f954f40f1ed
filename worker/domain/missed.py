"""Slots that never ran."""

from dataclasses import dataclass, field
from datetime import datetime

from worker.domain.reason import Reason
from worker.domain.run import RunKey


@dataclass(frozen=True, slots=True)
class MissedSlots:
    """Slots in a row that never ran: `first` and `last` are both among the `count`. All times are UTC."""

    first: datetime
    last: datetime
    count: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class MissedRow(MissedSlots):
    """The ledger's row: missed slots of one schedule."""

    schedule: str = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class SinceRun:
    """What is known since the schedule's run of an earlier slot. `before`: that run, None for a first one. `expired`:
    how many of its deliveries waited past their time, at least. `missed`: newest first, also older ones. `reported`:
    subjects of notices whose end was not reported yet.
    """

    before: RunKey | None = None
    expired: int = 0
    missed: tuple[MissedRow, ...] = ()
    reported: frozenset[str] = frozenset()
