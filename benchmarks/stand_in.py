"""The sandbox in its own process, so that it does not use the client's processor time.

python -m benchmarks.stand_in DEALS LATENCY prints its address, and ends when its standard input is closed.
"""

import asyncio
import sys
from datetime import UTC, datetime

from benchmarks.ground import say
from worker.sandbox.limits import Dialect
from worker.sandbox.pipeline import PipelineSimulation
from worker.sandbox.server import Sandbox

GENEROUS = 1_000_000
"""Requests per second that the stand-in allows, so that its limit is not measured."""


async def serve(deals: int, latency: float) -> None:
    now = datetime.now(UTC)
    async with Sandbox(pipeline=PipelineSimulation.big(deals, now=now)) as box:
        box.close.limit.set(GENEROUS, 1.0, Dialect.DOCUMENTED)
        box.front.latency = latency
        say(box.describe())
        await asyncio.to_thread(sys.stdin.read)
        say({"refused": box.close.limit.refused})


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
