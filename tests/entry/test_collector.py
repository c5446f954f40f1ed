"""How often a worker's process looks for cycles."""

import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.adapters.redis_server import EmbeddedRedis
from worker.collector import YOUNGEST
from worker.entry.tasks import Child
from worker.settings import Settings


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.mark.usefixtures("collector")
def test_a_process_that_runs_tasks_looks_for_cycles_rarely(empty_redis: EmbeddedRedis, tmp_path: Path) -> None:
    child = Child(Settings(redis_url=empty_redis.url), "acme", tmp_path)

    async def opened() -> None:
        await child.services()

    asyncio.run(opened())
    assert gc.isenabled()
    assert gc.get_threshold()[0] == YOUNGEST
