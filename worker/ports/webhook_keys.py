"""Webhooks that are registered at a service, and the secrets with which their requests are verified."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class RegisteredWebhook:
    """`events`: "object.action" each, in the service's words; "*" stands for any object or action."""

    id: str
    url: str
    events: tuple[str, ...]

    def covers(self, event: str) -> bool:
        what, _, action = event.rpartition(".")
        return bool({event, f"{what}.*", f"*.{action}", "*.*"} & set(self.events))


@runtime_checkable
class Registrable(Protocol):
    """A source at which webhooks can be registered. A write is sent once. Raises SourceError."""

    async def webhooks(self) -> tuple[RegisteredWebhook, ...]: ...

    async def add_webhook(self, url: str, events: Sequence[str]) -> tuple[tuple[RegisteredWebhook, str], ...]:
        """What was registered for these events, each with the secret of its requests, as `webhook_secret` has it."""
        ...

    async def remove_webhook(self, key: str) -> None:
        """Raises RequestError for an id that is none."""
        ...


class WebhookKeys(Protocol):
    """Secrets by connection and id of the webhook, encrypted in the ledger. Raises LedgerUnavailable, and RequestError
    without the key that encrypts them.
    """

    def refuse_without_key(self) -> None: ...

    async def keep(self, connection: str, webhook: str, secret: str) -> None: ...

    async def all(self, connection: str) -> Mapping[str, str]:
        """By the webhook's id. Empty if none is kept, also without the key."""
        ...

    async def ids(self, connection: str) -> tuple[str, ...]:
        """Of the webhooks whose secrets are kept. It needs no key."""
        ...

    async def drop(self, connection: str, webhook: str) -> None: ...
