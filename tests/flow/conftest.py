"""Stories on a real Redis and a real sandbox, in one process."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.in_process import InProcessRun, in_process_run
from worker.adapters.redis_server import EmbeddedRedis


@pytest.fixture
async def week(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[InProcessRun]:
    """A schedule `week` with one mail reader, deployed."""
    async with in_process_run(empty_redis.url, tmp_path / "project") as story:
        yield story
