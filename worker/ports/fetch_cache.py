"""Answers that several runs may share, and whose turn it is to fetch one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Hit:
    """A stored answer: when its fetch began, and the snapshots' ids (the comparison's too, where there is one)."""

    begun: datetime
    snapshot: str
    compared: str | None = None


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """Why a fetch that others waited for brought nothing. `reason` is a GapReason; `retry_after` in seconds."""

    reason: str
    sentence: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """It is the asker's turn to fetch: `begun` now on Redis's clock. `token` fences off whoever comes too late."""

    begun: datetime
    token: int


class FetchCache(Protocol):
    """Answers that may serve several runs, and whose turn it is to fetch one. On Redis's clock."""

    async def look(
        self, key: str, since: datetime, age: float, waited: float, *, urgent: bool = False
    ) -> Hit | FetchFailed | Turn | None:
        """An answer begun at or after `since` and at most `age` seconds ago; the failure of a fetch that ended within
        the last `waited` seconds, in which the asker stood by; else the turn to fetch; None while somebody else has it.
        `urgent`: not to wait for a fetch that was begun too early to serve (its own has token 0 and is not kept).
        """
        ...

    async def beat(self, key: str, token: int) -> bool:
        """Renew the turn. False: it lapsed and somebody else may have it."""
        ...

    async def put(self, key: str, token: int, outcome: Hit | FetchFailed) -> bool:
        """Keep what came of the turn and end it. False: it was no longer the caller's, and nothing is kept."""
        ...

    async def leave(self, key: str, token: int) -> None:
        """End the turn without an outcome."""
        ...
