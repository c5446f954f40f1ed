"""Stories on a real Redis and a real sandbox, in one process."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.story import InProcessRun, story_of
from worker.adapters.redis_server import EmbeddedRedis


@pytest.fixture
async def week(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[InProcessRun]:
    """A schedule `week` with one mail reader, deployed."""
    async with story_of(empty_redis.url, tmp_path / "project") as story:
        yield story
