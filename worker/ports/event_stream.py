"""The stream of facts: each fact once, in one order, kept for some time."""

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


@dataclass(frozen=True, slots=True)
class FactPage:
    """`facts`: oldest first. `last`: the id after which to go on. `full`: there may be more at once. `unknown`: the
    kinds of facts in between that this version cannot read, because a newer one wrote them; one for each.
    """

    facts: tuple[StreamedFact, ...]
    last: str
    full: bool = False
    unknown: tuple[str, ...] = ()


class EventStream(Protocol):
    """Raises LedgerUnavailable. The oldest facts are removed when there are very many."""

    async def add(self, facts: Sequence[Fact]) -> None:
        """Adds facts in their order. It is for facts that no script of the ledger writes."""
        ...

    async def after(self, last: str, limit: int) -> FactPage:
        """Facts that came after the one with the id `last`. `last` "": from the oldest. Looks at `limit` at most."""
        ...

    async def newest(self) -> str:
        """The id of the newest fact; "" if there is none."""
        ...

    async def holds(self, last: str) -> bool:
        """Whether the fact `last` is still there, so that none after it is gone."""
        ...
