"""What is taken out of the ledger: by retention, and on request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.domain.events import Fact
from worker.domain.run import Run, RunKey


@dataclass(frozen=True, slots=True)
class SweepResult:
    """Some of the ledger's runs, each with the id that its schedule has now. `ended`: after them it begins anew."""

    runs: tuple[tuple[str, Run], ...]
    ended: bool


@dataclass(frozen=True, slots=True)
class Expired:
    """How much was removed; `facts`: the ends of runs that waited for these deliveries alone."""

    baselines: int
    deliveries: int
    suspensions: int
    facts: tuple[Fact, ...] = ()


class Upkeep(Protocol):
    """What retention and forgetting take out. Raises LedgerUnavailable."""

    async def next_batch(self, limit: int, pause: float) -> SweepResult | None:
        """The next few runs of the housekeeping's round, oldest first; None when somebody asked less than `pause`
        seconds ago.
        """
        ...

    async def runs_between(self, schedule: str, start: datetime, end: datetime, limit: int) -> tuple[Run, ...]:
        """Oldest first, by slot; half open."""
        ...

    async def floor(self, schedule: str, since: datetime) -> datetime | None:
        """The oldest slot that a baseline (not older than `since`) or an open delivery of the schedule may still be
        compared with; answers from there on are in use.
        """
        ...

    async def drop(self, key: RunKey, floor: datetime) -> bool:
        """Remove a closed run older than `floor`, with what only it held; False when something still asks for it."""
        ...

    async def end_round(self, missed_before: datetime) -> int:
        """Remove rows of missed slots older than that, and bundles that no run was seen to use; how many bundles."""
        ...

    async def forget_reader(self, address: str) -> Expired:
        """Remove an address's baselines, deliveries and suspensions, in every schedule."""
        ...
