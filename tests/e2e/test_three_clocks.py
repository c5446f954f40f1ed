"""Three clock processes on one Redis: each slot is one run, each clock gets its share, and one that was stopped for
longer than every lease does no harm when it goes on.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support.installation import PROJECT, SHORT, variables
from tests.support.patience import PATIENCE
from worker.adapters.child_process import tied
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.connection import connect
from worker.adapters.redis_store.ledger import RedisLedger
from worker.domain.missed import MissedRow
from worker.domain.run import Run
from worker.entry.processes import deploy_now
from worker.entry.project_dir import bundle_of, child_environment
from worker.settings import Settings

pytestmark = pytest.mark.alone

SCHEDULES = 40
SECOND = timedelta(seconds=1)
SCHEDULE = """
when: {{every: 1s}}
start: 2026-01-01T00:00:00.{number:03d}Z
report: [{{id: deals, source: close, query: opportunities}}]
to: [{{channel: mail, address: sales@acme.example}}]
"""


@dataclass
class Clocks:
    """Three processes, each with its log. Nobody fetches: runs stay claimed, or give way to newer ones."""

    settings: Settings
    children: list[subprocess.Popen[bytes]]
    logs: list[Path]

    def ledger(self) -> tuple[list[Run], list[MissedRow]]:
        async def look() -> tuple[list[Run], list[MissedRow]]:
            client = connect(self.settings.redis_url)
            lookups = RedisLedger(client, "acme").lookups
            found = list(await lookups.runs(None, 100_000)), list(await lookups.missed(None, 100_000))
            await client.aclose()
            return found

        return asyncio.run(look())

    def claimed(self) -> list[str]:
        """Every claim that a clock told of, in all three logs."""
        lines = [line for log in self.logs for line in log.read_text("utf-8").splitlines() if line.startswith("{")]
        facts = [json.loads(line) for line in lines]
        return [fact["run"] for fact in facts if fact["event"] == "run_claimed"]

    def until(self, count: int, seconds: float = PATIENCE) -> list[Run]:
        """Runs on the ledger, once there are so many and each clock has claimed one."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            runs, _ = self.ledger()
            if len(runs) >= count and len({run.claimed_by_pid for run in runs}) == 3:
                return runs
            time.sleep(0.2)
        raise AssertionError("it did not happen in time")


@pytest.fixture(scope="module")
def clocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clocks]:
    directory = tmp_path_factory.mktemp("clocks")
    place = directory / "project"
    (place / "schedules").mkdir(parents=True)
    (place / "funnelbeat.yaml").write_text(PROJECT, encoding="utf-8")
    for number in range(SCHEDULES):
        text = SCHEDULE.format(number=number * 1000 // SCHEDULES)
        (place / "schedules" / f"s{number:02d}.yaml").write_text(text, encoding="utf-8")
    with EmbeddedRedis(directory / "redis") as redis:
        settings = replace(SHORT, redis_url=redis.url, broker_url=redis.broker_url)
        environment = {**os.environ, **variables(settings), **child_environment(settings, "acme")}
        logs = [directory / f"clock-{number}.log" for number in range(3)]
        children = [_start(place, environment, log) for log in logs]
        deploy_now(bundle_of(place), settings, place)
        yield Clocks(settings, children, logs)
        for child in children:
            child.terminate()
        for child in children:
            child.wait(timeout=PATIENCE)


def _start(place: Path, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "worker.entry", "--project", str(place), "clock"]
    with log.open("ab") as output:
        return subprocess.Popen(tied(command), env=environment, stdout=output, stderr=output, start_new_session=True)


def every_slot_is_accounted_for(runs: list[Run], missed: list[MissedRow]) -> None:
    """Up to a schedule's newest run, each slot is one run or stands in one row; what came later is not looked at."""
    for name in {run.key.schedule for run in runs}:
        slots = [run.key.slot for run in runs if run.key.schedule == name]
        rows = [row for row in missed if row.schedule == name and row.last < max(slots)]
        first = min([*slots, *(row.first for row in rows)])
        assert len(set(slots)) == len(slots)
        assert len(slots) + sum(row.count for row in rows) == (max(slots) - first) // SECOND + 1, name


@pytest.mark.slow
def test_each_slot_is_one_run_and_each_clock_wins_its_share(clocks: Clocks) -> None:
    runs = clocks.until(1)
    started: datetime = max(run.claimed_at for run in runs)  # all three are up
    many = clocks.until(len(runs) + 6 * SCHEDULES)
    won = Counter(run.claimed_by_pid for run in many if run.claimed_at > started)
    assert len(won) == 3
    assert min(won.values()) >= won.total() / 10, won
    told = clocks.claimed()
    assert len(told) == len(set(told))
    every_slot_is_accounted_for(*clocks.ledger())


@pytest.mark.slow
def test_a_clock_that_was_stopped_past_its_leases_claims_nothing_twice(clocks: Clocks) -> None:
    """Stopped often and shortly, to be caught between looking and claiming, then once for long."""
    clocks.until(1)
    child = clocks.children[0]
    for stop in [*[0.12] * 20, 2 * clocks.settings.run_lease]:
        os.kill(child.pid, signal.SIGSTOP)
        time.sleep(stop)
        os.kill(child.pid, signal.SIGCONT)
        time.sleep(0.07)
    others = len(clocks.ledger()[0])
    runs = clocks.until(others + 3 * SCHEDULES)
    woken = max(run.claimed_at for run in runs) - 3 * SECOND
    assert child.poll() is None
    assert len({run.claimed_by_pid for run in runs if run.claimed_at > woken}) == 3, "it takes part again"
    told = clocks.claimed()
    assert len(told) == len(set(told))
    every_slot_is_accounted_for(*clocks.ledger())
