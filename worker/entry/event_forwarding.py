"""Sends events to the project's webhooks, in addition to the ticks of a clock. No webhook waits for another."""

import asyncio
import json
import os
import secrets
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress

import structlog

from worker.documents.events import event_document, event_name
from worker.domain.outgoing import EventWebhook
from worker.domain.run import stamp
from worker.errors import ClaimLost, LedgerError
from worker.flow.operate.forward_events import ForwardUses, forward
from worker.ports.event_stream import StreamedFact
from worker.ports.outgoing import OutgoingRequests

LOOK = 1.0
"""Seconds between two looks at what came true."""


class EventForwarding:
    """Belongs to one clock. If there are several clocks, the one that holds a webhook's turn sends; if it dies, another
    clock gets the turn after a minute.
    """

    def __init__(self, uses: ForwardUses, requests: OutgoingRequests, look: float = LOOK) -> None:
        self._uses, self._requests, self._look = uses, requests, look
        self._who = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(4)}"
        self._webhooks: Mapping[str, EventWebhook] = {}
        self._going: dict[str, asyncio.Task[None]] = {}

    def ticked(self, webhooks: Mapping[str, EventWebhook]) -> None:
        """Called after a tick that succeeded, at any rate. `webhooks`: those that are deployed now."""
        self._webhooks = webhooks
        for name in webhooks:
            if name not in self._going or self._going[name].done():
                self._going[name] = asyncio.ensure_future(self._follow(name))

    async def end(self) -> None:
        """Gives up a request that is not answered yet. Another clock, which gets the turn at once, sends it again."""
        for task in self._going.values():
            task.cancel()
        await asyncio.gather(*self._going.values(), return_exceptions=True)
        try:
            for name in self._going:
                with suppress(ClaimLost):  # another clock has the turn
                    await self._uses.event_webhooks.leave(name, self._who)
        except LedgerError as error:
            structlog.get_logger().warning("webhook_waits", webhook=name, sentence=str(error))

    async def _follow(self, name: str) -> None:
        while (webhook := self._webhooks.get(name)) is not None:
            try:
                more = await forward(self._uses, self._requests, webhook, self._who, body_of, _skipped)
            except ClaimLost:
                more = False
            except LedgerError as error:
                structlog.get_logger().warning("webhook_waits", webhook=name, sentence=str(error))
                more = False
            if not more:
                await asyncio.sleep(self._look)


def _skipped(webhook: str, kinds: Sequence[str]) -> None:
    known = "a newer version wrote them; this clock cannot send them"
    structlog.get_logger().warning(
        "facts_unknown", webhook=webhook, facts=len(kinds), kinds=sorted(set(kinds)), sentence=known
    )


def body_of(one: StreamedFact) -> bytes:
    """As Standard Webhooks recommends: {"type", "timestamp", "data"}."""
    told = {"type": event_name(one), "timestamp": stamp(one.at), "data": event_document(one)}
    return json.dumps(told, separators=(",", ":")).encode()
