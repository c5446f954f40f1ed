"""Events for the webhooks of a project: which wait for each webhook, and which were given up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WebhookTurn:
    """`cursor`: the id of the last fact that was looked at; "" for a webhook that is new. `retry_at`: nothing is sent
    before it.
    """

    cursor: str
    now: datetime
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """`entry`: its place in the queue. `id`: of the fact, the same in every try. `at`: when it happened."""

    entry: str
    id: str
    body: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class FailedTry:
    """`wait`: seconds until the next try. `given_up`: this event is not tried again by itself. `stale`: the same
    applies to all events that happened, or were requested by hand, before this instant, because they waited for the
    same receiver.
    """

    sentence: str
    wait: float
    given_up: bool = False
    stale: datetime | None = None


@dataclass(frozen=True, slots=True)
class WebhookState:
    """`waiting`: events in the queue. `dead`: events that were given up and are kept. `sent` and `lost`: since the
    beginning; lost are events that were given up and removed, because only a limited number is kept. `unknown`: events
    that a newer version wrote and that this one could not send. `failures`: tries in a row without success.
    """

    waiting: int = 0
    dead: int = 0
    sent: int = 0
    lost: int = 0
    unknown: int = 0
    failures: int = 0
    trouble: str = ""
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeadEvent:
    id: str
    at: datetime
    body: bytes
    sentence: str


class EventWebhooks(Protocol):
    """One process has the turn of a webhook; it lapses by itself. Raises LedgerUnavailable; a method that names `who`
    raises ClaimLost if somebody else has the turn.
    """

    async def take(self, name: str, who: str) -> WebhookTurn | None:
        """None while another process has the turn. Takes it, or renews it."""
        ...

    async def add(
        self, name: str, who: str, cursor: str, events: Sequence[tuple[str, bytes]], *, unknown: int = 0
    ) -> None:
        """Puts events, with their ids, at the end of the queue; moves the cursor and counts `unknown` in one step."""
        ...

    async def waiting(self, name: str, limit: int) -> tuple[WaitingEvent, ...]:
        """The oldest first."""
        ...

    async def failures(self, name: str) -> int:
        """Tries in a row without success."""
        ...

    async def sent(self, name: str, who: str, event: WaitingEvent) -> None: ...

    async def failed(self, name: str, who: str, event: WaitingEvent, failure: FailedTry) -> int:
        """How many events were given up."""
        ...

    async def leave(self, name: str, who: str) -> None:
        """Lets another process have the turn at once."""
        ...

    async def states(self, names: Sequence[str]) -> Mapping[str, WebhookState]: ...

    async def dead(self, name: str, limit: int) -> tuple[DeadEvent, ...]:
        """The oldest first."""
        ...

    async def retry(self, name: str, event: str) -> int:
        """Puts an event that was given up at the end of the queue, and all of them for "". Its age and the tries count
        from now, and nothing waits for the next try any more. Returns how many.
        """
        ...
