"""Bugs of others about locks, leases, lifetimes and what a broker does with a message."""

import base64
import json
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.support.in_process import InProcessRun, in_process_run
from worker.adapters.celery import app, queue
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.connection import connect
from worker.domain.delivery import DeliveryKey
from worker.domain.run import RunKey
from worker.errors import LedgerUnavailable
from worker.flow.operate.on_demand import request
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.flow.run.tick import tick

LONGEST_INTERVAL = 366 * 86_400_000


async def test_without_the_ledger_nothing_is_claimed_fetched_or_sent(tmp_path: Path) -> None:
    """sibson/redbeat#208: an exception while taking the lock was swallowed, and the work was done without it."""
    with EmbeddedRedis(tmp_path / "redis") as redis:
        async with in_process_run(redis.url, tmp_path / "project") as story:
            key = await request(story.services, "week", None, None)
            (delivery,) = await produce(story.services, key)
            later = await request(story.services, "week", None, None)
            asked = len(story.box.log)
            redis.kill()
            for work in (produce(story.services, later), deliver(story.services, delivery), tick(story.services)):
                with pytest.raises(LedgerUnavailable):
                    await work
            assert len(story.box.log) == asked
            assert not story.box.outbox.items


async def test_a_message_has_no_time_of_its_own_that_could_outlast_the_brokers_patience(
    empty_redis: EmbeddedRedis,
) -> None:
    """celery/kombu#337: a task with a far ETA was delivered again each time the visibility timeout passed."""
    carrier = queue.CeleryQueue(app.make_app(empty_redis.broker_url, "tern"), "tern")
    await carrier.produce([RunKey.parse("week@2026-11-23T14:00:00Z")])
    await carrier.deliver([DeliveryKey.parse("week@2026-11-23T14:00:00Z/team|sales@acme.example")])
    client = connect(empty_redis.url.replace("db=0", "db=1"))
    messages = [json.loads(await client.lindex(f"tern.{queue}", 0) or "null") for queue in ("fetch", "deliver")]
    await client.aclose()
    for message in messages:
        assert message["headers"]["eta"] is None
        assert message["headers"]["expires"] is None
        keys = json.loads(base64.b64decode(message["body"]))[0]
        assert keys[0][0].startswith("week@")


def test_a_task_that_may_run_longer_than_the_broker_waits_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same, for a long task: it would be running twice."""
    monkeypatch.setattr(app, "TIME_LIMIT", app.VISIBILITY_TIMEOUT)
    with pytest.raises(ValueError, match="must end before the broker delivers its message again"):
        app.make_app("redis://127.0.0.1:1/0", "tern")


async def test_what_a_digest_was_compared_with_outlives_the_longest_interval(
    three: InProcessRun, redis_client: Redis
) -> None:
    """PostHog/posthog: state that lived for 90 days, under a schedule that fires once a year."""
    await three.run()
    names = [f"acme:snap:{baseline.snapshot}" for baseline in (await three.baselines()).values()]
    tables = [await redis_client.hget(name, "tables") or b"" for name in names]
    names += [
        f"acme:table:{table}" for line in tables for table in (line if isinstance(line, str) else line.decode()).split()
    ]
    assert len(names) >= 4
    assert min([await redis_client.pttl(name) for name in names]) > LONGEST_INTERVAL
    assert await redis_client.pttl("acme:baseline:week") == -1
