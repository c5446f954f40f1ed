"""The values of the ledger for monitoring."""

from typing import Protocol

from worker.domain.measurements import LedgerReading


class MeasuredLedger(Protocol):
    """Raises LedgerUnavailable."""

    async def read(self) -> LedgerReading:
        """Its cost does not depend on the number of runs."""
        ...
