"""The clock's port to the ledger: due slots, claims, pauses, sweeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.domain.delivery import DeliveryKey
from worker.domain.due.pauses import Pause
from worker.domain.events import Fact
from worker.domain.missed import MissedRow, MissedSlots
from worker.domain.run import Claim, RunKey


@dataclass(frozen=True, slots=True)
class Due:
    """A schedule whose next slot has come: it was due `at` (the slot and its share of `spread`). `pause` was set at run
    time, and may be over by now.
    """

    schedule: str
    at: datetime
    pause: Pause | None = None


@dataclass(frozen=True, slots=True)
class SlotClaim:
    """One conditional write: if the schedule is still due next when `expected`, create these runs, note what was
    missed, set when it is due next. `latest`: an older run that nobody fetches is superseded, and hands its lost
    tries on. `bundle`: what it was reckoned from; nothing is written when another one is in force by now. Empty:
    whatever is in force.
    """

    schedule: str
    expected: datetime
    next_due: datetime | None
    runs: tuple[Claim, ...]
    missed: tuple[MissedSlots, ...]
    latest: bool
    bundle: str = ""


@dataclass(frozen=True, slots=True)
class Claimed:
    """The runs that one call created, and all that it made true: claims, missed slots, what was superseded."""

    runs: tuple[RunKey, ...] = ()
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Sweep:
    """What the tick has to publish: `runs` to fetch, `deliveries` to bring on; and what the sweep made true."""

    runs: tuple[RunKey, ...]
    deliveries: tuple[DeliveryKey, ...]
    facts: tuple[Fact, ...] = ()


class ClockLedger(Protocol):
    """Due slots become runs; what nobody looks after any more becomes work again.

    Every method is one atomic step in Redis, on Redis's clock. Raises LedgerUnavailable.
    """

    async def now(self) -> datetime: ...

    async def due(self, limit: int) -> tuple[datetime, tuple[Due, ...]]:
        """Redis's now, and at most `limit` schedules whose slot has come."""
        ...

    async def claim(self, batch: Sequence[SlotClaim], pid: int) -> Claimed:
        """What this call created and made true; an entry that another clock took first gives neither."""
        ...

    async def request(
        self, claim: Claim, pid: int, *, missed: MissedRow | None = None, rest: Sequence[MissedRow] = ()
    ) -> bool:
        """A run on demand; False when its key exists already. `missed`: the row that its slot stands in, of which
        `rest` remains; False also when that row is not there any more.
        """
        ...

    async def once(self, name: str, value: str) -> str:
        """The value that was first given for `name`: `value`, or an earlier one. Kept for a day."""
        ...

    async def sweep(self, limit: int) -> Sweep:
        """Lapsed leases, deferred and unpublished work that has come due, moved on and returned for publishing."""
        ...

    async def pending(self, schedules: Sequence[str]) -> Mapping[str, datetime]:
        """When each is due next, or has been due since: only those that are due at all."""
        ...

    async def pause(self, schedule: str, until: datetime | None) -> None: ...

    async def resume(self, schedule: str) -> bool:
        """End a pause. Raises ClaimLost while something that came due during the pause is not accounted for; False
        when there was none.
        """
        ...

    async def pauses(self) -> Mapping[str, Pause]:
        """Set at run time, by schedule; some may be over."""
        ...
