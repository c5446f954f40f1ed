"""A ledger on a real Redis whose clock a test sets: the scripts are the real ones but for the line that reads the time.

Redis's own clock cannot be set, and a month has to pass in seconds. Expiry times of keys still follow the real clock.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from worker.adapters.definitions.one_entry import checked_entry
from worker.adapters.expressions.cel import CelExpressions
from worker.adapters.public_holidays import PublicHolidays
from worker.adapters.redis_store.clock import RedisClock
from worker.adapters.redis_store.fetch_cache import RedisFetchCache
from worker.adapters.redis_store.forget import ForgetfulSnapshots
from worker.adapters.redis_store.ledger import RedisLedger
from worker.adapters.redis_store.lua_source import source
from worker.adapters.redis_store.quota import RedisQuota
from worker.adapters.redis_store.scripts import Scripts
from worker.adapters.redis_store.times import LeaseTimes
from worker.adapters.redis_store.webhook_keys import RedisWebhookKeys
from worker.adapters.signed_links import SignedLinks
from worker.adapters.triggers import ApTriggers
from worker.app import registry
from worker.connectors import OpenConnectors
from worker.domain.events import Fact
from worker.domain.run import Run
from worker.domain.time.epoch import from_ms, to_ms
from worker.entry.local_queue import LocalQueue
from worker.flow.alert.compiled import Compiled
from worker.flow.intervals import Intervals
from worker.flow.run.reader_digests import ReaderDigests
from worker.flow.run.shared_fetch import SharedFetches
from worker.flow.run.tick import tick
from worker.flow.run.transmit import transmit
from worker.flow.services import Services

PROJECT = "tern"
_READS = "local now = clock[1] * 1000 + math.floor(clock[2] / 1000)"
_ASKS = "local now = tonumber(call('GET', P .. 'test-clock'))"


class SetScripts(Scripts):
    async def run(self, name: str, arguments: Mapping[str, Any], *blobs: bytes) -> Any:
        text, _ = source(name)
        assert _READS in text
        return await self.client.eval(text.replace(_READS, _ASKS), 0, self.prefix, _json(arguments), *blobs)


def _json(arguments: Mapping[str, Any]) -> str:
    return json.dumps({key: value for key, value in arguments.items() if value is not None})


class SetClock(RedisClock):
    at: datetime

    async def now(self) -> datetime:
        return self.at


class SetLedger(RedisLedger):
    """`at` is what its clock shows."""

    clock: SetClock

    def __init__(self, client: Redis, at: datetime, project: str = PROJECT) -> None:
        self.project, self.scripts = project, SetScripts(client, project)
        super().__init__(client, project, scripts=self.scripts)
        self.clock = SetClock(self.scripts, LeaseTimes())
        self.clock.at = at

    @property
    def at(self) -> datetime:
        return self.clock.at

    async def set(self, at: datetime) -> None:
        self.clock.at = at
        await self.scripts.client.set(f"{self.project}:test-clock", to_ms(at))

    async def soonest(self) -> datetime | None:
        """When a clock has something to do next."""
        found = await self.scripts.ask("ZRANGE", f"{self.project}:due", 0, 0, "WITHSCORES")
        return from_ms(found[1]) if found else None


class Facts:
    def __init__(self) -> None:
        self.emitted: list[Fact] = []

    def emit(self, fact: Fact) -> None:
        self.emitted.append(fact)


@dataclass
class Month:
    """An installation with a clock but no worker: its runs stay claimed."""

    ledger: SetLedger
    services: Services
    facts: Facts = field(default_factory=Facts)

    async def play(self, until: datetime, lag: timedelta = timedelta(milliseconds=120)) -> None:
        """The clock ticks whenever something is due, a little late each time, and stops at `until`."""
        while (due := await self.ledger.soonest()) is not None and max(due, self.ledger.at) + lag < until:
            await self.ledger.set(max(due, self.ledger.at) + lag)
            await tick(self.services)
        await self.ledger.set(until)

    async def runs(self) -> dict[tuple[str, datetime], Run]:
        """By schedule and slot."""
        return {(run.key.schedule, run.key.slot): run for run in await self.services.lookups.runs(None, 100_000)}


async def month(client: Redis, start: datetime, sandbox: Mapping[str, str] | None = None) -> Month:
    """`sandbox`: addresses of stand-ins, for runs that fetch and send."""
    ledger, facts = SetLedger(client, start), Facts()
    await ledger.set(start)
    connectors, snapshots, triggers = (
        OpenConnectors(sandbox or {}, Path()),
        ForgetfulSnapshots(client, PROJECT),
        ApTriggers(),
    )
    services = Services(
        clock=ledger.clock,
        alerts=ledger.alerts,
        runs=ledger.runs,
        deliveries=ledger.deliveries,
        deployments=ledger.deployments,
        circuits=ledger.circuits,
        resets=ledger.resets,
        upkeep=ledger.upkeep,
        lookups=ledger.lookups,
        heartbeats=ledger.heartbeats,
        mailboxes=ledger.mailboxes,
        measured=ledger.measured,
        snapshots=snapshots,
        queue=LocalQueue(),
        events=facts,
        triggers=triggers,
        connectors=connectors,
        holidays=PublicHolidays(),
        transmit=transmit,
        quotas=partial(RedisQuota, client, PROJECT),
        subscriptions=ledger.subscriptions,
        source_events=ledger.source_events,
        webhook_keys=RedisWebhookKeys(Scripts(client, "acme"), ""),
        access=ledger.access,
        audit=ledger.audit,
        event_stream=ledger.event_stream,
        event_webhooks=ledger.event_webhooks,
        first_answers=ledger.first_answers,
        links=SignedLinks((), PROJECT),
        check_entry=partial(checked_entry, registry()),
        digests=ReaderDigests(
            ledger.lookups,
            ledger.runs,
            snapshots,
            ledger.deployments,
            connectors,
            triggers,
            CelExpressions(),
            ledger.alerts,
        ),
        compiled=Compiled(CelExpressions()),
        fetches=SharedFetches(RedisFetchCache(client, PROJECT, 15.0), snapshots, 15.0, time.monotonic, lambda: 1.0),
        pid=77,
        monotonic=time.monotonic,
        times=Intervals(),
    )
    return Month(ledger, services, facts)
