"""Stories on a real Redis and a real sandbox, in one process, with three readers and short waits."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.in_process import SCHEDULE, InProcessRun, in_process_run
from tests.support.installation import SHORT as SHORTER
from worker.adapters.redis_server import EmbeddedRedis

SHORT = replace(SHORTER, delivery_lease=60.0)
"""A receiver on a busy machine is slow, and is not given up for that."""

THREE = SCHEDULE.replace("digest: {bridge: deals}", "digest: {bridge: deals, attach: [deals]}") + (
    "  - {id: boss, channel: mail, address: boss@acme.example}\n  - {id: room, channel: chat, address: C0123456789}\n"
)


@pytest.fixture
async def three(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[InProcessRun]:
    """A schedule `week` read by two mail addresses and a room that gets a file, deployed; a step taken."""
    async with in_process_run(empty_redis.url, tmp_path / "project", SHORT) as story:
        await story.deploy(THREE)
        yield story


@pytest.fixture
async def week(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[InProcessRun]:
    """The same schedule with one reader."""
    async with in_process_run(empty_redis.url, tmp_path / "project", SHORT) as story:
        yield story
