"""The project of a command: its directory, its definitions and its Redis."""

import asyncio
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, aclosing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from worker.adapters.definitions.files import PROJECT_FILE
from worker.adapters.definitions.load import Loaded, load
from worker.adapters.definitions.secrets import available, references
from worker.adapters.definitions.targets import TARGET, targets_of
from worker.adapters.definitions.yaml_nodes import parse
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.connection import connect
from worker.adapters.redis_store.ledger import RedisLedger
from worker.app import registry
from worker.domain.schedule import Bundle
from worker.entry import console
from worker.entry.template_check import template_complaints
from worker.errors import DefinitionError, RequestError
from worker.plugins import wants_sandbox
from worker.ports.bounces import sending
from worker.sandbox.server import SandboxThread
from worker.settings import WARNED, Settings, read, unknown

STATE = ".funnelbeat"
_PROJECT_LINE = re.compile(r"^project:[ \t]*['\"]?([a-z0-9][a-z0-9-]{0,62})['\"]?[ \t]*(?:#.*)?$", re.MULTILINE)


def definitions(directory: Path) -> Loaded:
    return load(directory, registry(), now=datetime.now(UTC))


def bundle_of(directory: Path) -> Bundle:
    """The project's definitions from its files. Raises DefinitionError with every complaint."""
    loaded = definitions(directory)
    if loaded.complaints or loaded.bundle is None:
        raise DefinitionError(loaded.complaints)
    return loaded.bundle


def deployable(directory: Path) -> Bundle:
    """As bundle_of, with its templates tried. Raises DefinitionError with the faults of templates too."""
    bundle = bundle_of(directory)
    faults = template_complaints(bundle)
    if faults:
        raise DefinitionError(faults)
    return bundle


def project_name(directory: Path, settings: Settings) -> str:
    """FUNNELBEAT_PROJECT, else `project:` of funnelbeat.yaml. Works while the files have errors, because clocks and
    workers serve the deployed definitions. Raises RequestError.
    """
    if settings.project:
        return settings.project
    _refuse_no_project(directory)
    data = (directory / PROJECT_FILE).read_bytes()
    document, _ = parse(data, PROJECT_FILE)
    value = document.value if document is not None and isinstance(document.value, dict) else {}
    found = _of_target(value) or value.get("project")
    if isinstance(found, str) and found:
        return found
    line = _PROJECT_LINE.search(data.decode("utf-8", "replace"))  # the file is no YAML at this moment
    return line[1] if line is not None else bundle_of(directory).project


def _of_target(value: Mapping[str, Any]) -> object:
    """`project` of the chosen target, None if none is chosen or if it has none. Raises RequestError for one that is not
    there.
    """
    name, known = os.environ.get(TARGET, ""), targets_of(value)
    if name and name not in known:
        raise RequestError(f"found no target {name!r} in {PROJECT_FILE}; it has: {', '.join(known) or 'none'}")
    keys = known.get(name)
    return keys.get("project") if isinstance(keys, dict) else None


def _refuse_no_project(directory: Path) -> None:
    if not (directory / PROJECT_FILE).is_file():
        raise RequestError(
            f"{directory} holds no funnelbeat.yaml: name the project with --project or FUNNELBEAT_PROJECT"
        )


def deployed_bundle(settings: Settings, project: str) -> Bundle | None:
    """The deployed definitions; None if nothing is deployed. Raises LedgerUnavailable."""

    async def look() -> Bundle | None:
        async with aclosing(connect(settings.redis_url, connections=2)) as client:
            ledger = RedisLedger(client, project)
            deployed = await ledger.deployments.deployed()
            return await ledger.deployments.bundle(deployed.bundle) if deployed is not None else None

    return asyncio.run(look())


@contextmanager
def redis_for(directory: Path, *, may_be_empty: bool = False) -> Iterator[Settings]:
    """Settings with a usable redis_url: FUNNELBEAT_REDIS_URL, else the project's own Redis, which runs as long as the
    block. If another command has started it, this block uses it and leaves it running.

    `may_be_empty`: for commands that store nothing. In a directory that cannot be written they get an empty Redis
    elsewhere.
    """
    with own_redis_for(directory, may_be_empty=may_be_empty) as (settings, _):
        yield settings


@contextmanager
def own_redis_for(directory: Path, *, may_be_empty: bool = False) -> Iterator[tuple[Settings, EmbeddedRedis | None]]:
    """As redis_for, with the project's own Redis for callers that restart it; None if the environment names another
    Redis.
    """
    settings = read()
    for sentence in () if os.environ.get(WARNED) else unknown():
        console.err.print(f"warning: {sentence}", markup=False)
    if settings.redis_url:
        yield settings, None
        return
    _refuse_no_project(directory)
    with ExitStack() as stack:
        place = directory / STATE / "redis"
        if may_be_empty and not _can_be_written(place):
            place = Path(stack.enter_context(TemporaryDirectory(prefix="funnelbeat-")))
            console.err.print(f"warning: {directory} cannot be written, so an empty Redis elsewhere is used")
        redis = EmbeddedRedis(place)
        redis.attach_or_start()
        stack.callback(redis.stop)
        yield replace(settings, redis_url=redis.url, broker_url=settings.broker_url or redis.broker_url), redis


def _can_be_written(place: Path) -> bool:
    """Whether files can be made in `place`, which may not exist yet."""
    there = next(path for path in (place, *place.parents) if path.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


@contextmanager
def sandbox_for(bundle: Bundle, settings: Settings, out: Path | None = None) -> Iterator[Settings]:
    """Settings with a sandbox, if the project uses one and none is running yet. `out`: a folder to which the received
    messages are written as well.
    """
    if settings.sandbox or not needs_sandbox(bundle):
        yield settings
        return
    with SandboxThread(out=out) as box:
        yield replace(settings, sandbox=box.describe_json())


def needs_sandbox(bundle: Bundle) -> bool:
    kinds = {c.type for c in bundle.connections.values()} | {c.type for c in bundle.channels.values()}
    return any(wants_sandbox(kind) for kind in kinds)


def refuse_unset_secrets(directory: Path, bundle: Bundle) -> None:
    """Raises RequestError that names each secret which a schedule's connections and channels need and which is not set,
    with its position if the files still name it.
    """
    connections = {item.source for one in bundle.schedules.values() for item in one.report}
    channels = {entry.channel for one in bundle.schedules.values() for entry in one.entries}
    refuse_unset_secrets_of(
        directory,
        [*(f"connections.{name}" for name in sorted(connections)), *(f"channels.{name}" for name in sorted(channels))],
        [
            *(bundle.connections[name].options for name in sorted(connections)),
            *(bundle.channels[name].options for name in sorted(channels)),
        ],
    )


def refuse_unset_secrets_of(directory: Path, holders: Sequence[str], options: Sequence[Mapping[str, str]]) -> None:
    """As refuse_unset_secrets, for connections and channels by name: "channels.email", with the options of each."""
    unset = {
        (f"{holder}.{option}", secret.name)
        for holder, written in zip(holders, options, strict=True)
        for option, text in sending(written).items()
        for secret in references(text)
        if not available(secret, os.environ, directory)
    }
    if unset:
        places = {(secret.holder, secret.name): f"{secret.place}: " for secret in definitions(directory).secrets}
        told = [f"{places.get((holder, name), '')}{holder} needs {name}, which is not set" for holder, name in unset]
        raise RequestError("\n".join(sorted(told)))


def child_environment(settings: Settings, project: str) -> dict[str, str]:
    """The environment of a child process: our own, and the addresses of Redis and the sandbox. It repeats none of our
    warnings.
    """
    return {
        **os.environ,
        "FUNNELBEAT_REDIS_URL": settings.redis_url,
        "FUNNELBEAT_BROKER_URL": settings.broker_url,
        "FUNNELBEAT_PROJECT": project,
        "FUNNELBEAT_SANDBOX": settings.sandbox,
        WARNED: "1",
    }
