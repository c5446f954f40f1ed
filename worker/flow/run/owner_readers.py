"""Who reads an entry with `each`: the owners of a run's rows, and those who had rows when they were last sent some."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from worker.domain.delivery import Baseline, Reader
from worker.domain.schedule import Bundle, Each, Schedule, Subscription
from worker.domain.snapshot.snapshot import Snapshot
from worker.flow.run.conditions import Holds, condition_of, holds_of
from worker.flow.run.owners import Owner, OwnerAddresses, emails, owners
from worker.flow.run.reader_digests import UsesDigests
from worker.flow.uses import UsesConnectors, UsesRuns, UsesSnapshots
from worker.ports import RunLedger

Past = Mapping[Reader, Mapping[str, Baseline]]
"""What readers were last sent, by reader and query."""


class OwnerUses(UsesConnectors, UsesDigests, UsesSnapshots, Protocol): ...


class InUseUses(OwnerUses, UsesRuns, Protocol): ...


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry with `each`, in its schedule."""

    bundle: Bundle
    schedule: Schedule
    entry: Subscription
    holds: Holds | None


async def past_of_each(runs: RunLedger, schedule: Schedule) -> Past:
    """What was sent to readers whom no definition names: those of entries with `each`."""
    found = await asyncio.gather(*(runs.baselines_of(schedule.id, entry.id) for entry in schedule.to if entry.each))
    return {reader: baselines for of_entry in found for reader, baselines in of_entry.items()}


async def in_use(uses: InUseUses, bundle: Bundle, schedule: Schedule, past: Past) -> Past:
    """The part of `past` that a run has to explain: that of readers who had rows. A reader without rows misses none.
    Without this, the last digest of someone who left long ago would make every run look up all that was closed since.
    """
    if not past:
        return {}
    newest = {}
    for item in schedule.report:
        chain = await uses.runs.chain(schedule.id, item.id, None)
        stored = await uses.snapshots.load(chain[0]) if chain else None
        if stored is not None:
            newest[item.id] = stored
    found: dict[Reader, Mapping[str, Baseline]] = {}
    for one in _entries(uses, bundle, schedule):
        known = {reader: baselines for reader, baselines in past.items() if reader.entry == one.entry.id}
        had = await _had_rows(uses, one, newest, known)
        found |= {reader: baselines for reader, baselines in known.items() if reader.address in had}
    return found


async def owner_readers(
    uses: OwnerUses, bundle: Bundle, schedule: Schedule, answers: Mapping[str, Snapshot], past: Past
) -> tuple[Reader, ...]:
    """The readers of every entry with `each`: whose rows are listed now, or were when they were last sent something.
    `past`: what readers were sent. An owner without an address is a reader too, under the owner's id, so that the run
    says that there was nowhere to send the digest.
    """
    found = list[Reader]()
    for one in _entries(uses, bundle, schedule):
        addresses = OwnerAddresses(uses.connectors, bundle, one.entry, emails(schedule, answers, {}))
        listed = owners(schedule, answers, one.holds)
        names = {address for owner in listed for address in addresses.of(owner)}
        names |= {owner[1] for owner in listed if owner[1] is not None and _nowhere(addresses, owner)}
        known = {reader: baselines for reader, baselines in past.items() if reader.entry == one.entry.id}
        names |= await _had_rows(uses, one, answers, known)
        found += [Reader(schedule.id, one.entry.id, name) for name in sorted(names)]
    return tuple(found)


def _entries(uses: OwnerUses, bundle: Bundle, schedule: Schedule) -> list[_Entry]:
    return [_Entry(bundle, schedule, entry, holds_of_entry(uses, entry)) for entry in schedule.to if entry.each]


def holds_of_entry(uses: UsesDigests, entry: Subscription) -> Holds | None:
    return holds_of(condition_of(uses.digests.expressions, entry.rows) if entry.rows else None)


async def _had_rows(uses: OwnerUses, one: _Entry, now: Mapping[str, Snapshot], known: Past) -> set[str]:
    """Addresses of readers who had rows in the answers that they were last sent. Readers with the same past are many,
    so each past is read once.
    """
    had: dict[frozenset[tuple[str, str]], frozenset[str]] = {}
    found = set()
    for reader, baselines in known.items():
        sent = frozenset((query, baseline.snapshot) for query, baseline in baselines.items())
        if sent not in had:
            had[sent] = _addresses(uses, one, now, await compared(uses, one.schedule, now, dict(sent)))
        if reader.address in had[sent]:
            found.add(reader.address)
    return found


async def compared(
    uses: UsesSnapshots, schedule: Schedule, now: Mapping[str, Snapshot], sent: Mapping[str, str]
) -> Mapping[str, Snapshot]:
    """The answers to what is still asked, and asked in the same way."""
    found = {}
    for item in schedule.report:
        stored = await uses.snapshots.load(sent[item.id]) if item.id in sent else None
        if stored is not None and (item.id not in now or now[item.id].fingerprint == stored.fingerprint):
            found[item.id] = stored
    return found


def _addresses(
    uses: OwnerUses, one: _Entry, now: Mapping[str, Snapshot], earlier: Mapping[str, Snapshot]
) -> frozenset[str]:
    addresses = OwnerAddresses(uses.connectors, one.bundle, one.entry, emails(one.schedule, now, earlier))
    listed = owners(one.schedule, earlier, one.holds)
    return frozenset(address for owner in listed for address in addresses.of(owner))


def _nowhere(addresses: OwnerAddresses, owner: Owner) -> bool:
    """In a roll-up for managers, an owner without a named manager does not count as missing."""
    return addresses.entry.each is Each.OWNER and addresses.address(owner) is None
