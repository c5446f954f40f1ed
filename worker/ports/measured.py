"""What the ledger tells those who watch it."""

from typing import Protocol

from worker.domain.measurements import LedgerReading


class MeasuredLedger(Protocol):
    """Raises LedgerUnavailable."""

    async def read(self) -> LedgerReading:
        """Costs the same however many runs there are."""
        ...
