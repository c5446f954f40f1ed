"""A worker's side of the ledger, run by run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.domain.delivery import Baseline, Reader
from worker.domain.reason import Reason
from worker.domain.run import Run
from worker.domain.snapshot.snapshot import Gap


@dataclass(frozen=True, slots=True)
class RunLease:
    """A run that this attempt owns. `attempt` is the fencing token: every later write names it."""

    run: Run
    attempt: int
    now: datetime


class RunSide(Protocol):
    """A worker takes a run, keeps it, hands it over, or leaves it."""

    async def begin(self, key: str, pid: int) -> RunLease | None:
        """claimed → fetching. None: it is closed, somebody else has it, or it is not to start yet."""
        ...

    async def beat(self, key: str, attempt: int) -> None:
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
        key: str,
        attempt: int,
        snapshots: Mapping[str, str],
        gaps: Sequence[Gap],
        readers: Mapping[str, datetime],
        *,
        supersede: bool = True,
    ) -> tuple[str, ...]:
        """fetching → delivering: snapshots, gaps and one pending delivery per reader id (with its expiry) in one
        script; older open deliveries of the same readers are superseded. Returns the delivery keys.
        A query's comparison is kept under "<query>:compared" and is no link of its chain.
        """
        ...

    async def postpone(self, key: str, attempt: int, until: datetime) -> None:
        """fetching → claimed, not before `until`."""
        ...

    async def fail(
        self, key: str, attempt: int, reason: Reason, sentence: str, gaps: Sequence[Gap], notice: str | None
    ) -> str | None:
        """fetching → failed, and a notice to the operator as a delivery of its own: `notice` is its reader id
        ("operator|<address>"), None where nobody is to be told. Returns the notice's delivery key.
        """
        ...

    async def skip_run(self, key: str, attempt: int, reason: Reason) -> None: ...
