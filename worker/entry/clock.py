"""The clock process: it calls flow.tick until it is told to stop."""

import asyncio
import random
import signal
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from worker.clock_app import open_clock
from worker.domain.outgoing import Outgoing
from worker.entry.event_forwarding import EventForwarding
from worker.entry.heartbeat import HeartbeatWriter
from worker.entry.heartbeat_url import HeartbeatCalls
from worker.entry.lazy_outgoing import LazyOutgoing
from worker.entry.outage import Outage
from worker.errors import LedgerError, LedgerUnavailable
from worker.flow.deploy.recompute_due import recompute_due
from worker.flow.operate.forward_events import ForwardUses
from worker.flow.run.tick import TickUses, tick
from worker.flow.uses import UsesHeartbeats
from worker.settings import Settings


class ClockUses(TickUses, ForwardUses, UsesHeartbeats, Protocol): ...


@dataclass(frozen=True, slots=True)
class BesideTicks:
    """What a clock does in addition to its ticks. It must not delay a tick."""

    calls: HeartbeatCalls
    forwarding: EventForwarding

    def ticked(self, outgoing: Outgoing) -> None:
        self.calls.ticked(outgoing.heartbeat)
        self.forwarding.ticked(outgoing.webhooks)

    async def end(self) -> None:
        await asyncio.gather(self.calls.end(), self.forwarding.end())


async def run_clock(settings: Settings, project: str, directory: Path) -> None:
    """Runs until SIGTERM or SIGINT. While Redis is not reachable it waits: the slots are found late and are not
    lost.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    async with open_clock(settings, project) as services, aclosing(LazyOutgoing(directory)) as requests:
        heartbeat, outage = HeartbeatWriter(services.heartbeats, "clock"), Outage()
        beside = BesideTicks(HeartbeatCalls(requests), EventForwarding(services, requests))
        due_anew = False
        while not stop.is_set():
            due_anew = due_anew or await _recompute(services, outage)
            await _wait(stop, 0.0 if await tick_once(services, heartbeat, outage, beside) else _pause(settings.tick))
        await beside.end()
        await heartbeat.end()


async def tick_once(services: ClockUses, heartbeat: HeartbeatWriter, outage: Outage, beside: BesideTicks) -> bool:
    """Returns whether more slots are due now. A clock writes its heartbeat only when its tick succeeded."""
    try:
        ticked = await tick(services)
        if await heartbeat.beat():
            # A tick that found nothing due has written nothing, so it does not show that Redis takes writes.
            outage.over()
            deployed = await services.deployments.deployed()
            outage.empty(deployed is None)
            if deployed is not None:
                beside.ticked(await services.deployments.outgoing(deployed.bundle))
    except LedgerUnavailable as error:
        outage.lasts(error)
    except LedgerError as error:
        structlog.get_logger().error("tick_failed", sentence=str(error))
    else:
        return ticked.more
    return False


async def _recompute(services: ClockUses, outage: Outage) -> bool:
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
