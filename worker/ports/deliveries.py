"""A worker's side of the ledger, delivery by delivery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.domain.delivery import Baseline, Delivery
from worker.domain.reason import Reason


@dataclass(frozen=True, slots=True)
class DeliveryLease:
    """A delivery that is this process's to bring on, and what stood beside it in the ledger at that instant: `now`, the
    reader's baselines, and whether anything at all is suspended.
    """

    row: Delivery
    now: datetime
    current: Mapping[str, Baseline]
    suspensions: bool


class DeliverySide(Protocol):
    """A worker takes a delivery, writes its intent, settles it."""

    async def delivery(self, key: str) -> Delivery | None: ...

    async def hold(self, key: str, pid: int) -> DeliveryLease | None:
        """Take a pending or unknown delivery for this process's attention for a lease's time, so that two workers do
        not render the same one; None when somebody else has it or there is nothing to do. Safe to lose.
        """
        ...

    async def skip(self, key: str, reason: Reason, baselines: Mapping[str, Baseline]) -> None:
        """pending → skipped; `baselines` are those that a byte-equal answer may move."""
        ...

    async def defer(self, key: str, attempt: int, until: datetime, reason: Reason, sentence: str) -> None: ...

    async def intend(  # noqa: PLR0913  # one write fixes all that a message follows from
        self,
        key: str,
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

    async def check(self, key: str, attempt: int) -> None:
        """Immediately before the bytes leave: still ours? Raises ClaimLost."""
        ...

    async def handed_over(self, key: str, attempt: int, part: int, receipt: str) -> None:
        """One part of several was accepted."""
        ...

    async def sent(
        self,
        key: str,
        attempt: int,
        receipt: str,
        baselines: Mapping[str, Baseline],
        *,
        reason: Reason | None = None,
    ) -> None:
        """The last part was accepted: sent, and this reader's baselines, in one script; closes the run if it was the
        last. Also from unknown (`attempt` is the one that the row names), when a look-up found it, or (`reason`)
        somebody said so.
        """
        ...

    async def unsent(self, key: str, attempt: int, expires: datetime) -> None:
        """unknown, also held → pending under the same identity, because somebody said that it did not arrive."""
        ...

    async def retry(self, run: str, readers: Mapping[str, datetime]) -> tuple[str, ...]:
        """refused, failed, skipped(expired) → pending, with a new expiry, for these readers of a run; what is sent
        stays. Returns the keys of those that are pending again.
        """
        ...

    async def lift(self, subjects: Sequence[str]) -> None:
        """Use suspended addresses and channels again."""
        ...

    async def refuse(self, key: str, attempt: int, reason: Reason, sentence: str, *, failed: bool = False) -> None:
        """sending (or pending, for a template's fault) → refused or failed."""
        ...

    async def uncertain(self, key: str, attempt: int, sentence: str, again_at: datetime) -> None:
        """sending → unknown, looked at again at `again_at`."""
        ...

    async def resolve(self, key: str, attempt: int, *, duplicate: bool, reason: Reason) -> bool:
        """unknown → pending: proved absent, or (`duplicate`) sent once more under the same identity."""
        ...

    async def count_repeat(self, key: str, part: int, receipt: str) -> None:
        """An attempt that had lost its claim handed a part over all the same: a possible duplicate, whatever the state,
        unless the row has this very receipt (a look-up found it). `receipt` is empty where none came.
        """
        ...

    async def keep_unknown(self, key: str, attempt: int) -> None:
        """unknown → unknown(held): closed until superseded or settled."""
        ...

    async def pace(self, lane: str, seconds: float) -> float:
        """Take the next place of a lane that lets one pass every `seconds`: how long to wait for it, in seconds."""
        ...

    async def suspend(self, subject: str, sentence: str) -> bool:
        """Stop using an address or channel until the next deployment. True the first time."""
        ...

    async def suspended(self, subjects: Sequence[str]) -> Mapping[str, str]: ...
