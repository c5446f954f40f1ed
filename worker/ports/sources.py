"""Questions to one connection, and its answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from worker.domain.schedule import Query
from worker.domain.snapshot.snapshot import Snapshot
from worker.domain.time.window import Window, WindowSpec


@dataclass(frozen=True, slots=True)
class Question:
    """One query of one run. `formerly`: keys that were members of a complete snapshot since the oldest baseline in use;
    those not listed now are looked up. `since`: that baseline's first byte. `previous`: the newest complete snapshot of
    this query, from which some values are carried over.
    """

    item: Query
    slot: datetime
    zone: str
    window: Window | None
    compared: Window | None
    formerly: frozenset[str] = frozenset()
    since: datetime | None = None
    previous: Snapshot | None = None
    files: bool = False  # an entry attaches this query's service file
    resolve: Callable[[WindowSpec], Window] | None = None  # for windows in the API's own parameters
    on_demand: bool = False  # a person waits for it


@dataclass(frozen=True, slots=True)
class Answer:
    """`compared` answers the same question for the comparison's window. Its query_id is the item's."""

    snapshot: Snapshot
    compared: Snapshot | None = None


class Source(Protocol):
    """One connection. Raises SourceError; any other exception is a bug."""

    async def fetch(self, question: Question) -> Answer: ...

    async def aclose(self) -> None: ...


@runtime_checkable
class Shareable(Protocol):
    """A source whose lists can be shared by runs with different pasts."""

    def words(self, question: Question) -> str:
        """The question as one canonical text. Two questions of this account with the same text can share one answer.
        Windows are resolved in it. The definition's id, its display and its past are not part of it.
        """
        ...

    async def complete(self, question: Question, listed: Answer) -> Answer:
        """The answer to `question`. `listed` answered the same question without a past (`formerly`, `since`,
        `previous`); this adds what the past requires. Raises SourceError.
        """
        ...


@runtime_checkable
class CheckedSource(Protocol):
    """A source that can check cheaply whether it works."""

    async def check(self) -> str:
        """The account that it uses, in a few words. Raises SourceError."""
        ...
