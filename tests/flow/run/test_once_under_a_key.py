"""An unclear message to a receiver that takes it once under its key, on the real ledger."""

from dataclasses import replace

import pytest

from tests.support.in_process import InProcessRun
from tests.support.small_channels import UNCLEAR, TakesOnce
from worker.connectors import OpenConnectors
from worker.domain.delivery import DeliveryState
from worker.flow.run.deliver import deliver


async def test_it_is_sent_again_as_often_as_it_takes_and_never_counted_as_a_duplicate(
    week: InProcessRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = TakesOnce(UNCLEAR, parts=1)
    monkeypatch.setattr(OpenConnectors, "channel", lambda *_: channel)
    week.services = replace(week.services, times=replace(week.services.times, backoff=0.0))
    _, [row] = await week.run()
    assert row.state is DeliveryState.UNKNOWN
    assert await deliver(week.services, row.key) is DeliveryState.UNKNOWN
    channel.wrong = None
    assert await deliver(week.services, row.key) is DeliveryState.SENT
    sent = await week.services.lookups.delivery(row.key)
    assert sent is not None
    assert (sent.resent, sent.attempt, channel.sent) == (False, 3, [0])
