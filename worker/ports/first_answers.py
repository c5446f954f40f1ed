"""The first answer to a request that carries an idempotency key, for those that repeat it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """`body` is None for an answer that may be shown once only."""

    status: int
    body: str | None


class Repetition(StrEnum):
    """What is known of a key without an answer. GOING: the same request is being dealt with."""

    NEW = "new"
    GOING = "going"
    OTHER_REQUEST = "other"


class FirstAnswers(Protocol):
    """Raises LedgerUnavailable. A key is known for a day."""

    async def begin(self, key: str, request: str) -> FirstAnswer | Repetition:
        """`request` tells apart what was asked. After NEW the caller deals with it and calls `keep` or `release`; a
        caller that was killed holds the key for half a minute, and then the request is NEW again.
        """
        ...

    async def keep(self, key: str, answer: FirstAnswer) -> None: ...

    async def release(self, key: str) -> None:
        """Nothing was done, so that the key may come again, also with another request."""
        ...
