"""What a worker's child process runs: task bodies that pass keys to flow, and the event loop that they share."""

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from celery import Celery

from worker.adapters.celery.app import DELIVER, PRODUCE, QUEUES, READ_MAILBOXES, make_app, queue_names
from worker.adapters.otel_traces import refuse_missing
from worker.app import open_services
from worker.clock_app import broker
from worker.collector import collect_rarely
from worker.domain.delivery import DeliveryKey
from worker.domain.events import Interrupted
from worker.domain.run import RunKey
from worker.entry.worker_heartbeat import add_worker_heartbeat
from worker.errors import BrokerUnavailable, FunnelbeatError, LedgerError
from worker.flow.operate.read_mailbox import read_mailbox
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.flow.services import Services
from worker.settings import Settings

CELERY_LEVELS = {"debug": "DEBUG"}
"""Our level → Celery's own, if it is not WARNING."""


class Child:
    """One event loop per child process, on a daemon thread. It starts at the first use, because a fork would not copy
    it.

    The keys of one message run at the same time in it, each with its own lease and outcome.
    """

    def __init__(self, settings: Settings, project: str, directory: Path) -> None:
        self._settings = settings
        self._project = project
        self._directory = directory
        self._loop: asyncio.AbstractEventLoop | None = None
        self._services: Services | None = None
        self._open = AsyncExitStack()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name="funnelbeat-loop", daemon=True).start()
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def services(self) -> Services:
        if self._services is None:
            collect_rarely()
            opening = open_services(self._settings, self._project, directory=self._directory)
            self._services = await self._open.enter_async_context(opening)
        return self._services

    async def produce(self, keys: Sequence[str]) -> None:
        services = await self.services()
        await _each(services, [_run(services, RunKey.parse(key)) for key in keys])

    async def read_mailboxes(self, channels: Sequence[str]) -> None:
        services = await self.services()
        await _each(services, [read_mailbox(services, channel) for channel in channels])

    async def deliver(self, keys: Sequence[str]) -> None:
        services = await self.services()
        await _each(services, [_delivery(services, DeliveryKey.parse(key)) for key in keys])


async def _run(services: Services, key: RunKey) -> None:
    with services.traces.span("run", key):
        await produce(services, key)


async def _delivery(services: Services, key: DeliveryKey) -> None:
    with services.traces.span("deliver", key.run, delivery=key.digest[:8]):
        await deliver(services, key)


async def _each(services: Services, work: Sequence[Coroutine[Any, Any, Any]]) -> None:
    """An error of one key does not stop the others. For our own errors the lease decides what happens next. A bug ends
    the task with an exception, after the other keys are done.
    """
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    bugs = [o for o in outcomes if isinstance(o, BaseException) and not isinstance(o, FunnelbeatError)]
    for outcome in outcomes:
        if isinstance(outcome, LedgerError | BrokerUnavailable):
            services.events.emit(Interrupted(None, str(outcome)))
    if bugs:
        raise ExceptionGroup("tasks failed", [b for b in bugs if isinstance(b, Exception)])


def make_worker_app(settings: Settings, project: str, directory: Path) -> Celery:
    """The Celery app of `funnelbeat worker`, with its tasks. Raises RequestError for traces whose extra is not
    installed: its children would fail at every message.
    """
    if settings.traces:
        refuse_missing()
    app = make_app(broker(settings), project, consumes=True)
    add_worker_heartbeat(app, settings, project)
    child = Child(settings, project, directory)

    @app.task(name=PRODUCE)
    def _produce(keys: list[str]) -> None:
        child.run(child.produce(keys))

    @app.task(name=DELIVER)
    def _deliver(keys: list[str]) -> None:
        child.run(child.deliver(keys))

    @app.task(name=READ_MAILBOXES)
    def _read_mailboxes(channels: list[str]) -> None:
        child.run(child.read_mailboxes(channels))

    return app


def worker_arguments(settings: Settings, name: str, queues: Sequence[str] = QUEUES) -> list[str]:
    """Celery's command line: prefork, no gossip, no mingle (which would cost a second at the start).

    Celery itself logs only warnings, unless the level is debug, because our own events say what happens.
    """
    level = CELERY_LEVELS.get(settings.log_level, "WARNING")
    return [
        "--quiet",
        "worker",
        f"--queues={','.join(queue_names(name, queues))}",
        f"--concurrency={settings.concurrency}",
        f"--hostname={name}@%h",
        f"--loglevel={level}",
        "--pool=prefork",
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
        "-O", "fair",
    ]  # fmt: skip
