"""Publishing to a broker that is away, or there and silent."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from worker.adapters.celery.app import BROKER_PATIENCE, make_app
from worker.adapters.celery.queue import CeleryQueue
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.delivery import DeliveryKey
from worker.domain.run import RunKey
from worker.entry.console import NOTHING, status_of
from worker.errors import BrokerUnavailable, LedgerError

KEY = RunKey.parse("week@2026-11-23T14:00:00Z")


@pytest.fixture
def silent() -> Iterator[str]:
    """A broker's address where somebody accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/1"


def queue_at(url: str) -> CeleryQueue:
    return CeleryQueue(make_app(url, "tern"), "tern")


async def test_heartbeats_go_on_while_a_broker_does_not_answer(silent: str) -> None:
    """A worker's event loop stood still meanwhile, and its runs were taken away from it."""
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0.05)

    beating = asyncio.create_task(beat())
    async with asyncio.timeout(4 * BROKER_PATIENCE):
        with pytest.raises(BrokerUnavailable, match="the broker took no message"):
            await queue_at(silent).deliver([DeliveryKey(KEY, "team|sales@acme.example")])
    beating.cancel()
    assert beats > BROKER_PATIENCE / 0.05 / 2


async def test_a_broker_that_is_away_is_no_fault_of_the_ledger() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"redis://127.0.0.1:{taken.getsockname()[1]}/1"
    with pytest.raises(BrokerUnavailable) as refused:
        await queue_at(nobody).produce([KEY])
    assert not isinstance(refused.value, LedgerError)
    assert status_of(refused.value) == NOTHING


async def test_several_publications_go_out_side_by_side(empty_redis: EmbeddedRedis) -> None:
    queue = queue_at(empty_redis.broker_url)
    await asyncio.gather(*(queue.produce([RunKey.parse(f"s{n}@2026-11-23T14:00:00Z")]) for n in range(20)))
    with make_app(empty_redis.broker_url, "tern").connection_for_read() as connection:
        assert connection.default_channel.queue_declare("tern.fetch", passive=True).message_count == 20
