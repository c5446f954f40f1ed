"""Celery: carries keys and runs code; the ledger alone decides.

kombu's Redis transport may lose a message and repeat another, so nothing rests on it but speed: the clock's sweep finds
what is left lying. No eta or countdown (an unacknowledged message would be delivered again after the visibility
timeout, https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/redis.html), no result backend.
"""

import asyncio
import math
import ssl
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

from celery import Celery
from kombu.connection import Connection
from kombu.entity import Queue
from kombu.exceptions import BatchPublishError, ChannelError, OperationalError
from kombu.exceptions import ConnectionError as BrokerConnectionError

from worker.adapters.celery.broker_outage import outlive_redis
from worker.adapters.sentinel_url import is_sentinel, parse
from worker.adapters.tls import refuse_wrong_authorities
from worker.adapters.url import split, split_redis
from worker.domain.delivery import DeliveryKey
from worker.domain.limits import LONGEST_FETCH
from worker.domain.run import RunKey
from worker.errors import BrokerUnavailable, RequestError

SCHEMES = ("redis", "rediss", "redis+socket", "sentinel", "amqp", "amqps", "pyamqp")
EXPECTED = "write redis://, rediss://, redis+sentinel://, amqp:// or amqps://"

PRODUCE = "funnelbeat.produce"
DELIVER = "funnelbeat.deliver"
QUEUES = ("now", "deliver", "fetch")
"""On demand, delivering, fetching: in the order in which a worker that serves several looks. What was begun is ended
first: under a backlog, deliveries would otherwise wait until newer runs take their place.
"""

KEYS_PER_MESSAGE = 10
SPREAD = 4
HAND_OVER = 5 * 60
"""Seconds in which a run stores what it fetched and queues its deliveries."""

TIME_LIMIT = LONGEST_FETCH.total_seconds() + HAND_OVER
"""Seconds after which Celery kills a child. Below half an hour: RabbitMQ waits no longer for an acknowledgement
(`consumer_timeout`, https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout).
"""

VISIBILITY_TIMEOUT = 60 * 60
"""Seconds after which a Redis broker gives a message that nobody acknowledged to another worker."""

AT_ONCE = 0.5
"""Seconds within which a publication fails whose connection had broken long before."""

BROKER_PATIENCE = 4
"""Seconds that a publisher tries to connect: the clock goes on without the broker, and the sweep publishes later."""


def make_app(broker_url: str, project: str, *, consumes: bool = False) -> Celery:
    """A Celery app whose queues, and whatever else it keeps in Redis, begin with the project's name.

    `broker_url` in our spelling (redis+sentinel://…) or kombu's. `consumes`: for a worker, which waits for messages
    without a limit; who only publishes gives up on a broker that does not answer. Raises RequestError when the URL
    cannot be read.
    """
    if TIME_LIMIT >= VISIBILITY_TIMEOUT:
        raise ValueError("a task's time limit must end before the broker delivers its message again")
    outlive_redis()
    _refuse_unreadable(broker_url)
    app = Celery("funnelbeat", broker=_for_kombu(broker_url), set_as_current=False)
    app.conf.update(
        broker_use_ssl=_verified(broker_url),
        task_queues=[_queue(queue) for queue in queue_names(project, QUEUES)],
        task_default_queue=f"{project}.fetch",
        task_serializer="json",
        accept_content=["json"],
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_time_limit=TIME_LIMIT,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        worker_enable_remote_control=False,  # nobody asks, and its broadcasts would need queues outside the project's
        broker_connection_retry_on_startup=True,
        # A Redis that refuses writes (MISCONF, OOM, NOREPLICAS) answers as for a wrong command, which Celery ends at.
        broker_channel_error_retry=True,
        broker_connection_max_retries=None,  # a worker outlasts any absence of the broker
        broker_connection_timeout=BROKER_PATIENCE,
        broker_transport_options=_transport_options(broker_url, project, consumes=consumes),
        enable_utc=True,
    )
    return app


def _refuse_unreadable(broker_url: str) -> None:
    """Raises RequestError for what kombu would fail at with errors of Python, which may quote a password."""
    if is_sentinel(broker_url):
        return  # `sentinel_url.parse` refuses it
    scheme = broker_url.partition("://")[0].lower() if "://" in broker_url else ""
    if scheme not in SCHEMES:
        raise RequestError("the broker's URL starts with something else: " + EXPECTED)
    try:
        for one in broker_url.split(";"):
            (split_redis if scheme in {"redis", "rediss"} else split)(one)
    except ValueError as error:
        raise RequestError(f"the broker's URL: {error}; {EXPECTED}") from None
    try:
        Connection(_for_kombu(broker_url))  # type: ignore[no-untyped-call]  # kombu annotates it in part
    except (KeyError, TypeError, ValueError):
        raise RequestError(f"the broker's URL: found an option that kombu does not have; {EXPECTED}") from None
    if scheme in {"rediss", "amqps"}:
        refuse_wrong_authorities()


def queue_names(project: str, queues: Sequence[str]) -> list[str]:
    """Raises RequestError for a queue that does not exist."""
    unknown = [queue for queue in queues if queue not in QUEUES]
    if unknown or not queues:
        found = ", ".join(unknown) or "nothing"
        raise RequestError(f"queues: found {found}, expected some of {', '.join(QUEUES)}")
    return [f"{project}.{queue}" for queue in QUEUES if queue in queues]


def _queue(name: str) -> Queue:
    return Queue(name, routing_key=name)  # type: ignore[no-untyped-call]  # kombu annotates it in part


def _for_kombu(broker_url: str) -> str:
    """kombu takes TLS without a word about certificates for "verify nothing": here it means the opposite."""
    if is_sentinel(broker_url):
        return parse(broker_url).for_kombu
    if broker_url.startswith("rediss://") and "ssl_cert_reqs=" not in broker_url:
        return f"{broker_url}{'&' if '?' in broker_url else '?'}ssl_cert_reqs=required"
    return broker_url


def _verified(broker_url: str) -> dict[str, object] | None:
    """py-amqp verifies once it is told whom to expect; the system's authorities, or those that SSL_CERT_FILE names."""
    if not broker_url.startswith("amqps://"):
        return None
    return {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": urlsplit(broker_url).hostname}


def _transport_options(broker_url: str, project: str, *, consumes: bool) -> dict[str, object]:
    at_once = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "connect_retries_timeout": BROKER_PATIENCE}
    if broker_url.startswith("amqp"):
        limits = dict.fromkeys(("read_timeout", "write_timeout"), BROKER_PATIENCE)
        return {**at_once, **({} if consumes else limits)}
    limits = dict.fromkeys(("socket_timeout", "socket_connect_timeout"), BROKER_PATIENCE)
    return {
        **at_once,
        **({} if consumes else limits),
        **_behind_sentinel(broker_url),
        "visibility_timeout": VISIBILITY_TIMEOUT,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "queue_order_strategy": "priority",
        "unacked_key": f"{project}.unacked",
        "unacked_index_key": f"{project}.unacked_index",
        "unacked_mutex_key": f"{project}.unacked_mutex",
        "fanout_prefix": f"/{project}.{{db}}.",
    }


def _behind_sentinel(broker_url: str) -> dict[str, object]:
    if not is_sentinel(broker_url):
        return {}
    address = parse(broker_url)
    return {"master_name": address.master, "sentinel_kwargs": address.sentinel_options}


def waiting(app: Celery, project: str) -> dict[str, int]:
    """How many messages wait in each queue; a queue that was never used holds none. Raises BrokerUnavailable."""
    try:
        with app.connection_for_read() as connection:
            connection.ensure_connection(max_retries=1, timeout=BROKER_PATIENCE)
            return {queue: _length(connection, f"{project}.{queue}") for queue in QUEUES}
    except _FAILED as error:
        raise BrokerUnavailable(f"the broker cannot be reached: {type(error).__name__}") from error


def _length(connection: Any, queue: str) -> int:
    try:
        with connection.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).message_count)
    except ChannelError:
        return 0


def broker_of(redis_url: str) -> str:
    """kombu's spelling of a Redis address: unix:///path?db=1 becomes redis+socket:///path?virtual_host=1.

    Any other address stays as it is. Raises RequestError.
    """
    if not redis_url.startswith("unix:"):
        return redis_url
    try:
        parts = split(redis_url)
    except ValueError as error:
        raise RequestError(f"the Redis URL: {error}") from None
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={database}"


_FAILED = (BatchPublishError, ChannelError, BrokerConnectionError, OperationalError, OSError)


_NO_REPR = {"argsrepr": "keys", "kwargsrepr": "{}"}
"""Celery otherwise makes a printable form of the arguments for each message, which only its own log would show."""


class CeleryQueue:
    """Publishes run and delivery keys, up to ten a message, in one batch through kombu's public Producer.batch()."""

    def __init__(self, app: Celery, project: str) -> None:
        self._app = app
        self._project = project

    async def produce(self, keys: Sequence[RunKey], *, on_demand: bool = False) -> None:
        queue = "now" if on_demand else "fetch"
        await self._in_thread(PRODUCE, queue, _chunks(keys, 1 if on_demand else _size(keys)))

    async def deliver(self, keys: Sequence[DeliveryKey]) -> None:
        await self._in_thread(DELIVER, "deliver", _chunks(keys, _size(keys)))

    async def _in_thread(self, task: str, queue: str, messages: Iterator[list[str]]) -> None:
        """Celery publishes with blocking calls, and the event loop has heartbeats to send meanwhile."""
        waiting = list(messages)
        if waiting:
            await asyncio.to_thread(self._publish, task, queue, waiting)

    def _publish(self, task: str, queue: str, messages: list[list[str]]) -> None:
        """Raises BrokerUnavailable: what was not published is published again by the sweep.

        A connection that lay idle while its broker restarted fails at its next use, so that is tried once more on a new
        one. What went out before may go out twice: the ledger lets one worker begin a run.
        """
        full_name, started = f"{self._project}.{queue}", time.monotonic()
        try:
            try:
                self._send(task, full_name, messages)
            except _FAILED:
                if time.monotonic() - started > AT_ONCE:  # nobody is there: a second wait would hold the clock up
                    raise
                self._send(task, full_name, messages)
        except _FAILED as error:
            raise BrokerUnavailable(f"the broker took no message: {error}") from error

    def _send(self, task: str, queue: str, messages: list[list[str]]) -> None:
        declared: tuple[()] | None = None  # the queue, with the first message
        with self._app.producer_pool.acquire(block=True) as producer, producer.batch():
            for keys in messages:
                options = {"producer": producer, "retry": False, "ignore_result": True, **_NO_REPR}
                self._app.send_task(task, args=[keys], queue=queue, declare=declared, **options)
                declared = ()


def _size(keys: Sequence[object]) -> int:
    """Few keys are spread over several messages, or one child would do all the work while the others have none."""
    return min(KEYS_PER_MESSAGE, max(1, math.ceil(len(keys) / SPREAD)))


def _chunks(keys: Sequence[object], size: int) -> Iterator[list[str]]:
    remaining = (str(key) for key in keys)
    while chunk := list(islice(remaining, size)):
        yield chunk
