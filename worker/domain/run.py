"""A run: one execution of one schedule for one slot, and its states."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from worker.domain.reason import Reason


class RunState(StrEnum):
    CLAIMED = "claimed"
    FETCHING = "fetching"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"


CLOSED = frozenset({RunState.DELIVERED, RunState.PARTIAL, RunState.FAILED, RunState.SKIPPED})

_KEY = re.compile(
    r"(?P<schedule>[a-z0-9/_-]+)@(?P<slot>[0-9T:.-]+Z)(?:\+(?P<kind>manual|event)\.(?P<nonce>[0-9a-z]{8}))?"
)


def stamp(instant: datetime) -> str:
    """An instant as keys hold it: 2026-11-23T14:00:00Z, with milliseconds only if there are any."""
    return _stamp(instant if instant.tzinfo is UTC else instant.astimezone(UTC))


@lru_cache(1_024)
def _stamp(utc: datetime) -> str:
    """Cached, because a delivery writes its run's key a dozen times."""
    return utc.isoformat(timespec="milliseconds" if utc.microsecond else "seconds")[:-6] + "Z"


@dataclass(frozen=True, slots=True, order=True)
class RunKey:
    """`schedule@slot` for a slot that a trigger named; `+manual.xxxxxxxx` or `+event.xxxxxxxx` for other runs."""

    schedule: str
    slot: datetime
    kind: str = ""
    nonce: str = ""

    def __str__(self) -> str:
        return f"{self.schedule}@{stamp(self.slot)}" + (f"+{self.kind}.{self.nonce}" if self.kind else "")

    @classmethod
    def parse(cls, text: str) -> "RunKey":
        """Raises ValueError for anything else than a whole key."""
        found = _KEY.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not a run key")
        slot = datetime.fromisoformat(found["slot"])
        return cls(found["schedule"], slot, found["kind"] or "", found["nonce"] or "")


@dataclass(frozen=True, slots=True)
class Claim:
    """A run for a slot, or one that a person starts. `deadline`: nothing is fetched after it (semantics 9,
    `within`).
    """

    key: RunKey
    bundle: str
    trigger: str  # cron, every, event or manual
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """The ledger's row. `snapshots` pairs query ids with stored snapshots; `gaps` holds query id, reason
    and sentence. `notified`: how many notifications of alerts it made.
    """

    key: RunKey
    state: RunState
    trigger: str
    bundle: str
    attempt: int
    claimed_at: datetime
    deadline: datetime
    claimed_by_pid: int
    executed_by_pid: int | None = None
    reason: Reason | None = None
    sentence: str = ""
    closed_at: datetime | None = None
    snapshots: tuple[tuple[str, str], ...] = ()
    gaps: tuple[tuple[str, str, str], ...] = ()
    not_before: datetime | None = None
    notified: int = 0

    @property
    def incomplete(self) -> int:
        """The number of missing parts, a flag beside the state."""
        return len(self.gaps)
