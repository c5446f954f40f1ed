"""The clock process: it calls flow.tick until it is told to stop."""

import asyncio
import random
import signal

import structlog

from worker.app import open_services
from worker.entry.heartbeat import HeartbeatWriter
from worker.entry.outage import Outage
from worker.errors import LedgerError, LedgerUnavailable
from worker.flow.deploy.recompute_due import recompute_due
from worker.flow.run.tick import tick
from worker.flow.services import Services
from worker.settings import Settings


async def run_clock(settings: Settings, project: str) -> None:
    """Runs until SIGTERM or SIGINT. While Redis is not reachable it waits: the slots are found late and are not
    lost.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    async with open_services(settings, project) as services:
        heartbeat, outage = HeartbeatWriter(services.heartbeats, "clock"), Outage()
        due_anew = False
        while not stop.is_set():
            due_anew = due_anew or await _recompute(services, outage)
            await _wait(stop, 0.0 if await tick_once(services, heartbeat, outage) else _pause(settings.tick))
        await heartbeat.end()


async def tick_once(services: Services, heartbeat: HeartbeatWriter, outage: Outage) -> bool:
    """Returns whether more slots are due now. A clock writes its heartbeat only when its tick succeeded."""
    try:
        ticked = await tick(services)
        if await heartbeat.beat():
            # A tick that found nothing due has written nothing, so it does not show that Redis takes writes.
            outage.over()
            outage.empty(await services.deployments.deployed() is None)
    except LedgerUnavailable as error:
        outage.lasts(error)
    except LedgerError as error:
        structlog.get_logger().error("tick_failed", sentence=str(error))
    else:
        return ticked.more
    return False


async def _recompute(services: Services, outage: Outage) -> bool:
    """Runs once when a clock starts, because its time zone rules may be newer than those that the ledger was written
    with. Returns whether it succeeded.
    """
    try:
        moved = await recompute_due(services)
    except LedgerUnavailable as error:
        outage.lasts(error)
        return False
    except LedgerError as error:
        structlog.get_logger().warning("not_reckoned_anew", sentence=str(error))
        return False
    if moved:
        structlog.get_logger().info("reckoned_anew", schedules=moved)
    return True


def _pause(tick_length: float) -> float:
    """A random pause, `tick_length` on average. Clocks in step would leave every slot to the clock that is slightly
    ahead.
    """
    return tick_length * random.uniform(0.5, 1.5)  # noqa: S311 - nothing secret hangs on it


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), timeout=seconds)
    except TimeoutError:
        return
