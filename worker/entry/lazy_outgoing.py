"""Requests of a clock to `heartbeat_url` and to webhooks of events. Most projects have neither."""

import asyncio
import importlib
from pathlib import Path
from typing import Protocol

from worker.domain.outgoing import EventWebhook, HeartbeatUrl
from worker.ports.outgoing import OutgoingRequests


class ClosableRequests(OutgoingRequests, Protocol):
    async def aclose(self) -> None: ...


class LazyOutgoing:
    """Implements worker.ports.outgoing.OutgoingRequests. The HTTP client, and what reads a receiver's answer, are
    imported at the first request, in a thread: that takes half a second, for which no tick waits. `directory`: for
    files with secrets.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._made: asyncio.Task[ClosableRequests] | None = None

    async def beat(self, heartbeat: HeartbeatUrl) -> None:
        await (await self._requests()).beat(heartbeat)

    async def post(self, webhook: EventWebhook, message: str, body: bytes) -> None:
        await (await self._requests()).post(webhook, message, body)

    async def aclose(self) -> None:
        if self._made is not None:
            await (await self._made).aclose()

    async def _requests(self) -> ClosableRequests:
        if self._made is None:
            self._made = asyncio.create_task(self._make())
        return await asyncio.shield(self._made)

    async def _make(self) -> ClosableRequests:
        module = await asyncio.to_thread(importlib.import_module, "worker.outgoing")
        made: ClosableRequests = module.OutgoingHttp(self._directory)
        return made
