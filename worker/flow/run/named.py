"""Whom the definition in force names. A run keeps the definition with which it was claimed. What a reader had said who
is not named any more is forgotten, so that nobody knows whether that reader wants a message.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from worker.domain.schedule import Bundle, Subscription
from worker.domain.subscription import live_records
from worker.flow.deployed import last_definition
from worker.flow.run.copies import copy_readers
from worker.flow.run.readers import entries, entry_of, readers
from worker.flow.uses import UsesClock, UsesConnectors, UsesDeployments, UsesSubscriptions
from worker.ports import Connectors, Deployments


class NamedUses(UsesClock, UsesConnectors, UsesDeployments, UsesSubscriptions, Protocol): ...


@dataclass(frozen=True, slots=True)
class NamedReaders:
    """Of one schedule. `entries`: as `readers.entries`. `ids`: of its readers with an address, and of its copies."""

    bundle: Bundle
    entries: Mapping[str, Subscription]
    ids: frozenset[str]

    def names(self, connectors: Connectors, reader: str) -> bool:
        """Whether a reader's id is named; an entry with `each` names whomever it reaches."""
        return entry_of(connectors, self.bundle, self.entries, reader) is not None


async def named_readers(deployments: Deployments, schedule: str, in_force: str = "") -> NamedReaders | None:
    """By the last definition that there is of a schedule: what its readers said is kept when it is removed. None if no
    deployment that is remembered has it. `in_force`: as in `last_definition`.
    """
    found = await last_definition(deployments, schedule, in_force)
    if found is None:
        return None
    bundle, last = found
    return NamedReaders(bundle, entries(last), frozenset(one.id for one in (*copy_readers(last), *readers(last))))


async def still_named(uses: NamedUses, schedule: str, readers: Iterable[str]) -> frozenset[str]:
    """Those of the readers' ids that the last definition of the schedule or a subscription made at run time names,
    under the present id or another. If the schedule is gone, the choices of its last readers are kept until it comes
    back; a reader who was removed before that is not known any more.
    """
    present = await uses.subscriptions.current(schedule)
    named = await named_readers(uses.deployments, present)
    if named is None:
        return frozenset()
    subscribed, ids = await _subscribed(uses, present, named), await uses.subscriptions.continued(present)
    now_ids = {reader: ids.get(reader, reader) for reader in readers}
    kept = (one for one, now in now_ids.items() if now in subscribed or named.names(uses.connectors, now))
    return frozenset(kept)


async def _subscribed(uses: NamedUses, schedule: str, named: NamedReaders) -> frozenset[str]:
    """Readers by subscriptions made at run time. Those of a schedule that is gone ended with it."""
    records, now = await uses.subscriptions.records(schedule), await uses.clock.now()
    deployed = await uses.deployments.deployed()
    gone = deployed is None or schedule not in await uses.deployments.timings(deployed.bundle)
    live = [replace(one, ended_at=None) for one in records] if gone else records
    return frozenset(one.id for one in live_records(live, named.bundle, named.bundle.schedules[schedule], now))
