"""Requests that Funnelbeat makes by itself, in addition to channels."""

from typing import Protocol

from worker.domain.outgoing import EventWebhook, HeartbeatUrl


class OutgoingRequests(Protocol):
    """Secrets are resolved at each request. Raises RequestError for one that is not set or cannot be used, and
    DeliveryError for a receiver that did not take the request: DeliveryRefused if it never will.
    """

    async def beat(self, heartbeat: HeartbeatUrl) -> None: ...

    async def post(self, webhook: EventWebhook, message: str, body: bytes) -> None:
        """`message`: the id of the message, the same in every try."""
        ...
