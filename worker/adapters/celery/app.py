"""The Celery app: its queues, its limits and its connection to the broker.

There is no result backend. There is no eta or countdown either, because a Redis broker would deliver such a message
again after the visibility timeout
(https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/redis.html).
"""

import ssl
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from celery import Celery
from kombu.connection import Connection
from kombu.entity import Queue

from worker.adapters.celery.broker_outage import outlive_redis
from worker.adapters.sentinel_url import is_sentinel, parse
from worker.adapters.tls import refuse_wrong_authorities
from worker.adapters.url import split, split_redis
from worker.domain.limits import LONGEST_FETCH
from worker.errors import RequestError

SCHEMES = ("redis", "rediss", "redis+socket", "sentinel", "amqp", "amqps", "pyamqp")
EXPECTED = "write redis://, rediss://, redis+sentinel://, amqp:// or amqps://"

PRODUCE = "funnelbeat.produce"
DELIVER = "funnelbeat.deliver"
READ_MAILBOXES = "funnelbeat.read_mailboxes"
QUEUES = ("now", "deliver", "fetch")
"""On demand, deliveries, fetches. A worker that serves several queues takes messages in this order. Deliveries come
before fetches, because newer runs would otherwise supersede waiting deliveries during a backlog.
"""

HAND_OVER = 5 * 60
"""Seconds for a run to store what it fetched and to queue its deliveries."""

TIME_LIMIT = LONGEST_FETCH.total_seconds() + HAND_OVER
"""Seconds after which Celery kills a child. It must be below half an hour, after which RabbitMQ gives up waiting for an
acknowledgement (`consumer_timeout`, https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout).
"""

VISIBILITY_TIMEOUT = 60 * 60
"""Seconds after which a Redis broker gives an unacknowledged message to another worker."""

CONSUMER = "worker.adapters.celery.patient_consumer:PatientConsumer"
"""By name, because only a worker needs its modules."""

BROKER_PATIENCE = 4
"""Seconds that a publisher tries to connect. The clock works without the broker, and the sweep publishes later."""


def make_app(broker_url: str, project: str, *, consumes: bool = False) -> Celery:
    """A Celery app. The names of its queues and of its keys in Redis begin with the project's name.

    `broker_url` is in our spelling (redis+sentinel://…) or kombu's. `consumes` is for a worker, which waits for
    messages without a limit; a publisher gives up on a broker that does not answer. Raises RequestError for a URL that
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
        worker_enable_remote_control=False,  # unused; its broadcasts need queues without the project's name
        broker_connection_retry_on_startup=True,
        # A Redis that refuses writes (MISCONF, OOM, NOREPLICAS) answers like one that got a wrong command, at which
        # Celery would end.
        broker_channel_error_retry=True,
        worker_consumer=CONSUMER,
        broker_connection_max_retries=None,  # a worker survives any outage of the broker
        broker_connection_timeout=BROKER_PATIENCE,
        broker_transport_options=_transport_options(broker_url, project, consumes=consumes),
        enable_utc=True,
    )
    return app


def _refuse_unreadable(broker_url: str) -> None:
    """Raises RequestError for URLs at which kombu would raise errors of Python that may quote a password."""
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
    """Adds certificate checks for TLS. kombu does not verify certificates unless the URL says so."""
    if is_sentinel(broker_url):
        return parse(broker_url).for_kombu
    if broker_url.startswith("rediss://") and "ssl_cert_reqs=" not in broker_url:
        return f"{broker_url}{'&' if '?' in broker_url else '?'}ssl_cert_reqs=required"
    return broker_url


def _verified(broker_url: str) -> dict[str, object] | None:
    """py-amqp verifies once it knows the host name. It trusts the system's authorities, or those in SSL_CERT_FILE."""
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


def broker_of(redis_url: str) -> str:
    """Changes a Redis address to kombu's spelling: unix:///path?db=1 becomes redis+socket:///path?virtual_host=1.

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
