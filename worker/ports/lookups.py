"""Questions to the ledger."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from worker.domain.delivery import Delivery, DeliveryKey
from worker.domain.missed import MissedRow, SinceRun
from worker.domain.run import Run, RunKey
from worker.domain.schedule import Subscription


class Lookups(Protocol):
    """What the ledger holds, without changing it. Raises LedgerUnavailable."""

    async def run(self, key: RunKey) -> Run | None: ...

    async def runs(self, schedule: str | None, limit: int, before: str = "") -> tuple[Run, ...]:
        """Newest first, by slot. `before`: a run's key; only those that follow it in this order. Raises NotFound for a
        key that is none, or of a run that is gone.
        """
        ...

    async def missed(self, schedule: str | None, limit: int) -> tuple[MissedRow, ...]: ...

    async def since(self, run: RunKey, missed: int, subjects: Sequence[str]) -> SinceRun:
        """`missed`: how many of the newest rows. `subjects`: of notices. One round trip."""
        ...

    async def delivery(self, key: DeliveryKey) -> Delivery | None: ...

    async def deliveries(self, run: RunKey) -> tuple[Delivery, ...]: ...

    async def subscribed(self, run: RunKey) -> Mapping[str, Subscription]:
        """By reader's id: the entries of the run's readers who subscribed at run time, as of its hand-over."""
        ...

    async def snapshots_of(self, run: RunKey) -> Mapping[str, str]:
        """Query id (or "<query>:compared") → stored snapshot."""
        ...
