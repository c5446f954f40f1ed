"""What one run costs as its list and its readers grow, and what a ledger costs as runs stay in it.

One process does what a worker's child does: it fetches recorded pages, keeps them, compares, renders and sends to a
mail server that accepts everything. The list is the same each time, so that a run keeps no second copy of it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import redis

from benchmarks import owners, rival
from benchmarks.ground import child, redis_ground
from benchmarks.measure import Progress
from benchmarks.redis_use import look
from benchmarks.whole import Place, bundle
from benchmarks.whole import Sizes as WholeSizes
from worker.adapters.celery.queue import KEYS_PER_MESSAGE
from worker.app import open_services
from worker.domain.run import Claim, RunKey
from worker.entry.local_queue import LocalQueue
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.flow.run.tick import tick
from worker.flow.services import Services
from worker.settings import Settings

WARM = 2
"""Runs that are not counted: they load scripts, fill memos and keep the list."""

KB = 1024


@dataclass(frozen=True, slots=True)
class Work:
    """Runs of one list, each `rows` long and to so many `readers`."""

    rows: int
    readers: int


@dataclass(slots=True)
class Worker:
    services: Services
    client: redis.Redis
    bundle_id: str
    schedule: str
    readers: int
    number: int = 0

    async def run(self) -> None:
        """One run on demand, from its request to its last mail."""
        self.number += 1
        now = datetime.now(UTC).replace(microsecond=0)
        key = RunKey(self.schedule, now, "manual", f"{self.number:08x}")
        claim = Claim(key, self.bundle_id, "manual", now + timedelta(hours=1))
        await self.services.clock.request(claim, self.services.pid)
        keys = await produce(self.services, key)
        for start in range(0, len(keys), KEYS_PER_MESSAGE):
            await asyncio.gather(*(deliver(self.services, one) for one in keys[start : start + KEYS_PER_MESSAGE]))
        (newest,) = await self.services.lookups.runs(None, 1)
        assert (len(keys), newest.state) == (self.readers, "delivered"), f"{len(keys)} messages, {newest.state}"


def by_size(works: Sequence[Work], runs: int, progress: Progress) -> list[dict[str, Any]]:
    """A point of the curve for each work: means of so many `runs`."""
    return [asyncio.run(_one(work, runs, progress)) for work in works]


async def _one(work: Work, runs: int, progress: Progress) -> dict[str, Any]:
    progress(f"growth: runs of {work.rows:,} rows to {work.readers:,} readers")
    async with _worker(work) as worker:
        for _ in range(WARM):
            await worker.run()
        before, used = look(worker.client), time.process_time()
        for _ in range(runs):
            await worker.run()
        cpu = time.process_time() - used
        redis_use = look(worker.client).since(before).each(runs)
    return {"rows": work.rows, "readers": work.readers, "cpu_ms": cpu / runs * 1000, "redis": redis_use}


def in_ledger(work: Work, counts: Sequence[int], progress: Progress) -> list[dict[str, Any]]:
    """Memory of Redis and an idle tick, as more and more runs are in the ledger."""
    return asyncio.run(_in_ledger(work, counts, progress))


async def _in_ledger(work: Work, counts: Sequence[int], progress: Progress) -> list[dict[str, Any]]:
    found = []
    async with _worker(work) as worker:
        empty = look(worker.client)
        for count in counts:
            while worker.number < count:
                if worker.number % 50 == 0:
                    progress(f"growth: {worker.number:,} of {counts[-1]:,} runs in the ledger")
                await worker.run()
            kept = look(worker.client).since(empty)
            idle = await _idle(worker.services)
            found.append(
                {"runs": count, "rows": work.rows, "readers": work.readers, "redis_kb": kept.memory / KB, **idle}
            )
    return found


async def _idle(services: Services, ticks: int = 50) -> dict[str, float]:
    """The median, and processor time, in milliseconds."""
    taken, used = [], time.process_time()
    for _ in range(ticks):
        began = time.perf_counter()
        await tick(services)
        taken.append(time.perf_counter() - began)
    return {"idle_ms": sorted(taken)[ticks // 2] * 1000, "idle_cpu_ms": (time.process_time() - used) / ticks * 1000}


@asynccontextmanager
async def _worker(work: Work) -> AsyncIterator[Worker]:
    with ExitStack() as stack:
        ground = stack.enter_context(redis_ground())
        pages = stack.enter_context(child("recorded", str(work.rows))).ready
        port = stack.enter_context(child("sink")).ready
        place = Place(ground, pages["close"], pages["latency"], port, Path.cwd())
        made = bundle(WholeSizes(1, work.rows // rival.PAGE, work.readers, (), 1), place)
        client = stack.enter_context(redis.Redis.from_url(ground.ledger))
        async with open_services(Settings(redis_url=ground.ledger), made.project, queue=LocalQueue()) as services:
            ((schedule, one),) = made.schedules.items()
            fresh = tuple(replace(item, share_for=0) for item in one.report)  # every run fetches
            made = replace(made, schedules={schedule: replace(one, report=fresh)})
            deployment = await services.deployments.activate(made, {schedule: None}, ())
            yield Worker(services, client, deployment.bundle, schedule, work.readers)


def by_owners(rows: int, counts: Sequence[int], rounds: int, progress: Progress) -> list[dict[str, Any]]:
    """Processor time of a digest for each owner, of one digest for all, and of a digest and its mail for each owner."""
    found = []
    for count in counts:
        progress(f"growth: {count} owners of {rows:,} rows")
        made = owners.Digests(rows, count)
        ways = {"each_ms": made.each, "one_ms": made.one, "mails_ms": made.messages}
        taken = {name: min(way() for _ in range(rounds)) for name, way in ways.items()}
        found.append({"rows": rows, "owners": count, **taken})
    return found
