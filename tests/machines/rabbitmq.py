"""The main job over a real RabbitMQ: run by `make test-rabbitmq`, which installs one, and not collected otherwise."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from kombu.exceptions import ChannelError
from kombu.exceptions import ConnectionError as BrokerConnectionError

from tests.machines.guarded_redis import free_port
from tests.machines.site import OFTEN, Site, running, site, until
from worker.adapters.celery.app import make_app
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.run import CLOSED, RunState

SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
START = 60.0
"""Seconds that a broker may take to come up."""


@dataclass
class Broker:
    """One node; its files outlive a kill."""

    place: Path
    port: int
    stack: ExitStack

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def start(self) -> "subprocess.Popen[bytes]":
        child = self.stack.enter_context(running([SERVER], self._environment(), self.place / "rabbitmq.log"))
        until(lambda: _takes_messages(self.url) or None, "RabbitMQ did not come up", START)
        return child

    def kill(self) -> None:
        """The node itself: the script that started it is only its parent."""
        pid = int((self.place / "pid").read_text("ascii"))
        os.kill(pid, signal.SIGKILL)
        until(lambda: not _takes_messages(self.url) or None, "RabbitMQ did not end")

    def _environment(self) -> Mapping[str, str]:
        (self.place / "plugins").write_text("[].", encoding="ascii")
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.place),
            "RABBITMQ_NODENAME": f"funnelbeat{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.port + 20000 if self.port < 40000 else self.port - 20000),
            "RABBITMQ_MNESIA_BASE": str(self.place / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.place),
            "RABBITMQ_PID_FILE": str(self.place / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.place / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }


def _takes_messages(url: str) -> bool:
    """Its port opens some time before its queues are there."""
    try:
        with make_app(url, "probe").connection_for_write() as connection:
            return bool(connection.connect())
    except (OSError, ChannelError, BrokerConnectionError):
        return False


@contextmanager
def broker(place: Path) -> Iterator[Broker]:
    place.mkdir()
    with ExitStack() as stack:
        found = Broker(place, free_port(), stack)
        found.start()
        yield found


def _closed(where: Site) -> list[str]:
    return [str(run.key) for run in where.runs("often") if run.state in CLOSED]


@pytest.mark.soak
@pytest.mark.timeout(240)
def test_runs_arrive_over_rabbitmq_and_go_on_after_it_was_killed(tmp_path: Path, empty_redis: EmbeddedRedis) -> None:
    with broker(tmp_path / "broker") as rabbit, site(tmp_path, empty_redis.url, rabbit.url, {"often": OFTEN}) as where:
        clock, worker = where.start("clock"), where.start("worker")
        where.delivered(where.trigger())
        until(lambda: len(_closed(where)) >= 3 or None, "scheduled runs did not arrive")
        rabbit.kill()
        during = len(where.runs("often"))
        until(lambda: len(where.runs("often")) >= during + 3 or None, "the clock stood still without its broker")
        rabbit.start()
        where.delivered(where.trigger())
        before = {str(run.key) for run in where.runs("often")}
        until(lambda: before <= set(_closed(where)) or None, "runs were left lying")
        assert (clock.poll(), worker.poll()) == (None, None)
        states = {run.state for run in where.runs("often") if str(run.key) in before}
        assert states <= {RunState.DELIVERED, RunState.SKIPPED}
