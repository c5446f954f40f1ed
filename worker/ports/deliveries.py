"""A worker's port to the ledger, delivery by delivery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.domain.delivery import Baseline, Delivery, DeliveryKey
from worker.domain.events import Fact
from worker.domain.outcome import Outcome
from worker.domain.reason import Reason
from worker.domain.run import RunKey


@dataclass(frozen=True, slots=True)
class DeliveryLease:
    """A delivery that is this process's to bring on, and what stood beside it in the ledger at that instant: `now`, the
    reader's baselines, and whether anything at all is suspended.
    """

    row: Delivery
    now: datetime
    current: Mapping[str, Baseline]
    suspensions: bool


@dataclass(frozen=True, slots=True)
class HoldResult:
    """`lease` is None where nothing is to do. `facts`: what the look made true, such as the end of a delivery that had
    expired or whose reader a newer run has reached, or that it waits for an older one.
    """

    lease: DeliveryLease | None
    facts: tuple[Fact, ...] = ()


class DeliveryLedger(Protocol):
    """A worker takes a delivery, writes its intent, settles it. Every method is one atomic step in Redis.

    Raises LedgerUnavailable. Methods that name an attempt raise ClaimLost when it is no longer the one in force.
    """

    async def hold(self, key: DeliveryKey, pid: int) -> HoldResult:
        """Take a pending or unknown delivery for this process's attention for a lease's time, so that two workers do
        not render the same one; no lease when somebody else has it or there is nothing to do. Safe to lose.

        One reader's digests leave in the order of their slots: a delivery is superseded when a newer run has reached
        the reader, and deferred while an older one is being sent. Under `catch_up: all` none is superseded, and each
        waits until every older one is closed.
        """
        ...

    async def settle(self, key: DeliveryKey, attempt: int, outcome: Outcome) -> tuple[Fact, ...]:
        """Bring the delivery into the state that the outcome names, from the states that domain.outcome lists for it,
        with the baselines that it moves; closes the run if it was the last. `attempt` is the one that the row names.
        Returns what became true, the run's end included. Raises ClaimLost, also for a second possible duplicate.
        """
        ...

    async def intend(  # noqa: PLR0913  # one write fixes all that a message follows from
        self,
        key: DeliveryKey,
        part: int,
        parts: int,
        sha256: str,
        date: datetime,
        compared_with: Mapping[str, Baseline | None],
        *,
        attempt: int = 0,
        why_first: Mapping[str, Reason] | None = None,
        version: str = "",
    ) -> int:
        """Write the intent to send one part, before it is sent. The first intent of a try (attempt 0) moves pending →
        sending and returns the new attempt; later parts name it. `date`, `compared_with` and `why_first` (for the
        queries without a baseline) stick at the first ever; `version` is of the try. Raises ClaimLost, also for a new
        try with another date than the one that sticks: it would be another message.
        """
        ...

    async def check(self, key: DeliveryKey, attempt: int) -> None:
        """Immediately before the bytes leave: still ours? Raises ClaimLost."""
        ...

    async def handed_over(
        self, key: DeliveryKey, attempt: int, part: int, receipt: str, moved: Mapping[str, Baseline]
    ) -> None:
        """One part of several was accepted. `moved`: the baselines that the delivery moves where its time is over, or a
        newer run takes its place, before the last part is sent.
        """
        ...

    async def retry(self, run: RunKey, readers: Mapping[str, datetime]) -> tuple[DeliveryKey, ...]:
        """refused, failed, skipped(expired) → pending, with a new expiry, for these readers of a run, by id; what is
        sent stays, and so does what a newer run has taken the place of. Returns the keys of those that are pending
        again.
        """
        ...

    async def lift(self, subjects: Sequence[str]) -> None:
        """Use suspended addresses and channels again."""
        ...

    async def count_repeat(self, key: DeliveryKey, part: int, receipt: str) -> None:
        """An attempt that had lost its claim handed a part over all the same: a possible duplicate, whatever the state,
        unless the row has this very receipt (a look-up found it). `receipt` is empty where none came.
        """
        ...

    async def pace(self, bucket: str, seconds: float) -> float:
        """Reserve the next turn of a bucket that allows one message every `seconds`. Returns seconds to wait for it."""
        ...

    async def suspend(self, subject: str, sentence: str) -> bool:
        """Stop using an address or channel until the next deployment. True the first time."""
        ...

    async def suspended(self, subjects: Sequence[str]) -> Mapping[str, str]: ...
