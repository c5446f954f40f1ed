"""The stored state of events: their ids, open debounce windows, and counts of requests."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.codec import claim_row, text
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.facts import facts
from worker.adapters.redis_store.scripts import Scripts
from worker.adapters.redis_store.times import LeaseTimes
from worker.domain.run import RunKey
from worker.domain.source_event import EventOutcome
from worker.domain.time.epoch import from_ms, to_ms
from worker.ports import Claimed
from worker.ports.source_events import WindowClaim

KEEP = 7 * 86_400_000
"""Milliseconds for which an event's id is kept. Services send an event again for three days at most."""


class RedisSourceEvents:
    """Implements worker.ports.SourceEvents."""

    def __init__(self, scripts: Scripts, times: LeaseTimes) -> None:
        self._scripts = scripts
        self._times = times

    async def receive(self, connection: str, event_id: str, debounce: Mapping[str, int]) -> EventOutcome:
        identity = hashlib.sha256(f"{connection}\n{event_id}".encode("utf-8", "replace")).hexdigest()[:32]
        windows = [[schedule, seconds * 1000] for schedule, seconds in debounce.items()]
        given = {"id": identity, "keep": KEEP, "connection": connection, "windows": windows}
        return EventOutcome(text(await self._scripts.run("event", given)))

    async def due(self, limit: int) -> Sequence[tuple[str, datetime]]:
        found = await self._scripts.run("windows_due", {"limit": limit})
        return [(text(name), from_ms(int(at))) for name, at in zip(found[::2], found[1::2], strict=True)]

    async def windows(self) -> Mapping[str, datetime]:
        key = keys.single(self._scripts.prefix, "windows")
        found = await self._scripts.ask("ZRANGE", key, 0, -1, "WITHSCORES")
        return {text(name): from_ms(int(at)) for name, at in zip(found[::2], found[1::2], strict=True)}

    async def claim(self, batch: Sequence[WindowClaim], pid: int) -> Claimed:
        windows = [_window(one) for one in batch]
        given = {"pid": pid, "republish": self._times.ms("republish"), "slots": [], "windows": windows}
        created, rows = await self._scripts.run("claim", given)
        return Claimed(tuple(RunKey.parse(text(key)) for key in created), facts(rows))

    async def count(self, connection: str, outcome: EventOutcome) -> None:
        with translated():
            await self._scripts.client.hincrby(keys.hooks(self._scripts.prefix, connection), outcome, 1)

    async def counts(self, connections: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        found = dict[str, Mapping[str, int]]()
        for connection in connections:
            held = await self._scripts.ask("HGETALL", keys.hooks(self._scripts.prefix, connection))
            found[connection] = {text(name): int(value) for name, value in held.items()}
        return found

    async def heard(self, connections: Sequence[str]) -> Mapping[str, datetime]:
        if not connections:
            return {}
        found = await self._scripts.ask("HMGET", keys.single(self._scripts.prefix, "heard"), *connections)
        return {name: from_ms(int(at)) for name, at in zip(connections, found, strict=True) if at is not None}


def _window(one: WindowClaim) -> dict[str, Any]:
    row: dict[str, Any] = {"schedule": one.schedule, "slot": to_ms(one.slot), "bundle": one.bundle}
    return row if one.run is None else {**row, "run": claim_row(one.run)}
