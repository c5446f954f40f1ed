"""What a clock is made of. A clock claims slots and publishes keys. It opens no source, channel or template and so
imports none: they are more than half of a worker's memory, and most of its time to start.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from redis.asyncio import Redis

from worker.adapters.celery.app import broker_of, make_app
from worker.adapters.celery.queue import CeleryQueue
from worker.adapters.event_log import EventLog
from worker.adapters.otel_traces import OtelTraces
from worker.adapters.public_holidays import PublicHolidays
from worker.adapters.redis_store.connection import check, connect
from worker.adapters.redis_store.ledger import RedisLedger
from worker.adapters.redis_store.times import LeaseTimes
from worker.adapters.triggers import ApTriggers
from worker.decorators.caches import with_throttled_retention
from worker.decorators.fail_points import armed, with_clock_points
from worker.decorators.streamed_events import StreamedEvents
from worker.decorators.traced import with_traced_claims
from worker.ports import (
    ClockLedger,
    Deployments,
    Events,
    EventStream,
    EventWebhooks,
    HeartbeatStore,
    Queue,
    SourceEvents,
    Triggers,
    Upkeep,
)
from worker.ports.traces import NO_TRACES, Traces
from worker.settings import Settings
from worker.shipped import version


@dataclass(frozen=True, slots=True)
class ClockServices:
    """The parts of flow.services.Services that a clock uses. `pid` is recorded with what this process claims."""

    clock: ClockLedger
    deployments: Deployments
    upkeep: Upkeep
    heartbeats: HeartbeatStore
    source_events: SourceEvents
    event_stream: EventStream
    event_webhooks: EventWebhooks
    events: Events
    queue: Queue
    triggers: Triggers
    pid: int
    version: str


@asynccontextmanager
async def open_clock(settings: Settings, project: str) -> AsyncIterator[ClockServices]:
    """Over the Redis of `settings.redis_url`, with Celery as the queue. Raises LedgerUnavailable, or RequestError for
    traces whose extra is not installed.
    """
    redis = connect(settings.redis_url)
    traces: Traces = OtelTraces(project, version()) if settings.traces else NO_TRACES
    try:
        await check(redis)
        services = _services(settings, redis, project)
        if settings.fail_at:
            clock, queue = with_clock_points(services.clock, services.queue, armed(Path(settings.fail_at)))
            services = replace(services, clock=clock, queue=queue)
        if settings.traces:
            clock, events = with_traced_claims(services.clock, services.source_events, traces)
            services = replace(services, clock=clock, source_events=events)
        yield services
    finally:
        if settings.traces:
            await asyncio.to_thread(traces.close)
        await redis.aclose()


def _services(settings: Settings, redis: Redis, project: str) -> ClockServices:
    ledger = RedisLedger(redis, project, times=ledger_times(settings))
    return ClockServices(
        clock=ledger.clock,
        deployments=ledger.deployments,
        upkeep=with_throttled_retention(ledger.upkeep, time.monotonic),
        heartbeats=ledger.heartbeats,
        source_events=ledger.source_events,
        event_stream=ledger.event_stream,
        event_webhooks=ledger.event_webhooks,
        events=StreamedEvents(EventLog(), ledger.event_stream),
        queue=CeleryQueue(make_app(broker(settings), project), project),
        triggers=ApTriggers(PublicHolidays().name),
        pid=os.getpid(),
        version=version(),
    )


def ledger_times(settings: Settings) -> LeaseTimes:
    return LeaseTimes(
        run_lease=settings.run_lease,
        delivery_lease=settings.delivery_lease,
        republish=settings.republish,
        lookup_after=settings.lookup_after,
    )


def broker(settings: Settings) -> str:
    return broker_of(settings.broker_url or settings.redis_url)
