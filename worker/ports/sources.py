"""What one connection is asked and answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from worker.domain.schedule import Query
from worker.domain.snapshot.snapshot import Snapshot
from worker.domain.time.window import Window, WindowSpec


@dataclass(frozen=True, slots=True)
class Question:
    """What one query of one run is asked. `formerly`: keys that were members of a complete snapshot since the oldest
    baseline in use: those not listed now are looked up. `since`: that baseline's first byte. `previous`: the newest
    complete snapshot of this query, for what is carried forward.
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
    resolve: Callable[[WindowSpec], Window] | None = None  # for windows that stand in the API's own parameters
    on_demand: bool = False  # somebody waits for it


@dataclass(frozen=True, slots=True)
class Answer:
    """`compared` answers the same question for the comparison's window; its query_id is the item's."""

    snapshot: Snapshot
    compared: Snapshot | None = None


class Source(Protocol):
    """One connection. Raises SourceError; anything else is a bug."""

    async def fetch(self, question: Question) -> Answer: ...

    async def aclose(self) -> None: ...


@runtime_checkable
class Shareable(Protocol):
    """A source whose lists can be shared by runs with different pasts."""

    def words(self, question: Question) -> str:
        """What is asked, in one spelling: equal for two questions of this account that one answer serves. Windows in
        it are resolved; what the definition's id, display and past add is not in it.
        """
        ...

    async def complete(self, question: Question, listed: Answer) -> Answer:
        """`listed` answered the same question without a past (`formerly`, `since`, `previous`): the answer to `ask`,
        with what only this past adds. Raises SourceError.
        """
        ...


@runtime_checkable
class CheckedSource(Protocol):
    """A source that can tell cheaply whether it works."""

    async def check(self) -> str:
        """Whose account it is, in a few words. Raises SourceError."""
        ...
