"""The messages that wait in the queues of a broker. None is taken out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from celery import Celery
from kombu.exceptions import ChannelError

from worker.adapters.celery.app import BROKER_PATIENCE, QUEUES
from worker.adapters.celery.queue import BROKER_ERRORS, PUBLISHED_AT
from worker.errors import BrokerUnavailable


@dataclass(frozen=True, slots=True)
class WaitingMessages:
    """`since`: when the oldest was published, UTC, by the clock of its publisher. None if nothing waits, and if the
    broker does not show it: RabbitMQ shows no message without handing it out.
    """

    count: int
    since: datetime | None = None


def waiting(app: Celery, project: str) -> dict[str, WaitingMessages]:
    """By queue, also for a queue that was never used. Raises BrokerUnavailable."""
    try:
        with app.connection_for_read() as connection:
            connection.ensure_connection(max_retries=1, timeout=BROKER_PATIENCE)
            return {queue: _in(connection, f"{project}.{queue}") for queue in QUEUES}
    except BROKER_ERRORS as error:
        raise BrokerUnavailable(f"the broker cannot be reached: {type(error).__name__}") from error


def shows_messages(app: Celery) -> bool:
    """Whether the broker is Redis, which keeps a queue as a list."""
    return str(app.connection_for_read().transport.driver_type) == "redis"


def _in(connection: Any, queue: str) -> WaitingMessages:
    try:
        with connection.channel() as channel:
            count = int(channel.queue_declare(queue, passive=True).message_count)
            oldest = channel.client.lindex(queue, -1) if connection.transport.driver_type == "redis" else None
    except ChannelError:
        return WaitingMessages(0)
    return WaitingMessages(count, None if oldest is None else _published(oldest))


def _published(message: bytes | str) -> datetime | None:
    """None for a message of a version that did not write it."""
    headers: Mapping[str, Any] = json.loads(message).get("headers", {})
    at = headers.get(PUBLISHED_AT)
    return datetime.fromtimestamp(at, UTC) if isinstance(at, int | float) else None
