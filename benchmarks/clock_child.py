"""A clock in its own process: the time until its first tick, its memory then, and the cost of an idle tick."""

import asyncio
import sys
import time
from pathlib import Path

from benchmarks.definitions import PROJECT
from benchmarks.ground import memory_mb, quantiles_ms, say
from worker.adapters.event_log import configure
from worker.clock_app import open_clock
from worker.entry import clock_command
from worker.flow.run.tick import tick
from worker.settings import Settings


def since_birth() -> float:
    """Seconds since this process began. Field 22 of /proc/self/stat is in clock ticks since boot, proc(5)."""
    born = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]) / 100
    return float(Path("/proc/uptime").read_text().split()[0]) - born


async def measure(redis_url: str, broker_url: str, ticks: int) -> None:
    configure("warning")
    base = memory_mb()
    began = time.perf_counter()
    assert clock_command.COMMANDS  # a clock is the whole command, with what that imports
    async with open_clock(Settings(redis_url=redis_url, broker_url=broker_url), PROJECT) as services:
        await tick(services)
        loaded, ready, cpu = time.perf_counter() - began, since_birth(), time.process_time()
        taken = []
        for _ in range(ticks):
            began = time.perf_counter()
            await tick(services)
            taken.append(time.perf_counter() - began)
        say(
            {
                "base_mb": base,
                "mb": memory_mb(),
                "loaded": loaded,
                "ready": ready,
                "cpu": cpu,
                "idle": quantiles_ms(taken),
            }
        )


if __name__ == "__main__":
    asyncio.run(measure(sys.argv[1], sys.argv[2], int(sys.argv[3])))
