"""Events that services report: how a request is verified and read, and what the ledger stores of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.domain.run import Claim
from worker.domain.source_event import EventOutcome, SourceEvent
from worker.ports.clock import Claimed

WEBHOOK_SECRET = "webhook_secret"  # noqa: S105  # the name of an option
"""The option of a connection with which its events are verified. Only `web` resolves it."""


def asking(options: Mapping[str, str]) -> dict[str, str]:
    """A connection's options without the one that only `web` needs."""
    return {name: value for name, value in options.items() if name != WEBHOOK_SECRET}


class EventReader(Protocol):
    """One service's way of posting events, with the secrets of one connection."""

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """`headers`: by lower-case name. Looks at no content of the body. Raises SignatureRefused."""
        ...

    def read(self, headers: Mapping[str, str], body: bytes) -> SourceEvent:
        """Of a verified request. Raises PostRefused for a body that cannot be used."""
        ...


@dataclass(frozen=True, slots=True)
class EventContract:
    """What a kind of source posts. `known`: "object.action"; empty if the poster chooses the names. `open` makes a
    reader that takes what was signed with any one of the secrets, and raises RequestError, without the secret, for one
    that cannot be used. `secret`: what the secret is, one clause for the reference.
    """

    known: tuple[str, ...]
    open: Callable[[Sequence[str]], EventReader]
    secret: str


@dataclass(frozen=True, slots=True)
class WindowClaim:
    """One conditional write. If the schedule's debounce window still ends at `slot`, and `bundle` is in force, the
    window is closed. `run`: what it becomes; None for a schedule that is no longer deployed.
    """

    schedule: str
    slot: datetime
    bundle: str
    run: Claim | None


class SourceEvents(Protocol):
    """What the ledger stores of events. Every method is one atomic step, on Redis's clock. Raises LedgerUnavailable."""

    async def receive(self, connection: str, event_id: str, debounce: Mapping[str, int]) -> EventOutcome:
        """Records an event, and opens a debounce window for each schedule (with its seconds) that has none open. An
        event that came within the last 7 days opens nothing.
        """
        ...

    async def due(self, limit: int) -> Sequence[tuple[str, datetime]]:
        """Schedules whose window has ended, with its end, which is their run's slot."""
        ...

    async def windows(self) -> Mapping[str, datetime]:
        """Every open window: schedule → its end."""
        ...

    async def claim(self, batch: Sequence[WindowClaim], pid: int) -> Claimed:
        """What this call created. A window that another clock closed first gives nothing."""
        ...

    async def count(self, connection: str, outcome: EventOutcome) -> None:
        """Counts a request that was refused."""
        ...

    async def counts(self, connections: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        """By connection and outcome, since the first."""
        ...

    async def heard(self, connections: Sequence[str]) -> Mapping[str, datetime]:
        """The time of the last verified event of each of these connections; connections without one are left out."""
        ...
