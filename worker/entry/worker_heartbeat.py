"""The heartbeat of a worker, which is that of its main process."""

import asyncio
from contextlib import aclosing
from typing import Any

from celery import Celery, bootsteps

from worker.adapters.redis_store.connection import connect
from worker.adapters.redis_store.ledger import RedisLedger
from worker.entry.heartbeat import EVERY, HeartbeatWriter
from worker.entry.outage import Outage
from worker.errors import LedgerUnavailable
from worker.settings import Settings

PATIENCE = 2.0
"""Seconds that a worker's main process waits for Redis. Its event loop is blocked during this time."""


def add_worker_heartbeat(app: Celery, settings: Settings, project: str) -> None:
    """Writes heartbeats from a worker's main process while it takes messages from its queues.

    It is a bootstep of the consumer: it stops when the broker is lost or the worker ends, and starts when the broker is
    back. A worker that stops takes its heartbeat back. Each heartbeat opens its own connection, because children that
    are forked later must not inherit one.
    """
    outage = Outage()

    def beat(*, gone: bool = False) -> None:
        try:
            asyncio.run(_say_once(settings, project, gone=gone))
        except (LedgerUnavailable, TimeoutError) as error:
            outage.lasts(error)
        else:
            outage.over()

    class HeartbeatStep(bootsteps.StartStopStep):  # type: ignore[misc]  # celery ships no types
        requires = ("celery.worker.consumer.tasks:Tasks",)

        def __init__(self, parent: Any, **options: Any) -> None:
            self.timer: Any = None
            super().__init__(parent, **options)

        def start(self, parent: Any) -> None:
            beat()
            self.timer = parent.timer.call_repeatedly(EVERY, beat)

        def stop(self, _parent: Any) -> None:
            if self.timer is not None:
                self.timer.cancel()
                self.timer = None
                beat(gone=True)

    app.steps["consumer"].add(HeartbeatStep)


async def _say_once(settings: Settings, project: str, *, gone: bool) -> None:
    async with aclosing(connect(settings.redis_url, connections=2)) as client, asyncio.timeout(PATIENCE):
        writer = HeartbeatWriter(RedisLedger(client, project).heartbeats, "worker")
        await (writer.end() if gone else writer.beat())
