"""The project of a command: its directory, its definitions and its Redis."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from worker.adapters.definitions.load import Loaded, load
from worker.adapters.redis_server import EmbeddedRedis
from worker.app import registry
from worker.domain.schedule import Bundle
from worker.errors import DefinitionError, RequestError
from worker.plugins import wants_sandbox
from worker.sandbox.server import SandboxThread
from worker.settings import Settings, read

STATE = ".funnelbeat"


def definitions(directory: Path) -> Loaded:
    return load(directory, registry())


def bundle_of(directory: Path) -> Bundle:
    """The project's definitions from its files. Raises DefinitionError with every complaint."""
    loaded = definitions(directory)
    if loaded.complaints or loaded.bundle is None:
        raise DefinitionError(loaded.complaints)
    return loaded.bundle


def project_name(directory: Path, settings: Settings) -> str:
    """The name of the project: FUNNELBEAT_PROJECT, else the name in funnelbeat.yaml."""
    if settings.project:
        return settings.project
    if not (directory / "funnelbeat.yaml").is_file():
        raise RequestError(
            f"{directory} holds no funnelbeat.yaml: name the project with --project or FUNNELBEAT_PROJECT"
        )
    return bundle_of(directory).project


@contextmanager
def redis_for(directory: Path) -> Iterator[Settings]:
    """Settings with a redis_url that can be used: FUNNELBEAT_REDIS_URL, else the project's own Redis, which runs as
    long as the block. If another command has started it, this block uses it and leaves it running.
    """
    with own_redis_for(directory) as (settings, _):
        yield settings


@contextmanager
def own_redis_for(directory: Path) -> Iterator[tuple[Settings, EmbeddedRedis | None]]:
    """As redis_for, with the project's own Redis for who has to look after it; None where the environment names one."""
    settings = read()
    if settings.redis_url:
        yield settings, None
        return
    redis = EmbeddedRedis(directory / STATE / "redis")
    redis.attach_or_start()
    try:
        yield replace(settings, redis_url=redis.url, broker_url=settings.broker_url or redis.broker_url), redis
    finally:
        redis.stop()


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
    """Raises RequestError that names each secret which a schedule's connections and channels need and which is not
    set here.
    """
    used = {f"connections.{item.source}" for one in bundle.schedules.values() for item in one.report}
    used |= {f"channels.{entry.channel}" for one in bundle.schedules.values() for entry in one.to}
    secrets = [s for s in definitions(directory).secrets if not s.set and s.holder.rpartition(".")[0] in used]
    if secrets:
        raise RequestError("\n".join(f"{s.place}: {s.holder} needs {s.name}, which is not set" for s in secrets))


def child_environment(settings: Settings, project: str) -> dict[str, str]:
    """The environment of a child process: our own, and the addresses of Redis and the sandbox."""
    return {
        **os.environ,
        "FUNNELBEAT_REDIS_URL": settings.redis_url,
        "FUNNELBEAT_BROKER_URL": settings.broker_url,
        "FUNNELBEAT_PROJECT": project,
        "FUNNELBEAT_SANDBOX": settings.sandbox,
    }
