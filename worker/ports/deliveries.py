"""A worker's port to the ledger, delivery by delivery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.domain.cap import Cap, HeldDigest
from worker.domain.delivery import Baseline, Delivery, DeliveryKey
from worker.domain.events import Fact
from worker.domain.notice import Suspension
from worker.domain.outcome import Outcome
from worker.domain.reason import Reason
from worker.domain.run import RunKey
from worker.domain.subscription import Preference


@dataclass(frozen=True, slots=True)
class InForce:
    """The deployment in force, and what a delivery's schedule and reader are there. `bundle`, `at`: which one, and
    since when. `schedule`, `reader`: their present ids. `subscribed`: the reader has a subscription that was made at
    run time.
    """

    bundle: str
    at: datetime
    schedule: str
    reader: str
    subscribed: bool = False


@dataclass(frozen=True, slots=True)
class DeliveryLease:
    """A delivery that this process holds, with the state of the ledger at that instant: `now`, the reader's baselines,
    whether anything is suspended, what stops the reader's messages, and what is in force.
    """

    row: Delivery
    now: datetime
    current: Mapping[str, Baseline]
    suspensions: bool
    preference: Preference | None = None
    in_force: InForce | None = None


@dataclass(frozen=True, slots=True)
class HoldResult:
    """`lease` is None if there is nothing to do. `facts`: changes that the call itself made, such as the end of a
    delivery that had expired or was superseded, or its wait for an older one.
    """

    lease: DeliveryLease | None
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class TakenOver:
    """The other digests that a delivery names; `more` of them are only counted. `facts`: changes of other
    deliveries.
    """

    held: tuple[HeldDigest, ...] = ()
    more: int = 0
    facts: tuple[Fact, ...] = ()


class DeliveryLedger(Protocol):
    """A worker holds a delivery, writes its intent, settles it. Every method is one atomic step in Redis.

    Raises LedgerUnavailable. A method that names an attempt raises ClaimLost if that attempt no longer owns the
    delivery.
    """

    async def hold(self, key: DeliveryKey, pid: int) -> HoldResult:
        """Holds a pending or unknown delivery for this process during one lease, so that two workers do not render the
        same one. There is no lease if another process has it or there is nothing to do. Losing the answer does no harm.

        One reader's digests are sent in the order of their slots: a delivery is superseded if a newer run has reached
        the reader, and deferred while an older one is being sent. Under `catch_up: all` none is superseded, and each
        waits until every older one is closed.
        """
        ...

    async def settle(
        self, key: DeliveryKey, attempt: int, outcome: Outcome, suspension: Suspension | None = None
    ) -> tuple[Fact, ...]:
        """Moves the delivery to the state of the outcome, from the states that domain.outcome lists for it, together
        with the baselines that it moves. Closes the run if it was the last delivery. `attempt` is the row's.
        `suspension`: what is suspended with it, and the operator's notice; nothing where it is suspended already.
        Returns the facts, the run's end included. Raises ClaimLost, also for a second possible duplicate.
        """
        ...

    async def suspend(self, run: RunKey, suspension: Suspension) -> tuple[Fact, ...]:
        """Suspends an address or a channel after a delivery of the run was closed, and makes the operator's notice.
        Returns the facts: none where it is suspended already.
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
        link_key: str = "",
        left_out: Mapping[int, Reason] | None = None,
        untold: Sequence[int] = (),
    ) -> int:
        """Writes the intent to send one part, before it is sent. The first intent of a try (attempt 0) moves pending →
        sending and returns the new attempt; later parts name it. `date`, `compared_with`, `why_first` (for queries
        without a baseline), `link_key`, `left_out` and `untold` stay as the first intent of all tries wrote them.
        `version` is of this try. Raises ClaimLost, also for a try with another date than the first: it would be another
        message.
        """
        ...

    async def check(self, key: DeliveryKey, attempt: int) -> None:
        """Asks, immediately before the bytes leave, whether the delivery is still ours. Raises ClaimLost."""
        ...

    async def handed_over(
        self, key: DeliveryKey, attempt: int, part: int, receipt: str, moved: Mapping[str, Baseline]
    ) -> None:
        """Records that one part of several was accepted. `moved`: the baselines that the delivery moves if it expires
        or is superseded before the last part is sent.
        """
        ...

    async def retry(self, run: RunKey, readers: Mapping[str, datetime]) -> tuple[DeliveryKey, ...]:
        """refused, failed, skipped(expired) → pending, with a new expiry, for these readers of a run, by id. Deliveries
        that were sent, or that a newer run superseded, stay as they are. Returns the keys of those that are pending
        again.
        """
        ...

    async def lift(self, subjects: Sequence[str]) -> None:
        """Ends suspensions of addresses and channels."""
        ...

    async def count_repeat(self, key: DeliveryKey, part: int, receipt: str) -> None:
        """Records that an attempt without a claim handed a part over: a possible duplicate, whatever the state, unless
        the row has this very receipt (a look-up found it). `receipt` is empty if there was none.
        """
        ...

    async def turn(self, subject: str, key: DeliveryKey, cap: Cap, *, always: bool = False) -> datetime | None:
        """Takes a turn among the messages that `subject` (a channel and address) may get in a period, once for all
        tries of a delivery. None if the delivery has its turn, else the end of the period. `always`: a turn even beyond
        the cap.
        """
        ...

    async def take_over_held(self, key: DeliveryKey, subject: str) -> TakenOver:
        """Closes the waiting delivery that would name `subject`'s digests over its cap, as skipped(taken_over), and
        lets the pending delivery `key` name them instead. A delivery that was tried before takes over nothing.
        """
        ...

    async def pace(self, bucket: str, seconds: float, who: str) -> float:
        """Reserve the next turn of a bucket that allows one message every `seconds`. Returns seconds to wait for it. A
        turn of `who`, a schedule's reader, that is still to come is returned again: a digest takes over that of the
        older one that it supersedes.
        """
        ...

    async def suspended(self, subjects: Sequence[str]) -> Mapping[str, str]: ...
