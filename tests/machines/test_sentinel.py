"""A Redis behind Sentinel: found, lost, and found again where another server took over."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.machines.guarded_redis import MASTER, Guarded, guarded
from tests.machines.site import site
from worker.adapters.celery.app import make_app
from worker.adapters.celery.queue import CeleryQueue
from worker.adapters.redis_store.connection import check, connect
from worker.adapters.redis_store.ledger import RedisLedger
from worker.domain.run import RunKey
from worker.errors import BrokerUnavailable, LedgerUnavailable

KEY = RunKey.parse("asked@2026-11-16T09:00:00Z")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """The last test of this module kills the primary."""
    with guarded(tmp_path_factory.mktemp("guarded")) as found:
        yield found


async def once(url: str, value: str) -> str:
    """What was first said, as the ledger of a project of its own remembers it."""
    async with aclosing(connect(url)) as client:
        assert (await check(client)).warnings == ()
        return await RedisLedger(client, "apart").clock.once("asked", value)


async def length(url: str) -> int:
    async with aclosing(connect(url)) as client:
        return int(await client.llen("apart.fetch"))


async def test_a_master_that_nobody_knows_is_said_in_a_sentence(servers: Guarded) -> None:
    with pytest.raises(LedgerUnavailable, match="cannot be reached"):
        await once(servers.url.replace(f"/{MASTER}/", "/nobody/"), "first")


@pytest.mark.slow
def test_everything_goes_on_where_another_server_took_over(servers: Guarded, tmp_path: Path) -> None:
    queue = CeleryQueue(make_app(servers.broker_url, "apart"), "apart")
    with site(tmp_path, servers.url, servers.broker_url, {}) as where:
        clock, worker = where.start("clock"), where.start("worker")
        before = where.delivered(where.trigger())
        assert asyncio.run(once(servers.url, "first")) == "first"
        asyncio.run(queue.produce([KEY]))
        servers.kill_primary()
        with pytest.raises(LedgerUnavailable, match="cannot be reached"):
            asyncio.run(once(servers.url, "second"))
        with pytest.raises(BrokerUnavailable, match="the broker took no message"):
            asyncio.run(queue.produce([KEY]))
        servers.wait_for_another()
        assert asyncio.run(once(servers.url, "third")) == "first"
        asyncio.run(queue.produce([KEY]))
        assert asyncio.run(length(servers.broker_url)) == 2
        after = where.delivered(where.trigger())
        assert where.run(before.key) == before
        assert after.key.slot > before.key.slot
        assert (clock.poll(), worker.poll()) == (None, None)
