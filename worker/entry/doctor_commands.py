"""doctor: checks everything that this project needs, and prints one line for each check."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import aclosing
from datetime import datetime, timedelta
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import typer
from redis.asyncio import Redis

from worker.adapters.celery.app import make_app
from worker.adapters.celery.waiting import WaitingMessages, shows_messages, waiting
from worker.adapters.definitions.load import Loaded
from worker.adapters.definitions.secrets import SecretReference
from worker.adapters.public_holidays import PublicHolidays
from worker.adapters.redis_store.connection import check, connect
from worker.adapters.redis_store.ledger import RedisLedger
from worker.adapters.redis_store.quota import RedisQuota
from worker.adapters.signed_links import SignedLinks
from worker.adapters.triggers import ApTriggers
from worker.app import make_services, tokens
from worker.clock_app import broker
from worker.connectors import OpenConnectors, wall_clock
from worker.documents.doctor import findings_document
from worker.domain.schedule import Bundle
from worker.entry import console
from worker.entry.local_queue import LocalQueue
from worker.entry.options import Json, Project, directory
from worker.entry.ownership import known_id, refuse_foreign
from worker.entry.project_dir import definitions, deployed_bundle, lack, sandbox_for
from worker.entry.project_name import project_name
from worker.entry.project_redis import redis_for
from worker.errors import BrokerUnavailable, DefinitionError, FunnelbeatError, LedgerUnavailable
from worker.flow.operate.doctor import (
    CheckResult,
    Level,
    budgets,
    channels,
    clocks_agree,
    connections,
    deployment,
    due_ahead,
    links,
    looked_at,
    mailboxes,
    processes,
    subscribed,
    suspensions,
)
from worker.flow.operate.doctor_alerts import memories, silences
from worker.flow.operate.doctor_events import events_in, events_out
from worker.flow.operate.doctor_holidays import holidays
from worker.flow.operate.doctor_owners import owners
from worker.ports import Deployments
from worker.settings import Settings, link_keys
from worker.sources.common.calls import somebody_waits

LONG = 1000
"""Messages that may wait in a queue without a warning."""

SLOW, STILL = timedelta(seconds=60), timedelta(seconds=120)
"""How long a message may wait without a warning, and without a failure."""


def doctor(ctx: typer.Context, project: Project = None, as_json: Json = False) -> None:
    """Check Redis, the broker, every connection and channel, clocks and workers. Nothing is sent or changed."""
    with console.guarded(as_json=as_json):
        place = directory(ctx, project)
        loaded = definitions(place)
        with redis_for(place) as base:
            # Broken files do not stop clocks and workers, so the checks of the deployed definitions go on.
            bundle = loaded.bundle or _in_force(base, project_name(place, base), loaded)
            with sandbox_for(bundle, base, beside=place) as settings:
                found = [*_definitions(loaded), *asyncio.run(_look(settings, bundle, place))]
    if as_json:
        console.show_json(findings_document(found))
    else:
        for one in found:
            console.out.print(f"{one.level:4} {one.what}: {one.sentence}", markup=False)
    raise typer.Exit(_status(found))


def _in_force(settings: Settings, project: str, loaded: Loaded) -> Bundle:
    """The deployed definitions. If nothing is deployed, raises DefinitionError with the errors in the files."""
    try:
        found = deployed_bundle(settings, project)
    except LedgerUnavailable:
        found = None
    if found is None:
        raise DefinitionError(loaded.complaints)
    return found


def _definitions(loaded: Loaded) -> list[CheckResult]:
    if not loaded.complaints:
        return []
    count = len(loaded.complaints)
    told = f"{count} error{'' if count == 1 else 's'}, which `funnelbeat check` lists; {loaded.complaints[0]}"
    return [CheckResult("definitions", Level.FAIL, f"{told}. What is deployed stays deployed, and is looked at below")]


def _status(found: list[CheckResult]) -> int:
    """2 when a secret is not set, 3 when Redis cannot be used, 1 for any other failure. A warning does not count."""
    failed = {one.what for one in found if one.level is Level.FAIL}
    if any(what.startswith("secret ") for what in failed):
        return console.WRONG
    if "redis" in failed:
        return console.NOTHING
    return console.TROUBLE if failed else console.OK


async def _look(settings: Settings, bundle: Bundle, place: Path) -> list[CheckResult]:
    sandbox = json.loads(settings.sandbox) if settings.sandbox else {}
    async with aclosing(connect(settings.redis_url, connections=4)) as client:
        connectors = OpenConnectors(sandbox, place, tokens=tokens(settings, client, bundle.project))
        async with aclosing(connectors):
            return await _found(settings, bundle, place, connectors, client)


async def _found(
    settings: Settings, bundle: Bundle, place: Path, connectors: OpenConnectors, client: Redis
) -> list[CheckResult]:
    with somebody_waits():
        connected = await connections(connectors, bundle)
    return [
        *_secrets(place),
        *await _redis(client, bundle, place),
        *await broker_findings(settings, bundle.project),
        *_not_for_a_secret([*connected, *await channels(connectors, bundle)], place),
        *await mailboxes(connectors, RedisLedger(client, bundle.project).mailboxes, bundle),
        *await _by_last_answers(settings, connectors, client, bundle),
        *await _events(settings, connectors, client, bundle),
        *links(bundle, SignedLinks(link_keys(settings), bundle.project).key_id),
        _zones(),
        *holidays(bundle, PublicHolidays().last_year, wall_clock()),
    ]


async def _events(settings: Settings, connectors: OpenConnectors, client: Redis, bundle: Bundle) -> list[CheckResult]:
    """Nothing when Redis is not reachable, because an earlier line says so."""
    services = make_services(settings, client, bundle.project, connectors, LocalQueue())
    try:
        states = await services.event_webhooks.states(sorted(bundle.webhooks))
        return [*await events_in(services, bundle), *events_out(states)]
    except LedgerUnavailable:
        return []


async def _by_last_answers(
    settings: Settings, connectors: OpenConnectors, client: Redis, bundle: Bundle
) -> list[CheckResult]:
    """By what is stored: what the next day asks for, who has subscribed, whether every owner is reached, silences
    that do nothing, and what another version wrote of alerts. Nothing when a secret is not set or Redis is not
    reachable, because an earlier line says so.
    """
    services = make_services(settings, client, bundle.project, connectors, LocalQueue())
    try:
        spent = await budgets(services, partial(RedisQuota, client, bundle.project), bundle, wall_clock())
        quiet = await silences(services.alerts, wall_clock())
        quiet += await memories(services, bundle.schedules.values())
        return [*spent, *await subscribed(services), *await owners(services, bundle), *quiet]
    except FunnelbeatError:
        return []


def _secrets(place: Path) -> list[CheckResult]:
    return [
        CheckResult(
            f"secret {secret.name}",
            Level.FAIL,
            f"{secret.place}: {secret.holder} needs it, and it is {lack(secret, place)}",
        )
        for secret in _unset(place)
    ]


def _unset(place: Path) -> list[SecretReference]:
    return [secret for secret in definitions(place).secrets if not secret.set]


def _not_for_a_secret(found: list[CheckResult], place: Path) -> list[CheckResult]:
    """Without the failures of connections and channels whose secret is not set, because an earlier line says so."""
    holders = {tuple(secret.holder.split(".")[:2]) for secret in _unset(place)}
    names = {f"{section.removesuffix('s')} {name}" for section, name in holders}
    return [one for one in found if one.level is not Level.FAIL or one.what.partition(" (")[0] not in names]


async def _redis(client: Redis, bundle: Bundle, place: Path) -> list[CheckResult]:
    """Checks Redis. If it can be used, also the owner of the ledger and its clocks and workers."""
    try:
        fitness = await check(client)
    except LedgerUnavailable as error:
        return [CheckResult("redis", Level.FAIL, str(error))]
    ledger = RedisLedger(client, bundle.project)
    told = [CheckResult("redis durability", Level.WARN, warning) for warning in fitness.warnings]
    return [
        CheckResult("redis", Level.OK, f"version {fitness.version}, noeviction, a primary"),
        *(told or [CheckResult("redis durability", Level.OK, "an append-only file is kept")]),
        await clocks_agree(ledger.clock, wall_clock),
        await _owner(ledger.deployments, bundle.project, place),
        *await deployment(ledger.deployments, ledger.clock, bundle, deployed_before=known_id(place) is not None),
        *await due_ahead(ledger.deployments, ledger.clock, ApTriggers(PublicHolidays().name)),
        *await suspensions(ledger.deliveries, bundle),
        *await processes(ledger.heartbeats, ledger.clock),
    ]


async def _owner(deployments: Deployments, project: str, place: Path) -> CheckResult:
    async def look() -> str:
        known = known_id(place)
        if await deployments.owner() is None:
            if known is not None:
                raise LedgerUnavailable(f"this Redis does not know {project!r}, which was deployed from this directory")
            return f"nobody has used the name {project!r} in this Redis yet"
        await refuse_foreign(deployments, project, known)
        return f"{project!r} is this directory's" if known else f"{project!r}, which this machine has not deployed yet"

    return await looked_at("project", look)


async def broker_findings(settings: Settings, project: str) -> list[CheckResult]:
    """What waits in the queues, and those whose oldest message has waited for long."""
    app = make_app(broker(settings), project)
    try:
        found = await asyncio.to_thread(waiting, app, project)
    except BrokerUnavailable as error:
        return [CheckResult("broker", Level.FAIL, str(error))]
    now = wall_clock()
    slow = [finding for name, one in found.items() if (finding := _slow(name, one, now)) is not None]
    return [_counted(found, shows_messages(app)), *slow]


def _counted(found: Mapping[str, WaitingMessages], shown: bool) -> CheckResult:
    sentence = "messages that wait: " + ", ".join(f"{queue} {one.count}" for queue, one in found.items())
    longest = max(one.count for one in found.values())
    if longest and not shown:
        sentence += "; for how long is not known, because RabbitMQ shows no message without handing it out"
    return (
        CheckResult("broker", Level.WARN, f"{sentence}: more workers?")
        if longest > LONG
        else CheckResult("broker", Level.OK, sentence)
    )


def _slow(name: str, one: WaitingMessages, now: datetime) -> CheckResult | None:
    """A queue whose oldest message waits for long."""
    age = now - one.since if one.since is not None else timedelta(0)
    if age < SLOW:
        return None
    sentence = f"its oldest message has waited for {age.total_seconds():.0f} s, {one.count} in all"
    why = "no worker serves it, or all children of those that do are busy: look into the workers' logs"
    return CheckResult(f"queue {name}", Level.FAIL if age >= STILL else Level.WARN, f"{sentence}; {why}")


def _zones() -> CheckResult:
    """The time zone rules decide when schedules fire. They come from the system if it has some, otherwise from the
    package.
    """
    return CheckResult("time zones", Level.OK, f"tzdata {metadata.version('tzdata')} beside the system's own")


COMMANDS: dict[str, Any] = {"doctor": doctor}
