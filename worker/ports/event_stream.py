"""Facts for those who follow: in one order, each once, and for some time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.domain.events import Fact


@dataclass(frozen=True, slots=True)
class StreamedFact:
    """`id` orders facts, also those of one instant."""

    id: str
    at: datetime
    fact: Fact


class EventStream(Protocol):
    """Raises LedgerUnavailable. The oldest facts go when there are very many."""

    async def add(self, facts: Sequence[Fact]) -> None:
        """In their order. For facts that no script of the ledger makes true."""
        ...

    async def after(self, last: str, limit: int) -> tuple[StreamedFact, ...]:
        """Facts that came after the one with the id `last`, oldest first. `last` "": from the oldest."""
        ...

    async def newest(self) -> str:
        """The id of the newest fact; "" if there is none."""
        ...

    async def holds(self, last: str) -> bool:
        """Whether the fact `last` is still there, so that none after it is gone."""
        ...
