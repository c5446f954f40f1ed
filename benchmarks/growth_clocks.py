"""Clocks over very many deployed schedules: memory, start, idle ticks, and a minute in which a tenth is due.

The largest figure is of several projects on one Redis, each with its clock: one project is one value in Redis, which
takes 512 MB (https://redis.io/docs/latest/develop/data-types/strings/).
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import redis
from redis.asyncio import Redis

from benchmarks.definitions import bundle
from benchmarks.ground import Child, Ground, child, redis_ground
from benchmarks.measure import Progress
from benchmarks.redis_use import look
from worker.adapters.bundle_codec import encode
from worker.adapters.redis_store.ledger import RedisLedger
from worker.adapters.triggers import ApTriggers
from worker.domain.schedule import Bundle, Schedule, Trigger
from worker.domain.time.epoch import to_ms

BUSY = 10
"""A tenth of the schedules is due in the busy minute."""

PATIENCE = 600.0
"""Seconds to wait for Redis."""

MB = 2**20


@dataclass(frozen=True, slots=True)
class Fleet:
    """`projects` of so many `schedules` each, with a clock for each project."""

    projects: int
    schedules: int


def measured(fleet: Fleet, ticks: int, progress: Progress) -> dict[str, Any]:
    """One point of the curve. `ticks`: idle ticks of each clock."""
    names = [f"project-{number:02d}" for number in range(fleet.projects)]
    with redis_ground() as ground, redis.Redis.from_url(ground.ledger) as client, ExitStack() as stack:
        empty = look(client)
        made, seconds = _bundle(fleet.schedules), 0.0
        firsts, size = _firsts(made), len(encode(made))
        for name in names:
            progress(f"growth: deploying {fleet.schedules:,} schedules of {name}")
            seconds += asyncio.run(_deploy(ground, replace(made, project=name), firsts))
        stored = look(client).since(empty)
        clocks: list[Child] = []
        for name in names:
            progress(f"growth: starting the clock of {name}")
            clocks.append(stack.enter_context(child("growth_child", ground.ledger, ground.broker, name)))
        started = [clock.ready for clock in clocks]
        idle = _told(clocks, f"idle {ticks}")
        busy = _busy_minute(ground, client, names, clocks, fleet, progress)
    return {
        "schedules": fleet.projects * fleet.schedules,
        "projects": fleet.projects,
        "bundle_mb": size / MB,
        "bundle_bytes_each": size / fleet.schedules,
        "deploy_s": seconds / fleet.projects,
        "redis_mb": stored.memory / MB,
        "redis_bytes_each": stored.memory / (fleet.projects * fleet.schedules),
        "clock_mb": sum(one["mb"] for one in started),
        "clock_base_mb": sum(one["base_mb"] for one in started) / fleet.projects,
        "start_s": max(one["start"] for one in started),
        "start_cpu_s": max(one["cpu"] for one in started),
        "idle_p50_ms": sum(one["p50"] for one in idle) / fleet.projects,
        "idle_p99_ms": max(one["p99"] for one in idle),
        "idle_cpu_ms": sum(one["cpu"] for one in idle) / fleet.projects,
        "busy": busy,
    }


def _busy_minute(
    ground: Ground, client: redis.Redis, names: list[str], clocks: list[Child], fleet: Fleet, progress: Progress
) -> dict[str, Any]:
    """A tenth of the schedules of each project becomes due at once. All clocks claim and publish at the same time."""
    count = max(1, fleet.schedules // BUSY)
    now = to_ms(datetime.now(UTC)) - 1000
    for name in names:
        chosen: Any = client.zrange(f"{name}:due", 0, count - 1)
        client.zadd(f"{name}:due", dict.fromkeys(chosen, now))
    before = look(client)
    progress(f"growth: {count * len(names):,} slots are due")
    told = _told(clocks, "busy")
    slots = sum(one["slots"] for one in told)
    assert slots >= count * len(names), f"{slots} of {count * len(names)} slots were claimed"
    with redis.Redis.from_url(ground.queues) as queues:
        for name in names:
            queues.delete(f"{name}.fetch")
    seconds = max(one["seconds"] for one in told)
    return {
        "slots": slots,
        "seconds": seconds,
        "rate": slots / seconds,
        "clock_cpu_us": sum(one["cpu"] for one in told) / slots * 1e6,
        "clock_mb": sum(one["mb"] for one in told),
        "redis": look(client).since(before).each(slots),
    }


def _told(clocks: list[Child], words: str) -> list[Any]:
    for clock in clocks:
        clock.tell(words)
    return [clock.answer() for clock in clocks]


def _bundle(count: int) -> Bundle:
    made, now = bundle(count), datetime.now(UTC)
    return replace(made, schedules={name: _later(one, i, now) for i, (name, one) in enumerate(made.schedules.items())})


def _firsts(made: Bundle) -> dict[str, datetime | None]:
    now, triggers = datetime.now(UTC), ApTriggers()
    return {name: triggers.next(one.trigger, now) for name, one in made.schedules.items()}


async def _deploy(ground: Ground, made: Bundle, firsts: Mapping[str, datetime | None]) -> float:
    """Seconds of the activation. The product waits ten seconds for Redis, and a machine with other work needs more."""
    client = Redis.from_url(ground.ledger, protocol=2, socket_timeout=PATIENCE)
    try:
        began = time.perf_counter()
        await RedisLedger(client, made.project).deployments.activate(made, firsts, ())
        return time.perf_counter() - began
    finally:
        await client.aclose()


def _later(one: Schedule, number: int, now: datetime) -> Schedule:
    """Daily at one of 1,080 minutes, of which the first is two hours away, so that ticks are idle."""
    minute, hour = number % 60, (now.hour + 3 + number // 60 % 18) % 24
    return replace(one, trigger=Trigger("cron", "UTC", expression=f"{minute} {hour} * * *"))
