"""Another try for deliveries that did not arrive. A person asks for it after repairing the cause."""

from typing import Protocol

from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState
from worker.domain.reason import Reason
from worker.domain.run import Run
from worker.flow.deployed import schedule_of
from worker.flow.run.produce import expiry
from worker.flow.run.readers import entries, entry_of, subjects
from worker.flow.uses import (
    UsesClock,
    UsesConnectors,
    UsesDeliveries,
    UsesDeployments,
    UsesLookups,
    UsesQueue,
    UsesTriggers,
)


class RetryUses(
    UsesClock, UsesConnectors, UsesDeliveries, UsesDeployments, UsesLookups, UsesQueue, UsesTriggers, Protocol
): ...


async def retry(uses: RetryUses, run: Run) -> tuple[DeliveryKey, ...]:
    """The run's deliveries that were refused, failed or expired are pending again and published. Returns their keys.

    A suspended address or channel is used again, but not that of a copy: the repair was of what stopped the readers.
    What was sent is never sent again. The run keeps its closed state until the last of these deliveries is settled, and
    then gets the state that follows from all.
    """
    bundle, schedule = await schedule_of(uses.deployments, run.bundle, run.key.schedule)
    failed = [row for row in await uses.lookups.deliveries(run.key) if fell_short(row)]
    if not failed:
        return ()
    stopped, known = set(), entries(schedule)
    for row in failed:
        entry = entry_of(uses.connectors, bundle, known, row.key.reader)
        if entry is not None:
            stopped |= set(subjects(entry, row.key.address))
    await uses.deliveries.lift(sorted(stopped))
    until = expiry(uses.triggers, schedule, await uses.clock.now())
    keys = await uses.deliveries.retry(run.key, {row.key.reader: until for row in failed})
    await uses.queue.deliver(keys)
    return keys


def fell_short(row: Delivery) -> bool:
    expired = row.state is DeliveryState.SKIPPED and row.reason is Reason.EXPIRED
    return row.state in {DeliveryState.REFUSED, DeliveryState.FAILED} or expired
