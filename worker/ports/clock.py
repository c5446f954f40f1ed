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
    """A schedule whose next slot has come. `at`: the slot plus the schedule's delay by `spread`. `pause` was set at run
    time, and may be over.
    """

    schedule: str
    at: datetime
    pause: Pause | None = None


@dataclass(frozen=True, slots=True)
class SlotClaim:
    """One conditional write. If the schedule is still due next at `expected`, it creates these runs, records the missed
    slots and sets when the schedule is due next. `latest`: an older run that no worker fetches is superseded, and
    passes on its count of failed tries. `bundle`: the bundle that this was computed from; nothing is written if another
    one is in force. Empty: any bundle. `late`: how many of `runs` come after their grace.
    """

    schedule: str
    expected: datetime
    next_due: datetime | None
    runs: tuple[Claim, ...]
    missed: tuple[MissedSlots, ...]
    latest: bool
    bundle: str = ""
    late: int = 0


@dataclass(frozen=True, slots=True)
class Claimed:
    """The runs that one call created, and its facts: claims, missed slots, superseded runs."""

    runs: tuple[RunKey, ...] = ()
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Sweep:
    """What the tick has to publish: `runs` to fetch, `deliveries` to continue, and channels whose `mailboxes` are to be
    read. `facts`: the sweep's.
    """

    runs: tuple[RunKey, ...]
    deliveries: tuple[DeliveryKey, ...]
    facts: tuple[Fact, ...] = ()
    mailboxes: tuple[str, ...] = ()


class ClockLedger(Protocol):
    """Turns due slots into runs, and abandoned work into work again.

    Every method is one atomic step in Redis, on Redis's clock. Raises LedgerUnavailable.
    """

    async def now(self) -> datetime: ...

    async def due(self, limit: int) -> tuple[datetime, tuple[Due, ...]]:
        """Redis's now, and at most `limit` schedules whose slot has come."""
        ...

    async def claim(self, batch: Sequence[SlotClaim], pid: int) -> Claimed:
        """What this call created. An entry that another clock took first gives nothing."""
        ...

    async def request(
        self, claim: Claim, pid: int, *, missed: MissedRow | None = None, rest: Sequence[MissedRow] = ()
    ) -> bool:
        """Creates a run on demand. False if its key exists. `missed`: the row that holds its slot, of which `rest`
        remains; also False if that row is gone.
        """
        ...

    async def once(self, name: str, value: str) -> str:
        """The value that was first given for `name`: `value`, or an earlier one. Kept for a day."""
        ...

    async def sweep(self, limit: int) -> Sweep:
        """Finds lapsed leases, and deferred and unpublished work that is due; moves it on and returns it for
        publishing.
        """
        ...

    async def pending(self, schedules: Sequence[str]) -> Mapping[str, datetime]:
        """When each of these schedules is due next. Schedules that are not due at all are left out."""
        ...

    async def pause(self, schedule: str, until: datetime | None) -> None: ...

    async def resume(self, schedule: str) -> bool:
        """Ends a pause. False if there was none. Raises ClaimLost while a slot that came during the pause is not
        accounted for.
        """
        ...

    async def pauses(self) -> Mapping[str, Pause]:
        """The pauses that were set at run time, by schedule. Some may be over."""
        ...
