"""What becomes of readers whom the definitions in force name and the new ones do not."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from worker.domain.address import comparable
from worker.domain.delivery import Reader
from worker.domain.schedule import Schedule, Subscription
from worker.flow.run.copies import copy_readers
from worker.flow.run.readers import readers


def carried(
    before: Mapping[str, Schedule], after: Mapping[str, Schedule], origins: Mapping[str, str]
) -> dict[Reader, Reader]:
    """Readers whose entry has another id now: under the old id and under the new one. The same channel sends the same
    schedule to the same address, so who unsubscribed, paused or chose something did so for the new id too, and the next
    digest is compared with the last one that was received. An entry with an `id` has another one for each of its
    addresses as soon as it names a second.

    One that cannot be told from another is not carried on: two readers with this channel and address left or came.
    `origins`: ids before, by the ids after.
    """
    pairs: dict[Reader, Reader] = {}
    for name, origin in origins.items():
        old, new = readers(before[origin]), readers(after[name])
        ids = {one.id for one in old} & {one.id for one in new}
        left, came = (
            _by_address((one, entry) for one, entry in side.items() if one.id not in ids) for side in (old, new)
        )
        for where, gone in left.items():
            if len(gone) == 1 and len(came.get(where, ())) == 1:
                pairs[Reader(name, gone[0].entry, gone[0].address)] = came[where][0]
    return pairs


def dropped(
    before: Mapping[str, Schedule], after: Mapping[str, Schedule], origins: Mapping[str, str]
) -> tuple[Reader, ...]:
    """Readers that are no longer named: one that is named again later has no baselines (semantics 5, "re-added"). The
    readers of a removed schedule stay until it comes back, under its own id or under another that names it as
    `previously`.
    """
    gone: list[Reader] = []
    for name, origin in origins.items():
        still = {reader.id for reader in _named(after[name])}
        gone += [Reader(name, r.entry, r.address) for r in _named(before[origin]) if r.id not in still]
    kept = carried(before, after, origins)
    return tuple(one for one in gone if one not in kept)


def _named(schedule: Schedule) -> tuple[Reader, ...]:
    """Who is named by an address: readers, and who gets copies."""
    return (*readers(schedule), *copy_readers(schedule))


def _by_address(found: Iterable[tuple[Reader, Subscription]]) -> dict[tuple[str, str], list[Reader]]:
    """Readers by channel and address."""
    grouped: dict[tuple[str, str], list[Reader]] = defaultdict(list)
    for reader, entry in found:
        grouped[entry.channel, comparable(reader.address)].append(reader)
    return grouped
