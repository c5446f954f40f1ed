"""Another try for deliveries that did not arrive. A person requests it after correcting the cause."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState, plain_id
from worker.domain.reason import Reason
from worker.domain.run import Run
from worker.domain.subscription import live_records
from worker.flow.deployed import schedule_of
from worker.flow.run.named import NamedReaders, named_readers
from worker.flow.run.produce import expiry
from worker.flow.run.readers import ALSO, entries, entry_of, is_also, is_notice, subjects
from worker.flow.uses import (
    UsesClock,
    UsesConnectors,
    UsesDeliveries,
    UsesDeployments,
    UsesLookups,
    UsesQueue,
    UsesSubscriptions,
    UsesTriggers,
)


class NamedUses(UsesClock, UsesConnectors, UsesDeployments, UsesSubscriptions, Protocol): ...


class RetryUses(NamedUses, UsesDeliveries, UsesLookups, UsesQueue, UsesTriggers, Protocol): ...


@dataclass(frozen=True, slots=True)
class Retried:
    """`again`: the deliveries that are queued. `left_out`: deliveries that are not, because it is not known whether
    their readers want them, each with the reason.
    """

    again: tuple[DeliveryKey, ...] = ()
    left_out: Mapping[DeliveryKey, Reason] = field(default_factory=dict)


async def retry(uses: RetryUses, run: Run) -> Retried:
    """The run's deliveries that were refused, failed or expired become pending again and are published. Readers that
    the current deployment no longer names are left out, because it is no longer known whether they had unsubscribed. A
    suspended address or channel is used again, but not the address of a copy: the correction was made for what stopped
    the readers. What was sent is never sent again. The run keeps its closed state until the last of these deliveries is
    settled, and then gets the state that follows from all.
    """
    bundle, schedule = await schedule_of(uses.deployments, run.bundle, run.key.schedule)
    fallen = [row for row in await uses.lookups.deliveries(run.key) if fell_short(row)]
    left_out = await _left_out(uses, run, fallen) if fallen else {}
    failed = [row for row in fallen if row.key not in left_out]
    if not failed:
        return Retried((), left_out)
    stopped, known = set(), entries(schedule)
    for row in failed:
        entry = entry_of(uses.connectors, bundle, known, row.key.reader)
        if entry is not None:
            stopped |= set(subjects(entry, row.key.address))
    await uses.deliveries.lift(sorted(stopped))
    until = expiry(uses.triggers, schedule, await uses.clock.now())
    keys = await uses.deliveries.retry(run.key, {row.key.reader: until for row in failed})
    await uses.queue.deliver(keys)
    return Retried(keys, left_out)


async def _left_out(uses: NamedUses, run: Run, rows: Iterable[Delivery]) -> Mapping[DeliveryKey, Reason]:
    """Readers that neither the last definition of the schedule nor a subscription added at run time names, under the
    present id or another. If the schedule is gone, the choices of its last readers are kept until it comes back; a
    reader who was removed before that is not known any more. Notices to the operator are never left out, because nobody
    can stop them.
    """
    schedule = await uses.subscriptions.current(run.key.schedule)
    named = await named_readers(uses.deployments, schedule)
    subscribed = await _subscribed(uses, schedule, named) if named is not None else frozenset()
    ids = await uses.subscriptions.continued(schedule)
    left_out = dict[DeliveryKey, Reason]()
    for row in rows:
        reader = plain_id(row.key.reader.removeprefix(ALSO))
        reader = ids.get(reader, reader)
        known = reader in subscribed or (named is not None and named.names(uses.connectors, reader))
        if not known and (is_also(row.key.reader) or not is_notice(row.key.reader)):
            left_out[row.key] = Reason.NOT_NAMED
    return left_out


async def _subscribed(uses: NamedUses, schedule: str, named: NamedReaders) -> frozenset[str]:
    """Readers by subscriptions made at run time. Those of a schedule that is gone ended with it."""
    records, now = await uses.subscriptions.records(schedule), await uses.clock.now()
    deployed = await uses.deployments.deployed()
    gone = deployed is None or schedule not in await uses.deployments.timings(deployed.bundle)
    live = [replace(one, ended_at=None) for one in records] if gone else records
    return frozenset(one.id for one in live_records(live, named.bundle, named.bundle.schedules[schedule], now))


def fell_short(row: Delivery) -> bool:
    expired = row.state is DeliveryState.SKIPPED and row.reason is Reason.EXPIRED
    return row.state in {DeliveryState.REFUSED, DeliveryState.FAILED} or expired
