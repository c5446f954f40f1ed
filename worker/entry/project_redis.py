"""The Redis of a command: the one that the environment names, else the project's own."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from worker.adapters.redis_server import EmbeddedRedis
from worker.entry import console
from worker.entry.project_name import refuse_no_project
from worker.settings import WARNED, Settings, read, unknown

STATE = ".funnelbeat"

RATHER_OWN = 5.0
"""Seconds in which a command of a moment, such as `preview`, ends and takes its Redis with it."""


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
def own_redis_for(
    directory: Path, *, may_be_empty: bool = False, rather_own: float = 0.0
) -> Iterator[tuple[Settings, EmbeddedRedis | None]]:
    """As redis_for, with the project's own Redis for callers that restart it; None if the environment names another
    Redis. `rather_own`: seconds to wait for the end of another command's Redis before it is joined.
    """
    settings = read()
    for sentence in () if started_by_up() else unknown():
        console.err.print(f"warning: {sentence}", markup=False)
    if settings.redis_url:
        yield settings, None
        return
    refuse_no_project(directory)
    with ExitStack() as stack:
        place = directory / STATE / "redis"
        if may_be_empty and not _can_be_written(place):
            place = Path(stack.enter_context(TemporaryDirectory(prefix="funnelbeat-")))
            console.err.print(f"warning: {directory} cannot be written, so an empty Redis elsewhere is used")
        redis = EmbeddedRedis(place)
        redis.attach_or_start(rather_own=rather_own)
        stack.callback(redis.stop)
        yield replace(settings, redis_url=redis.url, broker_url=settings.broker_url or redis.broker_url), redis


def outbox_of(directory: Path) -> Path | None:
    """Where a sandbox of this project writes messages; None in a directory that cannot be written."""
    place = directory / STATE / "outbox"
    return place if _can_be_written(place) else None


def _can_be_written(place: Path) -> bool:
    """Whether files can be made in `place`, which may not exist yet."""
    there = next(path for path in (place, *place.parents) if path.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def started_by_up() -> bool:
    """Whether this process belongs to an `up`, which has told the person everything."""
    return bool(os.environ.get(WARNED))
