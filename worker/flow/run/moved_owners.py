"""Owners of rows whose address has changed since they were last sent something. Their baselines move to the new
address, and the old address gets nothing more.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from worker.domain.delivery import BaselineMove, Reader
from worker.domain.schedule import Bundle, Each, Schedule, Subscription
from worker.domain.snapshot.snapshot import Snapshot
from worker.flow.run.owner_readers import OwnerUses, Past, compared, holds_of_entry
from worker.flow.run.owners import Owner, OwnerAddresses, emails, owners


async def moved_owners(
    uses: OwnerUses, bundle: Bundle, schedule: Schedule, answers: Mapping[str, Snapshot], past: Past
) -> tuple[BaselineMove, ...]:
    """For entries with `each: owner`. The address is known only for owners who have rows now. If two owners shared one
    address and one of them moves, the other keeps the old address.
    """
    found = list[BaselineMove]()
    for entry in schedule.to:
        if entry.each is not Each.OWNER:
            continue
        now = _now(uses, bundle, schedule, entry, answers)
        known: dict[frozenset[tuple[str, str]], list[Reader]] = defaultdict(list)
        for reader, baselines in past.items():
            if reader.entry == entry.id:
                known[frozenset((query, one.snapshot) for query, one in baselines.items())].append(reader)
        for sent, readers in known.items():
            earlier = await compared(uses, schedule, answers, dict(sent))
            then = _then(uses, bundle, schedule, entry, earlier)
            found += [move for reader in readers for move in _moves(reader, then.get(reader.address, ()), now)]
    return tuple(found)


def _now(
    uses: OwnerUses, bundle: Bundle, schedule: Schedule, entry: Subscription, answers: Mapping[str, Snapshot]
) -> dict[Owner, str]:
    """Where each owner with rows is reached."""
    addresses = OwnerAddresses(uses.connectors, bundle, entry, emails(schedule, answers, {}))
    listed = owners(schedule, answers, holds_of_entry(uses, entry))
    return {owner: address for owner in listed if (address := addresses.address(owner)) is not None}


def _then(
    uses: OwnerUses, bundle: Bundle, schedule: Schedule, entry: Subscription, earlier: Mapping[str, Snapshot]
) -> Mapping[str, list[Owner]]:
    """The owners who had rows then, by the address that the service named then. The `people` of that time is not
    stored.
    """
    told, found = emails(schedule, earlier, {}), defaultdict[str, list[Owner]](list)
    for owner in owners(schedule, earlier, holds_of_entry(uses, entry)):
        address = uses.connectors.address(bundle, entry.channel, told[owner]) if owner in told else None
        if address is not None:
            found[address].append(owner)
    return found


def _moves(old: Reader, had: Iterable[Owner], now: Mapping[Owner, str]) -> list[BaselineMove]:
    """`had`: whose rows the old address was sent."""
    places = [now.get(owner, old.address) for owner in had]
    away = sorted({place for place in places if place != old.address})
    ends = old.address not in places and old.address not in now.values()
    return [BaselineMove(old, Reader(old.schedule, old.entry, place), ends) for place in away]
