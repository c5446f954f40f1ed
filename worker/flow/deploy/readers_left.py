"""What happens to readers that the deployed definitions name and the new ones do not."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from worker.domain.address import comparable
from worker.domain.delivery import Reader
from worker.domain.schedule import Schedule, Subscription
from worker.flow.run.copies import copy_readers, is_copy
from worker.flow.run.readers import readers


def carried(
    before: Mapping[str, Schedule], after: Mapping[str, Schedule], origins: Mapping[str, str]
) -> dict[Reader, Reader]:
    """Readers whose entry has another id now: under the old id and under the new one. The same channel sends the same
    schedule to the same address, so who unsubscribed, paused or chose something did so for the new id too, and the next
    digest is compared with the last one that was received. An entry with an `id` has another one for each of its
    addresses as soon as it names a second.

    One that cannot be told from another is not carried on: two readers with this channel and address left or came. It
    is the same with copies; a reader who gets copies instead, or the other way round, is carried on as well, so that
    nobody who stopped messages gets other ones. `origins`: ids before, by the ids after.
    """
    return {
        Reader(name, old.entry, old.address): new
        for name, origin in origins.items()
        for old, new in _pairs(before[origin], after[name])
    }


def _pairs(before: Schedule, after: Schedule) -> Iterator[tuple[Reader, Reader]]:
    was, now = _named(before), _named(after)
    ids = {one.id for one in was} & {one.id for one in now}
    left, came = (_by_address((one, entry) for one, entry in side.items() if one.id not in ids) for side in (was, now))
    for where, gone in left.items():
        new = came.get(where, [])
        for olds, news in (*(_alike(gone, new, copies=copies) for copies in (False, True)), (gone, new)):
            if len(olds) == len(news) == 1:
                yield from ((old, news[0]) for old in _ids(olds[0], was[olds[0]]))


def _alike(gone: Sequence[Reader], new: Sequence[Reader], *, copies: bool) -> tuple[list[Reader], list[Reader]]:
    """Of both, the copies or the readers."""
    return [one for one in gone if is_copy(one) is copies], [one for one in new if is_copy(one) is copies]


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
        left = [pair for pair in _named(before[origin]).items() if pair[0].id not in still]
        ids = (one for reader, entry in left for one in _ids(reader, entry) if one.id not in still)
        gone += [Reader(name, one.entry, one.address) for one in ids]
    kept = carried(before, after, origins)
    return tuple(one for one in gone if one not in kept)


def _named(schedule: Schedule) -> dict[Reader, Subscription]:
    """Who is named by an address: readers, and who gets copies."""
    return {**readers(schedule), **copy_readers(schedule)}


def _ids(reader: Reader, entry: Subscription) -> tuple[Reader, ...]:
    """With the id under which an older version kept what stops a copy, unless an owner may have it."""
    if not is_copy(reader) or entry.each:
        return (reader,)
    return reader, replace(reader, entry=entry.id)


def _by_address(found: Iterable[tuple[Reader, Subscription]]) -> dict[tuple[str, str], list[Reader]]:
    """Readers by channel and address."""
    grouped: dict[tuple[str, str], list[Reader]] = defaultdict(list)
    for reader, entry in found:
        grouped[entry.channel, comparable(reader.address)].append(reader)
    return grouped
