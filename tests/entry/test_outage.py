"""A clock and a worker tell of an outage of Redis once, and once that it is over."""

from pathlib import Path
from typing import cast

import pytest
from structlog.testing import capture_logs

from tests.support.fakes import Deployed, bundle_with, uses
from worker.entry import clock
from worker.entry.event_forwarding import EventForwarding
from worker.entry.heartbeat import HeartbeatWriter
from worker.entry.heartbeat_url import HeartbeatCalls
from worker.entry.outage import Outage
from worker.errors import LedgerUnavailable
from worker.flow.run.tick import Ticked
from worker.flow.services import Services
from worker.outgoing import OutgoingHttp

DEPLOYED = cast(Services, uses(deployments=Deployed(bundle_with())))
REQUESTS = OutgoingHttp(Path())
NOTHING = clock.BesideTicks(HeartbeatCalls(REQUESTS), EventForwarding(DEPLOYED, REQUESTS))
"""No `heartbeat_url` and no webhook is deployed."""


class Beating:
    def __init__(self, *wrote: bool) -> None:
        self.wrote = list(wrote)

    async def beat(self) -> bool:
        """Redis takes every sign of life, where it is time for one."""
        return self.wrote.pop(0) if self.wrote else True


async def test_an_outage_is_told_once_and_its_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [False, False, False, True, True, False, True]

    async def tick(_services: Services) -> Ticked:
        if answers.pop(0):
            return Ticked((), 0, more=False)
        raise LedgerUnavailable("Redis cannot be reached")

    monkeypatch.setattr(clock, "tick", tick)
    outage = Outage()
    with capture_logs() as logs:
        while answers:
            await clock.tick_once(DEPLOYED, cast(HeartbeatWriter, Beating()), outage, NOTHING)
    assert [line["event"] for line in logs] == ["ledger_unavailable", "ledger_back"] * 2


async def test_a_tick_that_wrote_nothing_does_not_show_that_redis_takes_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each tick without something due was the end of an outage, and the next one the beginning of another."""
    answers = [False, True, True, False, True]

    async def tick(_services: Services) -> Ticked:
        if answers.pop(0):
            return Ticked((), 0, more=False)
        raise LedgerUnavailable("Redis cannot write to its disk")

    monkeypatch.setattr(clock, "tick", tick)
    outage, heartbeat = Outage(), Beating(False, False, True)
    with capture_logs() as logs:
        while answers:
            await clock.tick_once(DEPLOYED, cast(HeartbeatWriter, heartbeat), outage, NOTHING)
    assert [line["event"] for line in logs] == ["ledger_unavailable", "ledger_back"]


def test_a_clock_says_once_that_nothing_is_deployed() -> None:
    outage = Outage()
    with capture_logs() as logs:
        for nothing in (True, True, False, True):
            outage.empty(nothing)
    assert [line["event"] for line in logs] == ["nothing_deployed"] * 2
    assert "was Redis emptied?" in logs[0]["sentence"]
