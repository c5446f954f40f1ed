"""doctor and the health check name a queue from which no worker takes."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from tests.machines.site import Site, site, until
from worker.adapters.celery.app import make_app
from worker.adapters.celery.waiting import WaitingMessages, shows_messages, waiting
from worker.adapters.redis_server import EmbeddedRedis
from worker.connectors import wall_clock
from worker.entry import doctor_commands, health
from worker.entry.doctor_commands import _counted, broker_findings
from worker.flow.operate.doctor import CheckResult, Level


def found(where: Site) -> dict[str, CheckResult]:
    return {one.what: one for one in asyncio.run(broker_findings(where.settings, "acme"))}


def in_queue(where: Site, queue: str) -> WaitingMessages:
    return waiting(make_app(where.settings.broker_url, "acme"), "acme")[queue]


@pytest.mark.slow
def test_a_queue_that_no_worker_serves_is_named_with_the_age_of_its_oldest_message(
    tmp_path: Path, empty_redis: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site(tmp_path, empty_redis.url, empty_redis.broker_url, {}) as where:
        where.start("worker", "--queues", "fetch,deliver")
        before = wall_clock()
        keys = [where.trigger(), where.trigger()]
        one = in_queue(where, "now")
        assert one.count == 2
        assert one.since is not None
        assert before - timedelta(seconds=1) < one.since <= wall_clock()
        assert set(found(where)) == {"broker"}, "it has not waited for long"
        assert health.standing_still(where.settings, "acme", wall_clock()) == []
        assert health.standing_still(where.settings, "acme", one.since + 2 * health.LONGEST_TASK) == ["now"]

        monkeypatch.setattr(doctor_commands, "SLOW", timedelta(microseconds=1))
        assert found(where)["queue now"].level is Level.WARN
        monkeypatch.setattr(doctor_commands, "STILL", timedelta(0))
        named = found(where)
        assert set(named) == {"broker", "queue now"}
        assert named["queue now"].level is Level.FAIL
        assert "its oldest message has waited for" in named["queue now"].sentence
        assert "2 in all" in named["queue now"].sentence

        where.start("worker", "--queues", "now")
        where.delivered(keys[-1])
        until(lambda: set(found(where)) == {"broker"} or None, "the queue still stands")


@pytest.mark.parametrize(
    ("url", "shown"), [("redis://127.0.0.1:1/1", True), ("amqp://guest:guest@127.0.0.1:1//", False)]
)
def test_only_a_redis_shows_how_long_a_message_has_waited(url: str, shown: bool) -> None:
    assert shows_messages(make_app(url, "acme")) is shown
    counted = _counted({"now": WaitingMessages(3), "deliver": WaitingMessages(0)}, shown)
    assert counted.level is Level.OK
    assert counted.sentence.startswith("messages that wait: now 3, deliver 0")
    assert ("for how long is not known" in counted.sentence) is not shown
    assert _counted({"now": WaitingMessages(0)}, shown).sentence == "messages that wait: now 0"
