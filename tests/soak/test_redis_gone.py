"""Redis killed under a worker that is idle, fetching or acknowledging, and back on the same append-only file."""

import time
from collections.abc import Iterator

import pytest

from tests.soak.counts import counts_of, wait_until_closed
from tests.soak.schedules import rare
from tests.support.installation import Installation, installation
from worker.domain.run import RunKey, RunState
from worker.flow.operate.on_demand import request
from worker.flow.services import Services

pytestmark = pytest.mark.alone

MOMENTS = (rare(0.0), 0.3, rare(0.6), 0.9, rare(1.2))
"""Seconds after four runs were asked for: from before the first is begun to after the last is sent."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(tmp_path_factory.mktemp("gone")) as everything:
        yield everything


def asked_for(here: Installation, count: int) -> list[RunKey]:
    async def ask(services: Services) -> list[RunKey]:
        keys = [await request(services, "asked", None, None) for _ in range(count)]
        for key in keys:
            await services.queue.produce([key], on_demand=True)
        return keys

    return here.ask(ask, queue=True)


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_the_same_worker_works_on_after_redis_was_killed_and_came_back(here: Installation, moment: float) -> None:
    """kombu kept the places of messages that could not be acknowledged, so that the worker asked for nothing more."""
    worker = here.processes.pids("worker")
    keys = asked_for(here, 4)
    time.sleep(moment)
    here.restart_redis()
    wait_until_closed(here, 40.0)
    (later,) = asked_for(here, 1)
    run = here.until(lambda: here.closed(later))
    assert run.state is RunState.DELIVERED
    assert here.processes.pids("worker") == worker, "it had to be begun again"
    mine = [fate for fate in counts_of(here).fates if fate.run.key in keys]
    assert [fate.row.key for fate in mine if fate.lost or fate.silent] == []
