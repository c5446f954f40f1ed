"""A worker's port to the ledger, run by run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.domain.delivery import Baseline, BaselineMove, DeliveryKey, Reader
from worker.domain.events import Fact
from worker.domain.notice import NoticeEnd, NoticeRequest
from worker.domain.reason import Reason
from worker.domain.run import Run, RunKey, RunState
from worker.domain.schedule import Subscription
from worker.domain.snapshot.snapshot import Gap
from worker.ports.alerts import AlertChanges


@dataclass(frozen=True, slots=True)
class RunLease:
    """A run that this attempt owns. `attempt` is the fencing token: every later write names it. `postponed`: in an
    earlier attempt every source failed, and the run was postponed.
    """

    run: Run
    attempt: int
    now: datetime
    postponed: bool = False


@dataclass(frozen=True, slots=True)
class BeginResult:
    """`lease` is None if there is nothing to do. `facts`: changes that the call itself made, such as the end of the
    run.
    """

    lease: RunLease | None
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class HandOver:
    """A run's deliveries, by key. `facts`: deliveries of older runs that are superseded, and deliveries of this run
    whose readers a newer run has reached. `again`: nothing was written, because what the alert rules were evaluated
    from has changed meanwhile.
    """

    deliveries: tuple[DeliveryKey, ...]
    facts: tuple[Fact, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class CancelResult:
    """`was`: the run's state before, None for a run that is gone. `deliveries`: how many were ended."""

    was: RunState | None
    deliveries: int
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class FailResult:
    """`facts`: what became true. `noticed`: whether a notice was made; another may have been made today. `again`: as in
    HandOver.
    """

    facts: tuple[Fact, ...]
    noticed: bool
    again: bool = False


class RunLedger(Protocol):
    """A worker begins a run, keeps its lease, hands it over, or gives it up. Every method is one atomic step in Redis.

    Raises LedgerUnavailable. A method that names an attempt raises ClaimLost if that attempt no longer owns the run.
    """

    async def begin(self, key: RunKey, pid: int) -> BeginResult:
        """claimed → fetching. No lease: the run is closed, another worker has it, or it must not start yet."""
        ...

    async def beat(self, key: RunKey, attempt: int) -> bool:
        """Renews the run's lease. False: this attempt has handed the run over, so there is no lease any more."""
        ...

    async def baselines(self, readers: Sequence[Reader]) -> Mapping[Reader, Mapping[str, Baseline]]: ...

    async def baselines_of(self, schedule: str, entry: str) -> Mapping[Reader, Mapping[str, Baseline]]:
        """The baselines of every reader of an entry who was ever sent something, because owners come and go."""
        ...

    async def chain(self, schedule: str, query: str, since: datetime | None) -> tuple[str, ...]:
        """Ids of complete snapshots of one query, newest first, down to the newest one that is not after `since` (a
        slot). Only the newest if `since` is None.
        """
        ...

    async def deliver(  # noqa: PLR0913  # one write begins everything that follows from the run's answers
        self,
        key: RunKey,
        attempt: int,
        snapshots: Mapping[str, str],
        gaps: Sequence[Gap],
        readers: Mapping[Reader, datetime],
        *,
        supersede: bool = True,
        subscribed: Mapping[Reader, Subscription] | None = None,
        alerts: AlertChanges | None = None,
        moved: Sequence[BaselineMove] = (),
    ) -> HandOver:
        """fetching → delivering. One script writes snapshots, gaps and one pending delivery per reader (with its
        expiry). Older open deliveries of the same readers are superseded. This run's own deliveries are superseded if a
        run of a later slot, claimed after it, has reached the reader. Without `supersede`, each delivery waits until
        every older one of its reader is closed.

        `subscribed`: the entries of readers who subscribed or chose something at run time. They are kept with the run,
        so that its messages can be made again.

        `moved`: a reader without baselines continues with those of another reader, whose baselines then end.

        A query's comparison is stored as "<query>:compared" and is no part of its chain.

        `alerts`: written in the same step, with one more pending delivery for each notification. Without any delivery
        the run is skipped(no_alert), or skipped(no_readers) where it has no alert rules.
        """
        ...

    async def postpone(self, key: RunKey, attempt: int, until: datetime, gaps: Sequence[Gap]) -> None:
        """fetching → claimed, not before `until`."""
        ...

    async def fail(
        self,
        key: RunKey,
        attempt: int,
        reason: Reason,
        sentence: str,
        gaps: Sequence[Gap],
        notice: NoticeRequest | None,
        alerts: AlertChanges | None = None,
    ) -> FailResult:
        """fetching → failed, with a notice to the operator as a delivery of its own. None if there is no operator.
        `alerts`: what rules without data changed; notifications are deliveries that are not counted, as a notice is.
        """
        ...

    async def notify(
        self,
        key: RunKey,
        gaps: Sequence[Gap],
        notice: NoticeRequest | None,
        alerts: AlertChanges | None = None,
        over: Sequence[str] = (),
    ) -> FailResult:
        """Adds to a failed run, which has none yet, a notice to the operator and `alerts` like those of `fail`, and
        gaps where the run has none. Until this is called, the sweep publishes the run again. `over`: subjects of
        notices whose end this one tells; it is made only if one of them was told, and not by a run of a later slot.
        """
        ...

    async def report_troubles(self, key: RunKey, notices: Sequence[NoticeRequest], ends: Sequence[NoticeEnd]) -> int:
        """Notices to the operator as deliveries of this run, one a day of each subject; and the ends of what earlier
        notices told. Returns how many were made; the sweep publishes them.
        """
        ...

    async def skip_run(self, key: RunKey, attempt: int, reason: Reason) -> tuple[Fact, ...]:
        """claimed, fetching → skipped. A superseded run passes its count of failed tries on to the run in its place."""
        ...

    async def cancel(self, key: RunKey) -> CancelResult:
        """claimed, fetching → skipped(cancelled). Of a run that is delivering, what waits or may have arrived is
        skipped(cancelled), and what was sent, or is being sent, stays. A closed run does not change.

        Some hundred deliveries are ended in one step; after a kill in between, the command is repeated.
        """
        ...
