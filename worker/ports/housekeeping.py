"""Removal from the ledger: by retention, and on request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.domain.events import Fact
from worker.domain.run import Run, RunKey


@dataclass(frozen=True, slots=True)
class SweepResult:
    """A batch of the ledger's runs, each with the present id of its schedule. `ended`: the batch was the last one of
    the round, and the next call begins a new round.
    """

    runs: tuple[tuple[str, Run], ...]
    ended: bool


@dataclass(frozen=True, slots=True)
class Expired:
    """How much was removed. `facts`: the ends of runs that waited only for these deliveries."""

    baselines: int
    deliveries: int
    suspensions: int
    facts: tuple[Fact, ...] = ()


class Upkeep(Protocol):
    """What retention and forgetting remove. Raises LedgerUnavailable."""

    async def next_batch(self, limit: int, pause: float) -> SweepResult | None:
        """The next runs of the round, oldest first, at most `limit`. None if a clock asked less than `pause` seconds
        ago.
        """
        ...

    async def runs_between(self, schedule: str, start: datetime, end: datetime, limit: int) -> tuple[Run, ...]:
        """Runs with a slot in [start, end), oldest first, at most `limit`."""
        ...

    async def floor(self, schedule: str, since: datetime) -> datetime | None:
        """The oldest slot that a baseline (not older than `since`) or an open delivery of the schedule can still be
        compared with. Answers from this slot on are in use.
        """
        ...

    async def drop(self, key: RunKey, floor: datetime) -> bool:
        """Removes a closed run older than `floor`, with what only it held. False if it is still needed."""
        ...

    async def end_round(self, missed_before: datetime) -> int:
        """Removes older rows of missed slots, and bundles that no run of the round used. Returns the number
        of bundles.
        """
        ...

    async def forget_reader(self, address: str) -> Expired:
        """Removes an address's baselines, deliveries and suspensions, in every schedule."""
        ...
