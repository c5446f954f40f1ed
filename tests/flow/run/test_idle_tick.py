"""What a tick costs when nothing is due."""

from pathlib import Path

from redis import Redis

from tests.support.in_process import in_process_run
from worker.adapters.redis_server import EmbeddedRedis
from worker.flow.run.tick import tick

TICKS = 20


def reads(client: Redis) -> int:
    """How often this Redis read from a connection: once for each round trip (https://redis.io/commands/info/)."""
    return int(client.info("stats")["total_reads_processed"])


async def test_an_idle_tick_takes_one_round_trip(empty_redis: EmbeddedRedis, tmp_path: Path) -> None:
    async with in_process_run(empty_redis.url, tmp_path / "project") as story:
        with Redis.from_url(empty_redis.url) as watching:
            await tick(story.services)
            before = reads(watching)
            for _ in range(TICKS):
                await tick(story.services)
            asked = reads(watching) - before - 1  # the question itself
    assert asked == TICKS
