"""The first answer to a request with an idempotency key, for repetitions of the request."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """`body` is None for an answer that may be shown once only."""

    status: int
    body: str | None


class Repetition(StrEnum):
    """What is known of a key without an answer. GOING: the same request is being handled."""

    NEW = "new"
    GOING = "going"
    OTHER_REQUEST = "other"


class FirstAnswers(Protocol):
    """Raises LedgerUnavailable. A key is known for a day."""

    async def begin(self, key: str, request: str) -> FirstAnswer | Repetition:
        """`request` identifies the content of the request. After NEW the caller handles it and calls `keep` or
        `release`. If the caller was killed, the key stays taken for half a minute, and then the request is NEW again.
        """
        ...

    async def keep(self, key: str, answer: FirstAnswer) -> None: ...

    async def release(self, key: str) -> None:
        """Nothing was done, so the key may be used again, also with another request."""
        ...
