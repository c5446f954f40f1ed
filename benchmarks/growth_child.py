"""A clock of one project in its own process: ready after its first tick, then idle ticks and busy ones as it is told.

`idle N`: N ticks, four a second. `busy`: ticks until nothing is due. It prints a line after each.
"""

import asyncio
import sys
import time
from typing import Any

from benchmarks.claim import drain, quiet_log
from benchmarks.clock_child import since_birth
from benchmarks.ground import memory_mb, quantiles_ms, say
from worker.clock_app import ClockServices, open_clock
from worker.entry import clock_command
from worker.flow.deploy.recompute_due import recompute_due
from worker.flow.run.tick import tick
from worker.settings import Settings

PAUSE = 0.25
"""Seconds between two ticks, as `funnelbeat clock` pauses."""


async def serve(redis_url: str, broker_url: str, project: str) -> None:
    assert clock_command.COMMANDS  # a clock is the whole command, with what that imports
    base = memory_mb()
    async with open_clock(Settings(redis_url=redis_url, broker_url=broker_url), project) as services:
        await recompute_due(services)
        await tick(services)
        say({"start": since_birth(), "cpu": time.process_time(), "mb": memory_mb(), "base_mb": base})
        for line in iter(sys.stdin.readline, ""):
            word, *numbers = line.split()
            say(await (_idle(services, int(numbers[0])) if word == "idle" else _busy(services)))


async def _idle(services: ClockServices, ticks: int) -> dict[str, Any]:
    taken, used = [], time.process_time()
    for _ in range(ticks):
        await asyncio.sleep(PAUSE)
        began = time.perf_counter()
        await tick(services)
        taken.append(time.perf_counter() - began)
    return {**quantiles_ms(taken), "cpu": (time.process_time() - used) / ticks * 1000}


async def _busy(services: ClockServices) -> dict[str, Any]:
    began, used = time.perf_counter(), time.process_time()
    claimed = await drain(services)
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    return {"slots": claimed, "seconds": seconds, "cpu": cpu, "mb": memory_mb()}


if __name__ == "__main__":
    with quiet_log():
        asyncio.run(serve(*sys.argv[1:]))
