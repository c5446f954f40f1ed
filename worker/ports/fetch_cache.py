"""Answers that several runs can share, and the turn to fetch one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Hit:
    """A stored answer: when its fetch began, and the ids of its snapshots (and of the comparison's, if
    there is one).
    """

    begun: datetime
    snapshot: str
    compared: str | None = None


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """Why a fetch that others waited for failed. `reason` is a GapReason; `retry_after` in seconds."""

    reason: str
    sentence: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """The caller has the turn to fetch, from `begun` on, by Redis's clock. `token` is the fencing token of the turn."""

    begun: datetime
    token: int


class FetchCache(Protocol):
    """Answers that several runs can share, and the turn to fetch one. All times are by Redis's clock."""

    async def look(
        self, key: str, since: datetime, age: float, waited: float, *, urgent: bool = False
    ) -> Hit | FetchFailed | Turn | None:
        """An answer begun at or after `since` and at most `age` seconds ago; else the failure of a fetch that ended
        within the last `waited` seconds, while the caller waited; else the turn to fetch; None while another process
        has the turn. `urgent`: do not wait for a fetch that began too early to be used. An urgent turn has token 0, and
        its answer is not stored.
        """
        ...

    async def beat(self, key: str, token: int) -> bool:
        """Renews the turn. False: it lapsed, and another process may have it."""
        ...

    async def put(self, key: str, token: int, outcome: Hit | FetchFailed) -> bool:
        """Stores the outcome of the turn and ends it. False: the turn was no longer the caller's, and nothing is
        stored.
        """
        ...

    async def leave(self, key: str, token: int) -> None:
        """Ends the turn without an outcome."""
        ...
