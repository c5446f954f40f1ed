"""What the clock publishes again goes where it was published first."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from tests.support.in_process import InProcessRun
from worker.domain.delivery import DeliveryKey
from worker.domain.run import RunKey
from worker.flow.operate.on_demand import request
from worker.flow.run.tick import tick
from worker.ports import Sweep

SLOT = RunKey.parse("week@2026-11-23T08:00:00Z")


@dataclass
class RecordedQueue:
    """Implements ports.Queue: what was published, by whether somebody waits for it."""

    now: list[RunKey] = field(default_factory=list)
    fetch: list[RunKey] = field(default_factory=list)

    async def produce(self, keys: Sequence[RunKey], *, on_demand: bool = False) -> None:
        (self.now if on_demand else self.fetch).extend(keys)

    async def deliver(self, keys: Sequence[DeliveryKey]) -> None:
        """Not looked at here."""

    async def read_mailboxes(self, channels: Sequence[str]) -> None:
        """Not looked at here."""


async def test_a_run_that_somebody_waits_for_is_published_again_among_those_on_demand(
    week: InProcessRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stood behind every scheduled run that was due."""
    asked = await request(week.services, "week", None, None)

    async def swept(_limit: int) -> Sweep:
        return Sweep((asked, SLOT), ())

    queue = RecordedQueue()
    monkeypatch.setattr(week.services.clock, "sweep", swept)
    await tick(replace(week.services, queue=queue))
    assert (queue.now, queue.fetch) == ([asked], [SLOT])
