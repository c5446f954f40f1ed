"""A Redis behind Sentinel: found, lost, and found again where another server took over."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.machines.guarded_redis import MASTER, Guarded, guarded
from tests.machines.site import site
from worker.adapters.queue import CeleryQueue, make_app
from worker.adapters.redis_store.connection import check, connect
from worker.adapters.redis_store.ledger import RedisLedger
from worker.errors import LedgerUnavailable


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """The last test of this module kills the primary."""
    with guarded(tmp_path_factory.mktemp("guarded")) as found:
        yield found


@pytest.fixture
async def lists(servers: Guarded) -> AsyncIterator[Redis]:
    """The broker's database."""
    client = connect(servers.broker_url)
    yield client
    await client.aclose()


async def test_a_master_that_nobody_knows_is_said_in_a_sentence(servers: Guarded) -> None:
    client = connect(servers.url.replace(f"/{MASTER}/", "/nobody/"))
    try:
        with pytest.raises(LedgerUnavailable, match="cannot be reached"):
            await check(client)
    finally:
        await client.aclose()


async def test_a_ledger_and_its_queue_outlive_their_primary(servers: Guarded, lists: Redis) -> None:
    client = connect(servers.url)
    ledger = RedisLedger(client, "town")
    app = make_app(servers.broker_url, "town")
    queue = CeleryQueue(app, "town")
    try:
        assert (await check(client)).warnings == ()
        assert await ledger.once("asked", "first") == "first"
        queue.produce(["before@2026-11-16T09:00:00Z"])
        servers.primary.kill()
        servers.primary.wait()
        with pytest.raises(LedgerUnavailable, match="cannot be reached"):
            await ledger.once("asked", "second")
        with pytest.raises(LedgerUnavailable, match="the broker took no message"):
            queue.produce(["between@2026-11-16T09:00:00Z"])
        await asyncio.to_thread(servers.fail_over)
        assert await ledger.once("asked", "third") == "first"
        queue.produce(["after@2026-11-16T09:00:00Z"])
        assert await lists.llen("town.fetch") == 2
    finally:
        app.close()
        await client.aclose()


@pytest.mark.slow
def test_a_clock_and_a_worker_go_on_where_another_server_took_over(tmp_path: Path) -> None:
    with guarded(tmp_path) as servers, site(tmp_path, servers.url, servers.broker_url, {}) as where:
        where.start("clock")
        where.start("worker")
        before = where.delivered(where.trigger())
        servers.fail_over()
        after = where.delivered(where.trigger())
        assert where.run(str(before.key)) == before
        assert after.key.slot > before.key.slot
