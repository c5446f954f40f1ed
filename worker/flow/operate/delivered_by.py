"""By which entry each delivery of a run goes out, and whether anything still goes there."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from worker.domain.delivery import Delivery, DeliveryKey
from worker.domain.run import Run
from worker.domain.schedule import Subscription
from worker.flow.deployed import schedule_of
from worker.flow.run.readers import entries, entry_of, subjects
from worker.flow.uses import UsesConnectors, UsesDeliveries, UsesDeployments, UsesLookups

EntryOf = Mapping[DeliveryKey, Subscription]


class EntriesUses(UsesConnectors, UsesDeployments, UsesLookups, Protocol): ...


async def delivered_by(uses: EntriesUses, run: Run, rows: Iterable[Delivery]) -> EntryOf:
    """As the run's own deployment and its subscriptions have it; without those that it does not name. Raises
    LedgerError if Redis has lost the deployment.
    """
    bundle, schedule = await schedule_of(uses.deployments, run.bundle, run.key.schedule)
    known = {**await uses.lookups.subscribed(run.key), **entries(schedule)}
    found = {row.key: entry_of(uses.connectors, bundle, known, row.key.reader) for row in rows}
    return {key: entry for key, entry in found.items() if entry is not None}


async def suspended_of(uses: UsesDeliveries, of: EntryOf) -> frozenset[DeliveryKey]:
    """Those whose address or channel gets nothing more now."""
    asked = {key: subjects(entry, key.address) for key, entry in of.items()}
    stopped = await uses.deliveries.suspended(sorted({one for pair in asked.values() for one in pair}))
    return frozenset(key for key, pair in asked.items() if not stopped.keys().isdisjoint(pair))
