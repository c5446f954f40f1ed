"""Another try for deliveries that did not arrive. A person requests it after correcting the cause."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState, plain_id
from worker.domain.reason import Reason
from worker.domain.run import Run
from worker.flow.deployed import schedule_of
from worker.flow.run.named import NamedUses, still_named
from worker.flow.run.produce import expiry
from worker.flow.run.readers import ALSO, entries, entry_of, is_also, is_notice, subjects
from worker.flow.uses import (
    UsesDeliveries,
    UsesLookups,
    UsesQueue,
    UsesTriggers,
)


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
    """Readers that are not named any more. Notices to the operator are never left out, because nobody can stop them."""
    asked = {row.key: plain_id(row.key.reader.removeprefix(ALSO)) for row in rows if _of_reader(row.key.reader)}
    named = await still_named(uses, run.key.schedule, asked.values())
    return {key: Reason.NOT_NAMED for key, reader in asked.items() if reader not in named}


def _of_reader(reader_id: str) -> bool:
    return is_also(reader_id) or not is_notice(reader_id)


def fell_short(row: Delivery) -> bool:
    expired = row.state is DeliveryState.SKIPPED and row.reason is Reason.EXPIRED
    return row.state in {DeliveryState.REFUSED, DeliveryState.FAILED} or expired
