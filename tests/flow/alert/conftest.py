"""A watched schedule on a real Redis."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.watched import Watched, watched
from worker.adapters.redis_server import EmbeddedRedis


@pytest.fixture
async def watch(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[Watched]:
    """One rule, one reader."""
    async with watched(empty_redis.url, tmp_path / "project") as here:
        yield here
