"""Triggers, stored answers, queue, facts, and what definitions stand for in a process."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol

from worker.domain.delivery import DeliveryKey
from worker.domain.events import Fact
from worker.domain.run import RunKey
from worker.domain.schedule import Bundle, Query, Trigger
from worker.domain.snapshot.snapshot import Snapshot
from worker.ports.channels import Channel, Templates
from worker.ports.kinds import QuerySpec
from worker.ports.sources import Source


class Triggers(Protocol):
    """Which instants a trigger names; a function of the trigger alone."""

    def next(self, trigger: Trigger, after: datetime) -> datetime | None:
        """The first slot strictly after `after`; None when there is none."""
        ...

    def upcoming(self, trigger: Trigger, after: datetime) -> Iterator[datetime]:
        """Every slot after `after`, lazily, mostly without end."""
        ...

    def previous(self, trigger: Trigger, before: datetime) -> datetime | None:
        """The last slot strictly before `before`; None when the trigger never named one."""
        ...


class Snapshots(Protocol):
    """Immutable, addressed by content."""

    async def keep(self, snapshot: Snapshot) -> str:
        """Store and name it. Unreferenced ones vanish after a day: a run that enters `delivering` holds its own."""
        ...

    async def load(self, snapshot_id: str) -> Snapshot | None: ...

    async def forgotten(self, snapshot_id: str) -> bool:
        """Whether rows were taken out of it on request after it was kept."""
        ...

    async def forget_row(self, key: str) -> int:
        """Take one row, by its key, out of every snapshot; how many held it. Their ids stay."""
        ...


class Queue(Protocol):
    """Carries keys to the workers. Losing a message is allowed: the sweep finds what is left lying. Raises
    BrokerUnavailable.
    """

    async def produce(self, keys: Sequence[RunKey], *, on_demand: bool = False) -> None: ...

    async def deliver(self, keys: Sequence[DeliveryKey]) -> None: ...


class Events(Protocol):
    def emit(self, fact: Fact) -> None: ...


class Connectors(Protocol):
    """What a bundle's definitions stand for in this process: opened once, and closed when nobody asks any more.

    Raises RequestError where a secret that the definition refers to is not set.
    """

    def source(self, bundle: Bundle, connection: str) -> Source: ...

    def account(self, bundle: Bundle, connection: str) -> str:
        """A short text that stands for the account behind a connection, credentials included and not readable."""
        ...

    def query(self, bundle: Bundle, query: Query) -> QuerySpec:
        """What its connection's type says of a query. Raises RequestError where this process has no such type or query:
        a plug-in that is not installed here.
        """
        ...

    def channel(self, bundle: Bundle, channel: str, address: str | None) -> Channel[Any]:
        """The channel that messages to this address take. None: the address is in the channel's own options."""
        ...

    def route(self, bundle: Bundle, channel: str, address: str | None) -> str:
        """Names the channel where one definition stands for several; empty where it stands for one."""
        ...

    def takes(self, bundle: Bundle, channel: str, address: str) -> bool:
        """Whether messages can be addressed in this way through the channel."""
        ...

    def templates(self, bundle: Bundle) -> Templates: ...
