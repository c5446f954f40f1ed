"""A clock and a worker outlive a Redis that is there and refuses every write."""

import json
import re
import time
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
import redis

from tests.machines.site import site, until
from worker.adapters.celery.patient_consumer import FIRST
from worker.adapters.redis_server import EmbeddedRedis

REFUSES = "min-replicas-to-write"
"""Nothing follows this Redis, so it refuses writes as one does whose disk is full: with an error, not by hanging up."""

WATCHED = 8.0
"""Seconds in which a worker without pauses tries four hundred times, and says so each time."""
WORDS = re.compile("NOREPLICAS|too few replicas|Connection to broker lost|ledger_back|Traceback")


def told(log: Path, words: str) -> bool | None:
    return words in log.read_text("utf-8") or None


def sentence(line: str) -> str:
    """What a line of the log says. How many kinds there are depends on what the worker does when the refusal comes."""
    return str(json.loads(line)["sentence"])


def tries(admin: redis.Redis) -> int:
    """Connections so far."""
    return int(admin.info("stats")["total_connections_received"])


@pytest.mark.slow
def test_clock_and_worker_go_on_when_their_redis_takes_writes_again(tmp_path: Path) -> None:
    """Celery may lose a message while it connects again. The clock then publishes the run once more."""
    with (
        EmbeddedRedis(tmp_path / "redis") as server,
        redis.Redis(unix_socket_path=str(server.socket)) as admin,
        site(tmp_path, server.url, server.broker_url, {}) as where,
    ):
        processes = [where.start("clock"), where.start("worker")]
        where.delivered(where.trigger())
        admin.config_set(REFUSES, 1)
        for name, words in (("worker", "NOREPLICAS"), ("clock", "too few replicas")):
            log = where.log / f"{name}.log"
            until(partial(told, log, words), f"the {name} did not tell of it")
        before = tries(admin)
        time.sleep(WATCHED)
        assert tries(admin) - before <= WATCHED / FIRST
        for name in ("worker", "clock"):
            said = [line for line in (where.log / f"{name}.log").read_text("utf-8").splitlines() if WORDS.search(line)]
            assert max(Counter(sentence(line) for line in said).values()) <= 2, said
        admin.config_set(REFUSES, 0)
        where.delivered(where.trigger())
        assert [process.poll() for process in processes] == [None, None], "the same processes"
