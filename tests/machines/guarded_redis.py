"""A primary, a replica and three Sentinels, all with passwords: real servers, which agree on a failover in seconds."""

import random
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import redis

from tests.support.patience import PATIENCE
from worker.adapters.child_process import tied
from worker.adapters.redis_program import find_binary

MASTER = "ledger"
PASSWORD, WATCHWORD = "of the servers: @/?", "of-the-Sentinels"
SENTINEL = """
port {port}
dir {place}
logfile {place}/sentinel.log
sentinel monitor {master} 127.0.0.1 {primary} 2
sentinel down-after-milliseconds {master} 400
sentinel failover-timeout {master} 3000
sentinel auth-pass {master} "{password}"
sentinel sentinel-pass {watchword}
requirepass {watchword}
"""


OURS = range(10_000, 15_000)
"""Ports that no system hands out by itself, so that nobody gets one between the look at it and its use."""


def free_port() -> int:
    """One of OURS that nobody listens on."""
    for _ in range(100):
        port = random.choice(OURS)  # noqa: S311  # two suites on one machine look at different ports
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("a hundred ports were all taken")


def until(look: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def answers(port: int, password: str | None = None) -> bool:
    try:
        with redis.Redis(port=port, socket_timeout=1, password=password) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


@dataclass
class Guarded:
    """`primary` and `replica` as they began; `sentinels`: ports."""

    primary: subprocess.Popen[bytes]
    primary_port: int
    replica_port: int
    sentinels: tuple[int, ...]

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.sentinels)
        return f"redis+sentinel://:{quote(PASSWORD, safe='')}@{hosts}/{MASTER}/0?sentinel_password={WATCHWORD}"

    @property
    def broker_url(self) -> str:
        return self.url.replace("/0?", "/1?")

    def kill_primary(self) -> None:
        """As a power cut would."""
        self.primary.kill()
        self.primary.wait()

    def wait_for_another(self) -> None:
        """Until all Sentinels name the other server."""
        until(lambda: all(self.named(port) == self.replica_port for port in self.sentinels), "nobody took over")

    def named(self, sentinel: int) -> int:
        with redis.Redis(port=sentinel, socket_timeout=1, password=WATCHWORD) as client:
            return int(client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER)[1])


@contextmanager
def guarded(place: Path) -> Iterator[Guarded]:
    ports = [free_port() for _ in range(5)]
    primary_port, replica_port, *sentinels = ports
    with ExitStack() as stack:
        primary = stack.enter_context(_server(place / "primary", primary_port))
        follow = ["--replicaof", "127.0.0.1", str(primary_port), "--repl-diskless-sync-delay", "0"]
        stack.enter_context(_server(place / "replica", replica_port, *follow))
        until(lambda: _in_step(replica_port), "the replica did not follow")
        for port in sentinels:
            stack.enter_context(_sentinel(place / str(port), port, primary_port))
        until(lambda: all(_knows_all(port) for port in sentinels), "the Sentinels did not find each other")
        yield Guarded(primary, primary_port, replica_port, tuple(sentinels))


@contextmanager
def _server(place: Path, port: int, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    place.mkdir()
    command = [str(find_binary()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(place), "--save", "",
               "--appendonly", "yes", "--repl-diskless-sync", "yes",
               "--requirepass", PASSWORD, "--masterauth", PASSWORD, *more]  # fmt: skip
    with _running(command) as child:
        until(lambda: answers(port, PASSWORD), "Redis did not start")
        yield child


@contextmanager
def _sentinel(place: Path, port: int, primary: int) -> Iterator[subprocess.Popen[bytes]]:
    place.mkdir()
    conf = place / "sentinel.conf"
    given = {"port": port, "place": place, "primary": primary}
    text = SENTINEL.format(master=MASTER, password=PASSWORD, watchword=WATCHWORD, **given)
    conf.write_text(text, encoding="utf-8")
    with _running([str(find_binary()), str(conf), "--sentinel"]) as child:
        until(lambda: answers(port, WATCHWORD), "the Sentinel did not start")
        yield child


@contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(tied(command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(10)


def _in_step(port: int) -> bool:
    with redis.Redis(port=port, socket_timeout=1, password=PASSWORD) as client:
        return bool(client.info("replication").get("master_link_status") == "up")


def _knows_all(port: int) -> bool:
    """Both other Sentinels, and the replica."""
    with redis.Redis(port=port, socket_timeout=1, password=WATCHWORD) as client:
        told = client.sentinel_master(MASTER)
        return int(told["num-other-sentinels"]) == 2 and int(told["num-slaves"]) == 1
