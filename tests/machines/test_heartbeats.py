"""Clocks and workers say that they are there, and a health check hears it."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.machines.site import Site, site, until
from tests.support.ledger_fixture import LedgerFixture
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.heartbeat import Alive
from worker.entry import health


async def test_a_process_that_ends_in_good_order_is_no_longer_there(story: LedgerFixture) -> None:
    before = await story.clock.now()
    await story.heartbeats.say_alive("clock", "a host, named oddly", 7)
    await story.heartbeats.say_alive("worker", "b", 8)
    found = await story.heartbeats.alive()
    assert {(one.kind, one.host, one.pid) for one in found} == {("clock", "a host, named oddly", 7), ("worker", "b", 8)}
    assert all(one.seen >= before.replace(microsecond=before.microsecond // 1000 * 1000) for one in found)
    await story.heartbeats.say_gone("clock", "a host, named oddly", 7)
    assert [one.kind for one in await story.heartbeats.alive()] == ["worker"]


def healthy(where: Site, kind: str) -> int:
    given = {**os.environ, "FUNNELBEAT_REDIS_URL": where.settings.redis_url, "FUNNELBEAT_PROJECT": "acme"}
    command = [sys.executable, "-m", "worker.entry.health", kind]
    return subprocess.run(command, env=given, check=False, capture_output=True).returncode


def there(where: Site, kind: str) -> Alive:
    def said() -> Alive | None:
        found = where.ask(lambda services: services.heartbeats.alive())
        return next((one for one in found if one.kind == kind), None)

    return until(said, f"no {kind} said that it is there")


@pytest.mark.slow
def test_the_health_check_hears_a_clock_and_a_worker_and_misses_who_is_gone(
    tmp_path: Path, empty_redis: EmbeddedRedis
) -> None:
    with site(tmp_path, empty_redis.url, empty_redis.broker_url, {}) as where:
        assert (healthy(where, "worker"), health.main(["cook"])) == (1, 1)
        clock, worker = where.start("clock"), where.start("worker")
        seen = [there(where, kind) for kind in ("clock", "worker")]
        assert [(one.pid, one.host) for one in seen] == [(p.pid, socket.gethostname()) for p in (clock, worker)]
        assert (healthy(where, "clock"), healthy(where, "worker")) == (0, 0)
        clock.send_signal(signal.SIGTERM)
        clock.wait(20)
        assert healthy(where, "clock") == 1


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_was_stopped_is_gone_at_once(tmp_path: Path, empty_redis: EmbeddedRedis, stop: int) -> None:
    """For half a minute after Ctrl-C it was taken for one that runs."""
    with site(tmp_path, empty_redis.url, empty_redis.broker_url, {}) as where:
        worker = where.start("worker")
        there(where, "worker")
        worker.send_signal(stop)
        worker.wait(20)
        assert where.ask(lambda services: services.heartbeats.alive()) == ()
