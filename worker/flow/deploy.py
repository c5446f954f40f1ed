"""Putting a project's definitions in force: what is added, changed and removed, and when each schedule fires first."""

from dataclasses import dataclass
from datetime import datetime

from worker.domain.delivery import Reader
from worker.domain.schedule import Bundle
from worker.domain.slots import first_slot
from worker.flow.readers import readers
from worker.ports import Deployment, Ledger, Triggers


@dataclass(frozen=True, slots=True)
class Changes:
    """Schedule ids against what is deployed. `firsts`: next slots of the added and of those with another trigger."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    firsts: dict[str, datetime | None]
    dropped: tuple[Reader, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


async def changes(bundle: Bundle, ledger: Ledger, triggers: Triggers) -> Changes:
    """Compare with the deployment in force; nothing is written."""
    deployed = await ledger.deployed()
    old = await ledger.bundle(deployed.bundle) if deployed else None
    before = old.schedules if old else {}
    after = bundle.schedules
    firsts: dict[str, datetime | None] = {}
    now = await ledger.now()
    for name in after:
        if name not in before:
            firsts[name] = first_slot(after[name].trigger, now, triggers.next, None, edited=False)
        elif before[name].trigger != after[name].trigger:
            last = await ledger.last_slot(name)
            firsts[name] = first_slot(after[name].trigger, now, triggers.next, last, edited=True)
    return Changes(
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(n for n in after.keys() & before.keys() if after[n] != before[n])),
        removed=tuple(sorted(before.keys() - after.keys())),
        firsts=firsts,
        dropped=_dropped(old, bundle),
    )


async def deploy(bundle: Bundle, ledger: Ledger, triggers: Triggers) -> tuple[Deployment, Changes]:
    """One atomic step: before it the old definitions are in force, after it the new ones."""
    found = await changes(bundle, ledger, triggers)
    deployment = await ledger.activate(bundle, found.firsts, found.removed, found.dropped)
    return deployment, found


def _dropped(old: Bundle | None, new: Bundle) -> tuple[Reader, ...]:
    """Readers that are no longer named: one who is named again later begins afresh (semantics 5, "re-added")."""
    if old is None:
        return ()
    still = {reader for schedule in new.schedules.values() for reader in readers(schedule)}
    return tuple(r for schedule in old.schedules.values() for r in readers(schedule) if r not in still)
