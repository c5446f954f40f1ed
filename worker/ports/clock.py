"""The clock's side of the ledger: deployments, due slots, claims, sweeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.domain.delivery import Reader
from worker.domain.due.pauses import Pause
from worker.domain.run import Claim, Missed
from worker.domain.schedule import Bundle, Timing


@dataclass(frozen=True, slots=True)
class Deployment:
    bundle: str
    activated_at: datetime


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
    missed, set when it is due next. `latest`: an older run that nobody began yet is superseded. `bundle`: what
    it was reckoned from; nothing is written when another one is in force by now. Empty: whatever is in force.
    """

    schedule: str
    expected: datetime
    next_due: datetime | None
    runs: tuple[Claim, ...]
    missed: tuple[Missed, ...]
    latest: bool
    bundle: str = ""


@dataclass(frozen=True, slots=True)
class ActivationBasis:
    """What a deployment was reckoned from: the bundle in force, and when schedules are due next."""

    bundle: str | None
    pending: Mapping[str, datetime | None]


@dataclass(frozen=True, slots=True)
class Sweep:
    """What the tick has to publish: `runs` to fetch, `deliveries` to bring on."""

    runs: tuple[str, ...]
    deliveries: tuple[str, ...]


class DeploymentSide(Protocol):
    """What is in force, and which slots that names."""

    async def activate(
        self,
        bundle: Bundle,
        firsts: Mapping[str, datetime | None],
        gone: Sequence[str],
        dropped: Sequence[Reader] = (),
        *,
        fresh: Sequence[str] = (),
        basis: ActivationBasis | None = None,
    ) -> Deployment:
        """Store the bundle and put it in force. `firsts`: when new schedules, and those whose trigger changed, are due
        first; the others keep theirs. `gone`: schedules that are no longer there. `dropped`: readers that are no
        longer named: their baselines go. `fresh`: schedules that begin without a past. A schedule that names another
        as `previously` takes over its runs, chains, baselines, last slot and pause, once. Suspensions are lifted:
        somebody may have mended what was refused. Raises ClaimLost when `basis` does not hold any more.
        """
        ...

    async def deployed(self) -> Deployment | None: ...

    async def bundle(self, bundle_id: str) -> Bundle | None: ...

    async def timings(self, bundle_id: str) -> Mapping[str, Timing]:
        """Of every schedule of a bundle, by its id: all that a clock needs. Raises LedgerError when it is lost."""
        ...

    async def last_slot(self, schedule: str) -> datetime | None:
        """The newest slot of the schedule that was claimed or missed."""
        ...

    async def last_slots(self, schedules: Sequence[str]) -> Mapping[str, datetime]:
        """`last_slot` of those that have one."""
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


class ClockSide(Protocol):
    """Due slots become runs; what nobody looks after any more becomes work again."""

    async def now(self) -> datetime: ...

    async def due(self, limit: int) -> tuple[datetime, tuple[Due, ...]]:
        """Redis's now, and at most `limit` schedules whose slot has come."""
        ...

    async def claim(self, batch: Sequence[SlotClaim], pid: int) -> tuple[str, ...]:
        """Keys of the runs that this call created; an entry that another clock took first gives none."""
        ...

    async def request(
        self, claim: Claim, pid: int, *, missed: Missed | None = None, rest: Sequence[Missed] = ()
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
