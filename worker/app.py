"""The composition root: makes the adapters and hands them to flow."""

import asyncio
import json
import os
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from worker.adapters.celery.app import make_app
from worker.adapters.celery.queue import CeleryQueue
from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.one_entry import checked_entry
from worker.adapters.event_log import EventLog
from worker.adapters.expressions.cel import CelExpressions
from worker.adapters.otel_traces import OtelTraces
from worker.adapters.public_holidays import PublicHolidays
from worker.adapters.redis_store.connection import check, connect
from worker.adapters.redis_store.fetch_cache import RedisFetchCache
from worker.adapters.redis_store.forget import ForgetfulSnapshots
from worker.adapters.redis_store.ledger import RedisLedger
from worker.adapters.redis_store.quota import RedisQuota
from worker.adapters.redis_store.scripts import Scripts
from worker.adapters.redis_store.tokens import RedisTokens
from worker.adapters.redis_store.webhook_keys import RedisWebhookKeys
from worker.adapters.signed_links import SignedLinks
from worker.adapters.triggers import ApTriggers
from worker.clock_app import broker, ledger_times
from worker.connectors import SILENT, OpenConnectors
from worker.decorators.caches import with_kept_bundles, with_throttled_retention
from worker.decorators.fail_points import armed, with_fail_points
from worker.decorators.streamed_events import StreamedEvents
from worker.decorators.traced import with_traces
from worker.domain.schedule import Bundle, Schedule
from worker.errors import RequestError
from worker.flow.alert.compiled import Compiled
from worker.flow.intervals import Intervals
from worker.flow.run.reader_digests import ReaderDigests
from worker.flow.run.shared_fetch import SharedFetches
from worker.flow.run.transmit import transmit
from worker.flow.services import Services
from worker.plugins import (
    channels,
    connections,
)
from worker.ports import CheckedEntry, EntryChecks, Queue
from worker.ports.tokens import TokenStore
from worker.ports.traces import NO_TRACES, Traces
from worker.rendering.wording import ENGLISH_WORDS
from worker.settings import Settings, link_keys
from worker.shipped import version
from worker.vocabulary import vocabulary


def registry() -> Registry:
    """What definitions may name here. Raises RequestError for a broken plug-in."""
    return Registry(connections(), channels(), CelExpressions(), PublicHolidays(), words=ENGLISH_WORDS)


def entry_check(connectors: OpenConnectors) -> EntryChecks:
    """As `check` judges the entries of definitions, with the template that they name."""

    def checked(bundle: Bundle, schedule: Schedule, written: Mapping[str, Any]) -> CheckedEntry:
        found = checked_entry(registry(), bundle, schedule, written)
        faults = connectors.template_faults(bundle, found.entry)
        if faults:
            raise RequestError(f"`template`: {faults[0].problem}; `funnelbeat templates list` shows which there are")
        return found

    return checked


@asynccontextmanager
async def open_services(
    settings: Settings,
    project: str,
    *,
    queue: Queue | None = None,
    directory: Path | None = None,
    offline: bool = False,
) -> AsyncIterator[Services]:
    """Everything that one process needs, over the Redis of `settings.redis_url`. `queue` None: Celery. `offline`:
    nothing is fetched or sent.
    """
    redis = connect(settings.redis_url)
    sandbox = json.loads(settings.sandbox) if settings.sandbox else SILENT if offline else {}
    quotas = partial(RedisQuota, redis, project)
    connectors = OpenConnectors(sandbox, directory or Path.cwd(), offline, quotas, tokens(settings, redis, project))
    traces: Traces = OtelTraces(project, version()) if settings.traces else NO_TRACES
    try:
        await check(redis)
        publisher = queue or CeleryQueue(make_app(broker(settings), project), project)
        services = make_services(settings, redis, project, connectors, publisher)
        if settings.fail_at:
            services = with_fail_points(services, armed(Path(settings.fail_at)))
        yield with_traces(services, traces) if settings.traces else services
    finally:
        if settings.traces:
            await asyncio.to_thread(traces.close)
        await connectors.aclose()
        await redis.aclose()


def make_services(settings: Settings, redis: Redis, project: str, connectors: OpenConnectors, queue: Queue) -> Services:
    """Every port of this process, with its caches."""
    holidays = PublicHolidays()
    ledger, snapshots = RedisLedger(redis, project, times=ledger_times(settings)), ForgetfulSnapshots(redis, project)
    deployments, triggers = with_kept_bundles(ledger.deployments), ApTriggers(holidays.name)
    cache = RedisFetchCache(redis, project, settings.heartbeat)
    return Services(
        clock=ledger.clock,
        alerts=ledger.alerts,
        runs=ledger.runs,
        deliveries=ledger.deliveries,
        deployments=deployments,
        circuits=ledger.circuits,
        resets=ledger.resets,
        upkeep=with_throttled_retention(ledger.upkeep, time.monotonic),
        lookups=ledger.lookups,
        heartbeats=ledger.heartbeats,
        mailboxes=ledger.mailboxes,
        measured=ledger.measured,
        snapshots=snapshots,
        queue=queue,
        events=StreamedEvents(EventLog(), ledger.event_stream),
        event_stream=ledger.event_stream,
        event_webhooks=ledger.event_webhooks,
        triggers=triggers,
        connectors=connectors,
        holidays=holidays,
        transmit=transmit,
        quotas=partial(RedisQuota, redis, project),
        digests=ReaderDigests(
            ledger.lookups,
            ledger.runs,
            snapshots,
            deployments,
            connectors,
            triggers,
            CelExpressions(),
            ledger.alerts,
            vocabulary().words["en"],
        ),
        compiled=Compiled(CelExpressions()),
        fetches=SharedFetches(cache, snapshots, settings.heartbeat, time.monotonic, _jitter),
        subscriptions=ledger.subscriptions,
        source_events=ledger.source_events,
        webhook_keys=RedisWebhookKeys(Scripts(redis, project), settings.token_key),
        access=ledger.access,
        audit=ledger.audit,
        first_answers=ledger.first_answers,
        links=SignedLinks(link_keys(settings), project),
        check_entry=entry_check(connectors),
        pid=os.getpid(),
        monotonic=time.monotonic,
        times=Intervals(
            heartbeat=settings.heartbeat,
            lookup_after=settings.lookup_after,
            resend_after=settings.resend_after,
            retry_fetch=settings.retry_fetch,
            backoff=settings.backoff,
            delivery_lease=settings.delivery_lease,
        ),
        version=version(),
    )


def _jitter() -> float:
    return random.uniform(0.75, 1.25)  # noqa: S311  # not used for secrets


def tokens(settings: Settings, redis: Redis, project: str) -> Callable[[str], TokenStore] | None:
    """The store of each account's OAuth tokens; None without a key to encrypt them."""
    key = settings.token_key
    return (lambda account_id: RedisTokens(redis, project, account_id, key)) if key else None
