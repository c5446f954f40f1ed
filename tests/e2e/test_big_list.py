"""Twelve thousand opportunities at 50 ms a page and 20 requests a second: fetched, compared, sent, in little memory."""

import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.installation import Installation, installation
from worker.domain.run import Run, RunKey, RunState
from worker.flow.operate.on_demand import request
from worker.flow.services import Services
from worker.sandbox.limits import Dialect
from worker.sandbox.pipeline import PipelineSimulation
from worker.sandbox.server import Sandbox

pytestmark = pytest.mark.alone

DEALS = 12_000
REQUESTS_A_SECOND = 20
MEMORY = 250 * 1024
"""KiB: the most that one worker child may ever have held."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    pipeline = PipelineSimulation.big(DEALS, now=datetime.now(UTC))
    with installation(tmp_path_factory.mktemp("big"), pipeline) as everything:
        everything.box.call(_slow)
        yield everything


def _slow(box: Sandbox) -> None:
    box.front.latency = 0.05
    box.close.limit.set(REQUESTS_A_SECOND, 1, Dialect.DOCUMENTED)


def run(here: Installation) -> tuple[Run, list[tuple[float, float, int]]]:
    """A run through the worker, and when its requests to Close began and ended, with their status."""
    here.box.call(lambda box: box.log.clear())

    async def ask(services: Services) -> RunKey:
        key = await request(services, "asked", None, None)
        await services.queue.produce([key], on_demand=True)
        return key

    key = here.ask(ask, queue=True)
    done = here.until(lambda: here.closed(key))
    served = here.box.call(lambda box: [s for s in box.log if "/close/" in s.route])
    return done, [(s.started.timestamp(), s.ended.timestamp(), s.status) for s in served]


def peak(pid: int) -> int:
    """The most memory that a process has held, in KiB (proc(5), VmHWM)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1])


def test_a_big_list_is_fetched_within_the_limit_compared_and_sent(
    here: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    first, _ = run(here)
    here.box.call(lambda box: box.pipeline.step(box.now()))
    second, requests = run(here)
    assert [first.state, second.state] == [RunState.DELIVERED] * 2
    assert not second.gaps
    elapsed = max(end for _, end, _ in requests) - min(start for start, _, _ in requests)
    assert [status for _, _, status in requests if status == 429] == []
    assert elapsed <= 1.5 * len(requests) / REQUESTS_A_SECOND
    assert second.executed_by_pid is not None
    held = peak(second.executed_by_pid)
    with capsys.disabled():
        told = {"requests": len(requests), "seconds": round(elapsed, 1), "peak_mib": held // 1024}
        sys.stdout.write(f" {json.dumps(told)} ")
    assert held < MEMORY
