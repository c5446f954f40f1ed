"""A clock and a worker tell of an outage of Redis once, and once that it is over."""

from typing import cast

import pytest
from structlog.testing import capture_logs

from worker.entry import clock
from worker.entry.heartbeat import HeartbeatWriter
from worker.entry.outage import Outage
from worker.errors import LedgerUnavailable
from worker.flow.run.tick import Ticked
from worker.flow.services import Services


class Beating:
    async def beat(self) -> None:
        """Redis takes every sign of life."""


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
            await clock.tick_once(cast(Services, None), cast(HeartbeatWriter, Beating()), outage)
    assert [line["event"] for line in logs] == ["ledger_unavailable", "ledger_back"] * 2


def test_a_clock_says_once_that_nothing_is_deployed() -> None:
    outage = Outage()
    with capture_logs() as logs:
        for nothing in (True, True, False, True):
            outage.empty(nothing)
    assert [line["event"] for line in logs] == ["nothing_deployed"] * 2
    assert "was Redis emptied?" in logs[0]["sentence"]
