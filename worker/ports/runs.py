"""A worker's port to the ledger, run by run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.domain.delivery import Baseline, DeliveryKey, Reader
from worker.domain.events import Fact
from worker.domain.reason import Reason
from worker.domain.run import Run, RunKey
from worker.domain.snapshot.snapshot import Gap


@dataclass(frozen=True, slots=True)
class RunLease:
    """A run that this attempt owns. `attempt` is the fencing token: every later write names it. `postponed`: an earlier
    attempt found every service failing, and left it to be tried again.
    """

    run: Run
    attempt: int
    now: datetime
    postponed: bool = False


@dataclass(frozen=True, slots=True)
class BeginResult:
    """`lease` is None where nothing is to do; `facts`: what the look made true, an end of the run."""

    lease: RunLease | None
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class HandOver:
    """A run's deliveries, by key, and what became true with them: deliveries of older runs that are superseded, and its
    own whose readers a newer run has reached.
    """

    deliveries: tuple[DeliveryKey, ...]
    facts: tuple[Fact, ...] = ()


class RunLedger(Protocol):
    """A worker takes a run, keeps it, hands it over, or leaves it. Every method is one atomic step in Redis.

    Raises LedgerUnavailable. Methods that name an attempt raise ClaimLost when it is no longer the one in force.
    """

    async def begin(self, key: RunKey, pid: int) -> BeginResult:
        """claimed → fetching. No lease: it is closed, somebody else has it, or it is not to start yet."""
        ...

    async def beat(self, key: RunKey, attempt: int) -> None:
        """Renew the run's lease."""
        ...

    async def baselines(self, readers: Sequence[Reader]) -> Mapping[Reader, Mapping[str, Baseline]]: ...

    async def chain(self, schedule: str, query: str, since: datetime | None) -> tuple[str, ...]:
        """Ids of complete snapshots of one query, newest first, down to the newest one not after `since` (a slot);
        only the newest when `since` is None.
        """
        ...

    async def deliver(
        self,
        key: RunKey,
        attempt: int,
        snapshots: Mapping[str, str],
        gaps: Sequence[Gap],
        readers: Mapping[Reader, datetime],
        *,
        supersede: bool = True,
    ) -> HandOver:
        """fetching → delivering: snapshots, gaps and one pending delivery per reader (with its expiry) in one
        script; older open deliveries of the same readers are superseded, and so are its own where a run of a later slot
        that was claimed after it has reached the reader. Not `supersede`: each delivery waits until every older one of
        its reader is closed.
        A query's comparison is kept under "<query>:compared" and is no link of its chain.
        """
        ...

    async def postpone(self, key: RunKey, attempt: int, until: datetime) -> None:
        """fetching → claimed, not before `until`."""
        ...

    async def fail(
        self, key: RunKey, attempt: int, reason: Reason, sentence: str, gaps: Sequence[Gap], notice: Reader | None
    ) -> tuple[Fact, ...]:
        """fetching → failed, and a notice to the operator as a delivery of its own: `notice` is its reader, None
        where nobody is to be told.
        """
        ...

    async def notify(self, key: RunKey, gaps: Sequence[Gap], notice: Reader | None) -> bool:
        """Of a run that is failed(abandoned): what it brought nothing for, and a notice to the operator as `fail` makes
        one. True once; until then the sweep publishes the run again.
        """
        ...

    async def skip_run(self, key: RunKey, attempt: int, reason: Reason) -> tuple[Fact, ...]:
        """claimed, fetching → skipped. One that is superseded hands its lost tries on to the run in its place."""
        ...
