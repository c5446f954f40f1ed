"""Publishes keys through Celery. The ledger alone decides what is done with them.

kombu's Redis transport may lose or repeat a message. The clock's sweep publishes lost work again, so only speed depends
on the queue.
"""

import asyncio
import math
import time
from collections.abc import Iterator, Sequence
from itertools import islice

from celery import Celery
from celery.utils.nodenames import anon_nodename
from kombu.exceptions import BatchPublishError, ChannelError, OperationalError
from kombu.exceptions import ConnectionError as BrokerConnectionError
from kombu.utils.uuid import uuid

from worker.adapters.celery.app import DELIVER, PRODUCE, READ_MAILBOXES
from worker.domain.delivery import DeliveryKey
from worker.domain.run import RunKey
from worker.errors import BrokerUnavailable

KEYS_PER_MESSAGE = 10
SPREAD = 4

AT_ONCE = 0.5
"""Seconds. A publication that fails faster than this failed because its connection had broken earlier."""

BROKER_ERRORS = (BatchPublishError, ChannelError, BrokerConnectionError, OperationalError, OSError)


PUBLISHED_AT = "published_at"
"""A message's header: when it was published, in seconds since the epoch. It tells how long a message has waited."""

_FIXED = {"ignore_result": True, "argsrepr": "keys", "kwargsrepr": "{}"}
"""Without the last two, Celery formats the arguments of every message for its own log."""


class CeleryQueue:
    """Publishes run and delivery keys, up to ten per message, in one batch with kombu's public Producer.batch()."""

    def __init__(self, app: Celery, project: str) -> None:
        self._app = app
        self._project = project

    async def produce(self, keys: Sequence[RunKey], *, on_demand: bool = False) -> None:
        queue = "now" if on_demand else "fetch"
        await self._in_thread(PRODUCE, queue, _chunks(keys, 1 if on_demand else _size(keys)))

    async def deliver(self, keys: Sequence[DeliveryKey]) -> None:
        await self._in_thread(DELIVER, "deliver", _chunks(keys, _size(keys)))

    async def read_mailboxes(self, channels: Sequence[str]) -> None:
        await self._in_thread(READ_MAILBOXES, "deliver", _chunks(channels, 1))

    async def _in_thread(self, task: str, queue: str, messages: Iterator[list[str]]) -> None:
        """Publishes in a thread, because Celery's calls block and the event loop has to send heartbeats meanwhile."""
        waiting = list(messages)
        if waiting:
            await asyncio.to_thread(self._publish, task, queue, waiting)

    def _publish(self, task: str, queue: str, messages: list[list[str]]) -> None:
        """Raises BrokerUnavailable. The sweep publishes again what was not published.

        An idle connection whose broker restarted fails at its next use, so a second attempt uses a new connection.
        Messages may go out twice; the ledger lets only one worker begin a run.
        """
        full_name, started = f"{self._project}.{queue}", time.monotonic()
        try:
            try:
                self._send(task, full_name, messages)
            except BROKER_ERRORS:
                if time.monotonic() - started > AT_ONCE:  # no broker answers; a second wait would delay the clock
                    raise
                self._send(task, full_name, messages)
        except BROKER_ERRORS as error:
            raise BrokerUnavailable(f"the broker took no message: {error}") from error

    def _send(self, task: str, queue: str, messages: list[list[str]]) -> None:
        """Through `app.amqp`, because `send_task` also looks for the task's own options, routes it and makes an object
        for a result: a quarter of the time, for nothing (https://docs.celeryq.dev/en/stable/reference/celery.app.amqp.html).
        """
        amqp, headers, origin = self._app.amqp, {PUBLISHED_AT: time.time()}, anon_nodename()
        known = amqp.queues[queue]
        declared: tuple[()] | None = None  # the queue, with the first message
        with self._app.producer_pool.acquire(block=True) as producer, producer.batch():
            for keys in messages:
                message = amqp.create_task_message(uuid(), task, [keys], {}, origin=origin, **_FIXED)
                amqp.send_task_message(
                    producer, task, message, queue=known, declare=declared, retry=False, headers=headers
                )
                declared = ()


def _size(keys: Sequence[object]) -> int:
    """Spreads few keys over several messages, so that no child does all the work while others are idle."""
    return min(KEYS_PER_MESSAGE, max(1, math.ceil(len(keys) / SPREAD)))


def _chunks(keys: Sequence[object], size: int) -> Iterator[list[str]]:
    remaining = (str(key) for key in keys)
    while chunk := list(islice(remaining, size)):
        yield chunk
