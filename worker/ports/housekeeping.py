"""Questions to the ledger, signs of life, and what is taken out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.domain.delivery import Delivery
from worker.domain.heartbeat import Alive
from worker.domain.run import Missed, Run


@dataclass(frozen=True, slots=True)
class SweepResult:
    """Some of the ledger's runs, each with the id that its schedule has now. `ended`: after them it begins anew."""

    runs: tuple[tuple[str, Run], ...]
    ended: bool


@dataclass(frozen=True, slots=True)
class Expired:
    """How much was removed."""

    baselines: int
    deliveries: int
    suspensions: int


class AliveSide(Protocol):
    """Which processes say that they are there."""

    async def say_alive(self, kind: str, host: str, pid: int) -> None:
        """A process is there and at work; said every few seconds."""
        ...

    async def say_gone(self, kind: str, host: str, pid: int) -> None: ...

    async def alive(self) -> tuple[Alive, ...]:
        """Whoever said so in the last day, the latest first."""
        ...


class QuestionSide(Protocol):
    """What the ledger tells and does not change."""

    async def run(self, key: str) -> Run | None: ...

    async def runs(self, schedule: str | None, limit: int) -> tuple[Run, ...]:
        """Newest first, by slot."""
        ...

    async def missed(self, schedule: str | None, limit: int) -> tuple[Missed, ...]: ...

    async def deliveries(self, run: str) -> tuple[Delivery, ...]: ...

    async def snapshots_of(self, run: str) -> Mapping[str, str]:
        """Query id (or "<query>:compared") → stored snapshot."""
        ...


class ChoreSide(Protocol):
    """What retention and forgetting take out."""

    async def chores(self, limit: int, pause: float) -> SweepResult | None:
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

    async def drop(self, key: str, floor: datetime) -> bool:
        """Remove a closed run older than `floor`, with what only it held; False when something still asks for it."""
        ...

    async def end_round(self, missed_before: datetime) -> int:
        """Remove rows of missed slots older than that, and bundles that no run was seen to use; how many bundles."""
        ...

    async def forget_reader(self, address: str) -> Expired:
        """Remove an address's baselines, deliveries and suspensions, in every schedule."""
        ...
