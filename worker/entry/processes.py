"""Commands that run until they are stopped: clock, worker, up."""

import asyncio
import signal
import threading
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated

import structlog
import typer

from worker.adapters.celery.app import QUEUES
from worker.adapters.event_log import configure
from worker.adapters.redis_server import EmbeddedRedis
from worker.app import open_services
from worker.domain.schedule import Bundle
from worker.entry import console
from worker.entry.actor import command_line_actor
from worker.entry.children import ChildProcesses
from worker.entry.clock import run_clock
from worker.entry.local_queue import LocalQueue
from worker.entry.options import Project, directory
from worker.entry.ownership import fit_to_start, own
from worker.entry.project_dir import (
    STATE,
    child_environment,
    deployable,
    own_redis_for,
    project_name,
    redis_for,
    refuse_unset_secrets,
    sandbox_for,
)
from worker.entry.tasks import make_worker_app, worker_arguments
from worker.entry.watcher import Watcher, print_changes, stamps
from worker.entry.web_address import web_member, web_words
from worker.errors import FunnelbeatError
from worker.flow.deploy.deploy import Changes
from worker.flow.operate.upkeep_acts import deploy_definitions
from worker.settings import Settings

SAVE_LOOK = 1.0
"""Seconds between two checks of the project's files."""


def clock(ctx: typer.Context, project: Project = None) -> None:
    """Claim due slots and publish them, until told to stop."""
    with console.guarded(as_json=False):
        place = directory(ctx, project)
        with redis_for(place) as settings:
            configure(settings.log_level)
            name = project_name(place, settings)
            fit_to_start(settings, name, place)
            asyncio.run(run_clock(settings, name))


def worker(
    ctx: typer.Context,
    project: Project = None,
    queues: Annotated[str, typer.Option("--queues", help="Which queues to serve, comma-separated.")] = ",".join(QUEUES),
) -> None:
    """A Celery worker: fetches and delivers, until told to stop."""
    with console.guarded(as_json=False):
        place = directory(ctx, project)
        with redis_for(place) as settings:
            configure(settings.log_level)
            name = project_name(place, settings)
            names = [queue.strip() for queue in queues.split(",")]
            fit_to_start(settings, name, place)
            make_worker_app(settings, name, place).worker_main(worker_arguments(settings, name, names))


def up(ctx: typer.Context, project: Project = None) -> None:
    """Deploy on save, with a clock, a worker and the pages behind links, in one command."""
    with console.guarded(as_json=False):
        place = directory(ctx, project)
        seen = stamps(place)
        bundle, outbox = deployable(place), place / STATE / "outbox"
        refuse_unset_secrets(place, bundle)
        with own_redis_for(place) as (base, redis), sandbox_for(bundle, base, outbox) as settings:
            configure(settings.log_level)
            print_changes(deploy_now(bundle, settings, place))
            members = tuple(filter(None, (("clock",), ("worker",), web_member(bundle, settings))))
            with ChildProcesses(members, place, child_environment(settings, bundle.project)) as children:
                count = len(bundle.schedules)
                console.err.print(f"{bundle.project} is up: {count} schedule{'' if count == 1 else 's'}. Ctrl-C stops.")
                if pages := web_words(bundle, settings):
                    console.err.print(pages, markup=False, soft_wrap=True)
                if settings.sandbox != base.sandbox:
                    console.err.print(f"What the sandbox receives is written to {outbox}", markup=False)
                again = partial(deploy_now, settings=settings, place=place)
                _stay(Watcher(place, bundle.project, settings, again, seen), children, redis)


def deploy_now(bundle: Bundle, settings: Settings, place: Path) -> Changes:
    async def activate() -> Changes:
        await own(settings, bundle.project, place, bundle.schedules)
        async with open_services(settings, bundle.project, queue=LocalQueue(), directory=place) as services:
            return (await deploy_definitions(services, command_line_actor(), bundle))[1]

    return asyncio.run(activate())


def _stay(watcher: Watcher, children: ChildProcesses, redis: EmbeddedRedis | None) -> None:
    """Runs until SIGINT or SIGTERM. Redis comes first, because the children need it."""
    stop = stop_signal()
    while not stop.wait(SAVE_LOOK):
        if redis is not None:
            _look_after(redis)
        children.look_after()
        watcher.look()


def _look_after(redis: EmbeddedRedis) -> None:
    """Starts our own Redis again if it has ended. If that fails, it is tried again at the next look."""
    try:
        if redis.revive():
            console.err.print("Redis ended; it was started again.")
    except FunnelbeatError as error:
        console.err.print(f"Redis ended and cannot be started: {error}", markup=False)


def stop_signal() -> threading.Event:
    """An event that SIGINT and SIGTERM set."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        structlog.get_logger().info("stopping")
        stop.set()

    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, on_signal)
    return stop


COMMANDS = {"clock": clock, "worker": worker, "up": up}
