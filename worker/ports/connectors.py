"""Triggers, stored answers, the queue, facts, and what a process opens for definitions."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol

from worker.domain.delivery import DeliveryKey
from worker.domain.events import Fact
from worker.domain.run import RunKey
from worker.domain.schedule import Bundle, Query, Trigger
from worker.domain.snapshot.snapshot import Snapshot
from worker.ports.bounces import BounceMailbox, BounceWebhook
from worker.ports.channels import Channel, Templates
from worker.ports.chat import Answering, ChatDoor
from worker.ports.kinds import QuerySpec
from worker.ports.source_events import EventReader
from worker.ports.sources import Source


class Triggers(Protocol):
    """The instants that a trigger names, as a function of the trigger alone."""

    def next(self, trigger: Trigger, after: datetime) -> datetime | None:
        """The first slot strictly after `after`; None if there is none."""
        ...

    def upcoming(self, trigger: Trigger, after: datetime) -> Iterator[datetime]:
        """Every slot after `after`, lazily; mostly without an end."""
        ...

    def previous(self, trigger: Trigger, before: datetime) -> datetime | None:
        """The last slot strictly before `before`; None if there is none."""
        ...


class Snapshots(Protocol):
    """Stored answers. They are immutable and addressed by content."""

    async def keep(self, snapshot: Snapshot) -> str:
        """Stores a snapshot and returns its id. An unreferenced one expires after a day; a run that enters `delivering`
        holds its own.
        """
        ...

    async def load(self, snapshot_id: str) -> Snapshot | None: ...

    async def forgotten(self, snapshot_id: str) -> bool:
        """Whether rows were removed on request after it was stored."""
        ...

    async def forget_row(self, key: str) -> int:
        """Removes one row, by its key, from every snapshot. Returns how many held it. Their ids stay."""
        ...


class Queue(Protocol):
    """Carries keys to the workers. A lost message does no harm, because the sweep publishes again. Raises
    BrokerUnavailable.
    """

    async def produce(self, keys: Sequence[RunKey], *, on_demand: bool = False) -> None: ...

    async def deliver(self, keys: Sequence[DeliveryKey]) -> None: ...

    async def read_mailboxes(self, channels: Sequence[str]) -> None: ...


class Events(Protocol):
    def emit(self, fact: Fact) -> None: ...


class Connectors(Protocol):
    """What this process opens for the definitions of a bundle: opened once, and closed when it is no longer used.

    Raises RequestError if a secret that the definition refers to is not set.
    """

    def source(self, bundle: Bundle, connection: str) -> Source: ...

    def account(self, bundle: Bundle, connection: str) -> str:
        """A short text that stands for the account of a connection. It depends on the credentials, but does not show
        them.
        """
        ...

    def is_secret(self, holder: str, kind: str, option: str) -> bool:
        """Whether an option's value is never shown. `holder`: connection or channel, `kind`: its type. So is every
        option of a type that this process does not have.
        """
        ...

    def posts_events(self, bundle: Bundle, connection: str) -> bool:
        """Whether the connection takes events: its service posts some, and it names a secret for them."""
        ...

    def event_reader(self, bundle: Bundle, connection: str, kept: Sequence[str] = ()) -> EventReader | None:
        """What verifies and reads events of the connection; None if it takes none. Its secret is resolved in an offline
        process too. `kept`: secrets of webhooks that were registered, which hold as well.
        """
        ...

    def query(self, bundle: Bundle, query: Query) -> QuerySpec:
        """The spec of a query. Raises RequestError if this process does not have the type or the query, such as a
        plug-in that is not installed here.
        """
        ...

    def channel(self, bundle: Bundle, channel: str, address: str | None) -> Channel[Any]:
        """The channel for messages to this address. None: the address is in the channel's own options."""
        ...

    def route(self, bundle: Bundle, channel: str, address: str | None) -> str:
        """The name of the channel if one definition stands for several; otherwise empty."""
        ...

    def receiver(self, bundle: Bundle, channel: str, address: str | None) -> str:
        """A short text that stands for the receiver of the channel's messages: a server with an account. It depends on
        the credentials, but does not show them.
        """
        ...

    def needs_address(self, bundle: Bundle, channel: str) -> bool:
        """Whether the channel sends to the address of an entry; otherwise it always sends to the same place."""
        ...

    def takes(self, bundle: Bundle, channel: str, address: str) -> bool:
        """Whether the channel takes messages to such an address."""
        ...

    def address(self, bundle: Bundle, channel: str, text: str) -> str | None:
        """The address that messages through the channel are sent to, normalised; None where it takes no such text."""
        ...

    def refusal(self, bundle: Bundle, channel: str, text: str) -> str:
        """Why the channel does not accept this text as an address, and what it expects; "" if it accepts it."""
        ...

    def mailbox(self, bundle: Bundle, channel: str, address: str | None) -> bool:
        """Whether messages to the address are mail."""
        ...

    def templates(self, bundle: Bundle) -> Templates: ...

    def bounce_mailbox(self, bundle: Bundle, channel: str) -> BounceMailbox | None:
        """A new connection to the mailbox in which the channel's bounces arrive; None if it names none."""
        ...

    def bounce_webhook(self, bundle: Bundle, channel: str) -> BounceWebhook | None:
        """What takes bounces that are posted for the channel; None if it names no secret for them. Its secrets are
        resolved in an offline process too.
        """
        ...

    def chat_door(self, bundle: Bundle, channel: str) -> ChatDoor | None:
        """What verifies, reads and answers requests of people; None if the channel takes none. Its secrets are resolved
        in an offline process too.
        """
        ...

    async def serve_chat(self, bundle: Bundle, channel: str, answers: Answering) -> None:
        """Takes requests of people over a socket, until it is cancelled. Raises RequestError."""
        ...
