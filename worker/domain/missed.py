"""Slots that never ran."""

from dataclasses import dataclass, field
from datetime import datetime

from worker.domain.reason import Reason


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
