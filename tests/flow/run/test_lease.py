"""A run whose lease is renewed all the time, so that a renewal falls between any two of its steps."""

from dataclasses import replace
from pathlib import Path

from tests.support.in_process import in_process_run
from tests.support.installation import SHORT
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.run import RunState

OFTEN = replace(SHORT, run_lease=30.0, heartbeat=0.0005)
RUNS = 12


async def test_no_renewal_takes_a_run_from_the_attempt_that_hands_it_over(
    empty_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    """A renewal that came just after the hand-over called the claim lost, so the deliveries waited for the sweep."""
    async with in_process_run(empty_redis.url, tmp_path / "project", OFTEN) as story:
        ended = []
        for _ in range(RUNS):
            story.step()
            ended.append((await story.run())[0].state)
    assert ended == [RunState.DELIVERED] * RUNS
