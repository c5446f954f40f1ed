"""Commands that run until they are stopped: worker, up. For `clock` see clock_command.py."""

import asyncio
import signal
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated

import structlog
import typer

from worker.adapters.celery.app import QUEUES
from worker.adapters.celery.logs import take_over
from worker.adapters.event_log import configure
from worker.adapters.redis_server import EmbeddedRedis
from worker.app import open_services, registry
from worker.domain.schedule import Bundle
from worker.entry import console
from worker.entry.announce import announce
from worker.entry.children import ChildProcesses
from worker.entry.command_hints import command_for
from worker.entry.local_queue import LocalQueue
from worker.entry.moving_sandbox import moving_sandbox
from worker.entry.options import Project, directory
from worker.entry.ownership import deploy_as_owner, fit_to_start
from worker.entry.project_dir import child_environment, deployable, refuse_unset_secrets, sandbox_for
from worker.entry.project_name import project_name
from worker.entry.project_redis import RATHER_OWN, STATE, own_redis_for, redis_for
from worker.entry.tasks import CELERY_LEVELS, make_worker_app, worker_arguments
from worker.entry.up_notes import what_is_up
from worker.entry.watcher import Watcher, print_changes, stamps
from worker.entry.web_address import web_lines, web_member
from worker.errors import FunnelbeatError
from worker.flow.deploy.deploy import Changes
from worker.settings import Settings

SAVE_LOOK = 1.0
"""Seconds between two checks of the project's files."""


def worker(
    ctx: typer.Context,
    project: Project = None,
    queues: Annotated[str, typer.Option("--queues", help="Which queues to serve, comma-separated.")] = ",".join(QUEUES),
) -> None:
    """Fetch and deliver as a Celery worker, until it is stopped."""
    with console.guarded(as_json=False):
        place = directory(ctx, project)
        with redis_for(place) as settings:
            configure(settings.log_level)
            name = project_name(place, settings)
            names = [queue.strip() for queue in queues.split(",")]
            registry()  # refuses a broken plug-in
            fit_to_start(settings, name, place)
            arguments = worker_arguments(settings, name, names)
            take_over(CELERY_LEVELS.get(settings.log_level, "WARNING"))
            make_worker_app(settings, name, place).worker_main(arguments)


def up(ctx: typer.Context, project: Project = None) -> None:
    """Run a clock, a worker, and `web` for links. Deploy on save.

    Without `web: {base_url: …}`, messages have no links, and `web` is a command of its own.
    """
    with console.guarded(as_json=False):
        place = directory(ctx, project)
        seen = stamps(place)
        bundle, outbox = deployable(place), place / STATE / "outbox"
        refuse_unset_secrets(place, bundle)
        with (
            own_redis_for(place, rather_own=RATHER_OWN) as (base, redis),
            sandbox_for(bundle, base, outbox, says_where=False) as settings,
        ):
            configure(settings.log_level)
            print_changes(deploy_now(bundle, settings, place))
            members = tuple(filter(None, (("clock",), ("worker",), web_member(bundle, settings))))
            with ChildProcesses(members, place, child_environment(settings, bundle.project)) as children:
                again = partial(deploy_now, settings=settings, place=place)
                watcher = Watcher(place, bundle.project, settings, again, seen)
                started = settings.sandbox if settings.sandbox != base.sandbox else ""
                announce("up", *what_is_up(settings, bundle.project, place, outbox if started else None))
                for line in web_lines(bundle, settings, command_for(place)):
                    announce("up", f"  {line}")
                with moving_sandbox(place, started, command_for(place)) as move:
                    _stay(watcher, children, redis, move)
        announce("up", "Stopped.")


def deploy_now(bundle: Bundle, settings: Settings, place: Path) -> Changes:
    async def activate() -> Changes:
        async with open_services(settings, bundle.project, queue=LocalQueue(), directory=place) as services:
            return (await deploy_as_owner(services, bundle, place))[1]

    return asyncio.run(activate())


def _stay(watcher: Watcher, children: ChildProcesses, redis: EmbeddedRedis | None, move: Callable[[], None]) -> None:
    """Runs until SIGINT or SIGTERM. Redis comes first, because the children need it."""
    stop = stop_signal()
    while not stop.wait(SAVE_LOOK):
        if redis is not None:
            _look_after(redis)
        children.look_after()
        watcher.look()
        move()


def _look_after(redis: EmbeddedRedis) -> None:
    """Starts our own Redis again if it has ended. If that fails, it is tried again at the next look."""
    joined = redis.attached
    try:
        if redis.revive():
            ended = "The command that had started Redis ended, and Redis with it" if joined else "Redis ended"
            announce("redis_ended", f"{ended}; it was started again.", trouble=not joined)
    except FunnelbeatError as error:
        announce("redis_ended", f"Redis ended and cannot be started: {error}", trouble=True)


def stop_signal() -> threading.Event:
    """An event that SIGINT and SIGTERM set."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        structlog.get_logger().info("stopping")
        stop.set()

    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, on_signal)
    return stop


COMMANDS = {"worker": worker, "up": up}
