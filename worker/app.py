"""The composition root: makes the adapters and hands them to flow."""

import asyncio
import hashlib
import json
import os
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from worker import __version__
from worker.adapters.celery.queue import CeleryQueue, broker_of, make_app
from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.secrets import references, resolve, unescaped
from worker.adapters.event_log import EventLog
from worker.adapters.expressions.cel import CelExpressions
from worker.adapters.redis_store.connection import check, connect
from worker.adapters.redis_store.fetch_cache import RedisFetchCache
from worker.adapters.redis_store.forget import ForgetfulSnapshots
from worker.adapters.redis_store.ledger import RedisLedger
from worker.adapters.redis_store.quota import RedisQuota
from worker.adapters.redis_store.times import LeaseTimes
from worker.adapters.redis_store.tokens import RedisTokens
from worker.adapters.triggers import ApTriggers
from worker.decorators.caches import with_kept_bundles, with_throttled_retention
from worker.decorators.fail_points import armed, with_fail_points
from worker.domain.schedule import Bundle, Connection, Query
from worker.errors import RequestError
from worker.flow.intervals import Intervals
from worker.flow.run.reader_digests import ReaderDigests
from worker.flow.run.shared_fetch import SharedFetches
from worker.flow.run.transmit import transmit
from worker.flow.services import Services
from worker.open_once import OpenOnce
from worker.plugins import (
    CHANNELS,
    STAND_INS,
    channel_kind,
    channels,
    connections,
    listening,
    open_source,
    source_kind,
)
from worker.ports import Channel, Queue, Quota, Source, Templates
from worker.ports.channels import ChannelGroup, ChannelKind
from worker.ports.kinds import QuerySpec
from worker.ports.tokens import Renewal, TokenStore
from worker.rendering.templates import JinjaTemplates
from worker.settings import Settings
from worker.vocabulary import vocabulary

NOWHERE = "https://nowhere.invalid/nothing"
"""Stands for a secret (token, password, webhook) if nothing is sent. RFC 2606 reserves the name, so nobody has it."""

IDLE = 3600.0
"""Seconds after which an unused source or channel is closed. One fetch takes much less."""

SILENT = {
    **{kind.type: "http://127.0.0.1:9" for kind in STAND_INS.values()},
    **{service: address for kind in CHANNELS for service, address in kind.in_sandbox.items()},
}
"""A sandbox that does not run, for messages that are only built."""


def registry() -> Registry:
    """What definitions may name here. Raises RequestError for a broken plug-in."""
    return Registry(connections(), channels(), CelExpressions())


def shipped(folder: str) -> Path:
    """`templates` or `schedules`: inside the package when installed from a wheel, beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / folder
    return inside if inside.is_dir() else package.parent / folder


@cache
def version() -> str:
    """The version, and the beginning of a hash over the shipped templates. A rendered message depends on these besides
    what is stored.
    """
    folder, mark = shipped("templates"), hashlib.sha256()
    for path in sorted(folder.rglob("*.j2")):
        mark.update(f"{path.relative_to(folder).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return f"{__version__}+{mark.hexdigest()[:8]}"


def wall_clock() -> datetime:
    """The only place that reads a process's own clock: for `as_of`, the instants of a service's answers."""
    return datetime.now(UTC)


def account_id(kind: str, options: Mapping[str, str]) -> str:
    """A short text that stands for one account with these credentials and does not show them. The hash is slow, because
    a password may be short.
    """
    return _account_id(kind, tuple(sorted(options.items())))


@cache
def _account_id(kind: str, options: tuple[tuple[str, str], ...]) -> str:
    given = json.dumps([kind, options]).encode()
    # Keys in Redis hold this hash, so the salt keeps its first wording.
    return hashlib.scrypt(given, salt=b"funnelbeat lane", n=2**12, r=8, p=1, dklen=12).hex()


Overrides = tuple[tuple[str, str], ...]
"""A project's own templates: path and text of each, in order."""


def _open_templates(overrides: Overrides) -> Templates:
    """The shipped templates do not change while a process runs."""
    return JinjaTemplates(shipped("templates"), dict(overrides), vocabulary())


@dataclass(slots=True)
class OpenConnectors:
    """Implements ports.Connectors. Definitions with the same options share one source or channel.

    `offline`: channels build messages and do not send them. They need no secrets, and no running sandbox. `quotas`: the
    budget of each account, which all workers share; without it every source has its own. `tokens`: the store of an
    account's renewed tokens; None without a key to encrypt them.
    """

    sandbox: Mapping[str, str]
    directory: Path
    offline: bool = False
    quotas: Callable[[str], Quota] | None = None
    tokens: Callable[[str], TokenStore] | None = None
    clock: Callable[[], float] = time.monotonic
    _sources: OpenOnce[Source] = field(init=False)
    _channels: OpenOnce[Channel[Any] | ChannelGroup] = field(init=False)
    _templates: Callable[[Overrides], Templates] = field(default_factory=lambda: lru_cache(maxsize=4)(_open_templates))

    def __post_init__(self) -> None:
        self._sources = OpenOnce(IDLE, self.clock)
        self._channels = OpenOnce(IDLE, self.clock)

    def source(self, bundle: Bundle, connection: str) -> Source:
        spec = bundle.connections[connection]
        options = resolve(spec.options, os.environ, self.directory)
        key = (spec.type, *(f"{k}={v}" for k, v in sorted(options.items())))
        return self._sources.get(key, lambda: self._open_source(spec, options))

    def _open_source(self, spec: Connection, options: Mapping[str, str]) -> Source:
        account = account_id(spec.type, options)
        quota = self.quotas(account) if self.quotas else None
        again = partial(resolve, spec.options, os.environ, self.directory)
        renewal = Renewal(again, self.tokens(account) if self.tokens else None)
        return open_source(spec.type, options, self.sandbox, wall_clock, quota, renewal)

    def account(self, bundle: Bundle, connection: str) -> str:
        spec = bundle.connections[connection]
        return account_id(spec.type, resolve(spec.options, os.environ, self.directory))

    def query(self, bundle: Bundle, query: Query) -> QuerySpec:
        kind = source_kind(bundle.connections[query.source].type)
        if query.query not in kind.queries:
            raise RequestError(f"type: {kind.type}: this version of it has no query {query.query}")
        return kind.queries[query.query]

    def channel(self, bundle: Bundle, channel: str, address: str | None) -> Channel[Any]:
        kind = _kind(bundle, channel)
        options = listening(self.sandbox) if kind.in_sandbox else self._options(bundle.channels[channel].options)
        key = (kind.type, *(f"{k}={v}" for k, v in sorted(options.items())))
        opened = self._channels.get(key, lambda: kind.open(options))
        return opened.channel(kind.route(address)) if isinstance(opened, ChannelGroup) else opened

    def route(self, bundle: Bundle, channel: str, address: str | None) -> str:
        return _kind(bundle, channel).route(address)

    def takes(self, bundle: Bundle, channel: str, address: str) -> bool:
        kind = _kind(bundle, channel)
        try:
            return kind.needs_address(bundle.channels[channel].options) and bool(kind.address(address))
        except ValueError:
            return False

    def _options(self, written: Mapping[str, str]) -> dict[str, str]:
        if not self.offline:
            return resolve(written, os.environ, self.directory)
        return {name: NOWHERE if references(value) else unescaped(value) for name, value in written.items()}

    def templates(self, bundle: Bundle) -> Templates:
        """One for all bundles with the same templates, because nothing else in a bundle affects them."""
        return self._templates(tuple(sorted(bundle.templates.items())))

    async def aclose(self) -> None:
        await asyncio.gather(self._sources.aclose(), self._channels.aclose())


def _kind(bundle: Bundle, channel: str) -> ChannelKind:
    return channel_kind(bundle.channels[channel].type)


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
    try:
        await check(redis)
        publisher = queue or CeleryQueue(make_app(broker(settings), project), project)
        services = make_services(settings, redis, project, connectors, publisher)
        yield with_fail_points(services, armed(Path(settings.fail_at))) if settings.fail_at else services
    finally:
        await connectors.aclose()
        await redis.aclose()


def make_services(settings: Settings, redis: Redis, project: str, connectors: OpenConnectors, queue: Queue) -> Services:
    """Every port of this process, with its caches."""
    ledger, snapshots = RedisLedger(redis, project, times=_ledger_times(settings)), ForgetfulSnapshots(redis, project)
    deployments, triggers = with_kept_bundles(ledger.deployments), ApTriggers()
    cache = RedisFetchCache(redis, project, settings.heartbeat)
    return Services(
        clock=ledger.clock,
        runs=ledger.runs,
        deliveries=ledger.deliveries,
        deployments=deployments,
        resets=ledger.resets,
        upkeep=with_throttled_retention(ledger.upkeep, time.monotonic),
        lookups=ledger.lookups,
        heartbeats=ledger.heartbeats,
        snapshots=snapshots,
        queue=queue,
        events=EventLog(),
        triggers=triggers,
        connectors=connectors,
        transmit=transmit,
        digests=ReaderDigests(
            ledger.lookups,
            ledger.runs,
            snapshots,
            deployments,
            connectors,
            triggers,
            CelExpressions(),
            vocabulary().words["en"],
        ),
        fetches=SharedFetches(cache, snapshots, settings.heartbeat, time.monotonic, _jitter),
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


def _ledger_times(settings: Settings) -> LeaseTimes:
    return LeaseTimes(
        run_lease=settings.run_lease,
        delivery_lease=settings.delivery_lease,
        republish=settings.republish,
        lookup_after=settings.lookup_after,
    )


def broker(settings: Settings) -> str:
    return broker_of(settings.broker_url or settings.redis_url)
