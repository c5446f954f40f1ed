"""Helpers of the regression tests: what arrived, and running deliveries to their end."""

import asyncio
import json
from collections import Counter

from tests.support.in_process import InProcessRun
from tests.support.patience import PATIENCE
from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.run import RunKey
from worker.flow.run.deliver import deliver

OPEN = {DeliveryState.PENDING, DeliveryState.DEFERRED, DeliveryState.SENDING, DeliveryState.UNKNOWN}


def mails(story: InProcessRun) -> Counter[str]:
    """By recipient."""
    return Counter(item.meta["to"] for item in story.box.outbox.of("eml"))


def posts(story: InProcessRun) -> Counter[str]:
    """By delivery id."""
    found = [json.loads(item.body) for item in story.box.outbox.of("slack")]
    return Counter(body["metadata"]["event_payload"]["delivery_id"] for body in found)


def row_of(rows: tuple[Delivery, ...], entry: str) -> Delivery:
    return next(row for row in rows if row.key.reader.startswith(f"{entry}|"))


async def to_its_end(story: InProcessRun, run: RunKey, seconds: float = PATIENCE) -> tuple[Delivery, ...]:
    """Tries again whatever is open, as clock and worker would, until all is closed."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        rows = await story.services.lookups.deliveries(run)
        waiting = [row for row in rows if row.state in OPEN and not row.held]
        if not waiting:
            return rows
        assert loop.time() < deadline, waiting
        for row in waiting:
            await deliver(story.services, row.key)
        await asyncio.sleep(0.02)
