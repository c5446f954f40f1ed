"""Who the owners of a run's rows are, where each is reached, and so who reads an entry with `each`."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from worker.domain.delivery import Baseline, Reader
from worker.domain.schedule import Bundle, Each, Schedule, Subscription
from worker.domain.snapshot.audience import OWNER
from worker.domain.snapshot.snapshot import Snapshot
from worker.flow.uses import UsesConnectors, UsesSnapshots
from worker.ports import Connectors, RunLedger


@dataclass(frozen=True, slots=True)
class OwnerAddresses:
    """Where the rows of each owner go. `emails`: what the services say, by owner; the project's `people` go first."""

    connectors: Connectors
    bundle: Bundle
    entry: Subscription
    emails: Mapping[str, str]
    _known: dict[str | None, frozenset[str]] = field(default_factory=dict)

    def of(self, owner: str | None) -> frozenset[str]:
        """The addresses of the readers who see this owner's rows: one for `owner`, every manager above him for
        `manager`. Where there is none: `unassigned`, or nobody.
        """
        if owner not in self._known:
            found = self._managers(owner) if self.entry.each is Each.MANAGER else {self.address(owner)}
            sound = frozenset(address for address in found if address is not None)
            beside = {self.entry.unassigned} if self.entry.unassigned else set[str]()
            self._known[owner] = sound or frozenset(beside)
        return self._known[owner]

    def address(self, owner: str | None) -> str | None:
        """Of one person, through the entry's channel."""
        if owner is None:
            return None
        person = self.bundle.people.get(owner)
        written = dict(person.addresses) if person is not None else {}
        channel = self.entry.channel
        texts = [text for text in (written.pop(channel, None), *written.values(), self.emails.get(owner)) if text]
        found = (self.connectors.address(self.bundle, channel, text) for text in texts)
        return next((address for address in found if address is not None), None)

    def _managers(self, owner: str | None) -> set[str | None]:
        """Everybody above, and the owner himself if somebody reports to him. A circle ends where it began."""
        people, seen = self.bundle.people, list[str]()
        at = owner
        while at is not None and at not in seen:
            seen.append(at)
            person = people.get(at)
            at = person.manager if person is not None else None
        manage = {person.manager for person in people.values()}
        return {self.address(one) for one in seen if one in manage}


def emails(answers: Iterable[Snapshot]) -> dict[str, str]:
    """What the answers say of their owners; a later answer goes before an earlier one."""
    return {owner: address for answer in answers for owner, address in answer.addresses}


def owners(answers: Iterable[Snapshot]) -> frozenset[str | None]:
    """Of every listed row; None for rows that nobody owns."""
    return frozenset(owner for answer in answers for owner in _owners(answer))


async def past_of_each(runs: RunLedger, schedule: Schedule) -> Mapping[Reader, Mapping[str, Baseline]]:
    """What was sent to readers whom no definition names, by reader: those of entries with `each`."""
    found = await asyncio.gather(*(runs.baselines_of(schedule.id, entry.id) for entry in schedule.to if entry.each))
    return {reader: baselines for of_entry in found for reader, baselines in of_entry.items()}


class OwnerUses(UsesConnectors, UsesSnapshots, Protocol): ...


async def owner_readers(
    uses: OwnerUses,
    bundle: Bundle,
    schedule: Schedule,
    answers: Iterable[Snapshot],
    past: Mapping[Reader, Mapping[str, Baseline]],
) -> tuple[Reader, ...]:
    """The readers of every entry with `each`: whose rows are listed now, or were when they were last sent something.
    `past`: what readers were sent. An owner without an address is a reader too, under the owner's id, so that the run
    says that there was nowhere to send the digest.
    """
    now, found = list(answers), list[Reader]()
    for entry in schedule.to:
        if entry.each:
            names = _listed(OwnerAddresses(uses.connectors, bundle, entry, emails(now)), now)
            known = {reader: baselines for reader, baselines in past.items() if reader.entry == entry.id}
            names |= await _former(uses, bundle, entry, now, known)
            found += [Reader(schedule.id, entry.id, name) for name in sorted(names)]
    return tuple(found)


def _listed(addresses: OwnerAddresses, now: Sequence[Snapshot]) -> set[str]:
    listed = owners(now)
    return {address for owner in listed for address in addresses.of(owner)} | {
        owner for owner in listed if owner is not None and _nowhere(addresses, owner)
    }


async def _former(
    uses: OwnerUses,
    bundle: Bundle,
    entry: Subscription,
    now: Sequence[Snapshot],
    known: Mapping[Reader, Mapping[str, Baseline]],
) -> set[str]:
    """Those who had rows in the answer that they were last sent. Each answer is read once."""
    had: dict[str, frozenset[str]] = {}
    for snapshot_id in {baseline.snapshot for baselines in known.values() for baseline in baselines.values()}:
        stored = await uses.snapshots.load(snapshot_id)
        past = [stored] if stored is not None else []
        addresses = OwnerAddresses(uses.connectors, bundle, entry, emails([*past, *now]))
        had[snapshot_id] = frozenset(address for owner in owners(past) for address in addresses.of(owner))
    return {
        reader.address
        for reader, baselines in known.items()
        if any(reader.address in had[baseline.snapshot] for baseline in baselines.values())
    }


def _nowhere(addresses: OwnerAddresses, owner: str) -> bool:
    """Of a manager roll-up nobody is missing whose manager is not named."""
    return addresses.entry.each is Each.OWNER and addresses.address(owner) is None


def _owners(answer: Snapshot) -> set[str | None]:
    listed = answer.rows
    place = next((at for at, one in enumerate(listed.columns) if one.name == OWNER), None) if listed else None
    if listed is None or place is None:
        return set()
    return {str(cell) if (cell := row.cells[place]) else None for row in listed.rows}
