"""Who gets a copy of a reader's mail, and what happened to each copy. Copies are further recipients of the same
message, so a message that is sent to the reader once is sent to them once.
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from worker.domain.address import same
from worker.domain.delivery import COPY, Delivery, DeliveryKey, DeliveryState, Reader, Receipt, RefusedCopy
from worker.domain.reason import Reason
from worker.domain.schedule import Schedule, Subscription
from worker.domain.subscription import Preference
from worker.flow.facts import emit_all
from worker.flow.run.comparison import ReaderDigest
from worker.flow.run.notices import of_suspended, stopped_ways
from worker.flow.run.readers import subjects
from worker.flow.uses import UsesConnectors, UsesDeliveries, UsesEvents, UsesSubscriptions

LEFT_OUT = {
    Reason.SUSPENDED: "this address is suspended",
    Reason.UNSUBSCRIBED: "this address is unsubscribed",
    Reason.MUTED: "messages to this address are paused",
    Reason.NOT_NAMED: "the definition does not name this address any more",
}
NOBODY: Mapping[int, Reason] = MappingProxyType({})


class CopiesUses(UsesDeliveries, UsesSubscriptions, Protocol): ...


class SuspendUses(UsesConnectors, UsesDeliveries, UsesEvents, Protocol): ...


def copy_reader(schedule: str, entry: Subscription, address: str) -> Reader:
    """A copy, as a pause or an unsubscription names it. A person may get copies and also read the same entry, and can
    stop each separately.
    """
    return Reader(schedule, f"{COPY}{entry.id}", address)


def is_copy(reader: Reader) -> bool:
    return reader.entry.startswith(COPY)


def id_before(copy: Reader) -> str:
    """The id that a copy had in an older version: that of a reader of the entry."""
    return copy.id.removeprefix(COPY)


def stop_of(said: Mapping[str, Preference], reader: Reader) -> Preference | None:
    """What stops a reader or a copy. `said`: preferences by reader's id."""
    own = said.get(reader.id)
    if own is not None or not is_copy(reader):
        return own
    before = said.get(id_before(reader))
    return before if before is not None and before.for_copies else None


def copy_readers(schedule: Schedule) -> dict[Reader, Subscription]:
    """Every address in `cc` of an entry, with the entry."""
    return {copy_reader(schedule.id, entry, one): entry for entry in schedule.entries for one in entry.cc}


def copied(entry: Subscription, row: Delivery) -> tuple[str, ...]:
    """The addresses that the message names. The reader never counts as a copy, not even if the entry has one reader for
    each owner.
    """
    own = row.key.address
    return tuple(one for place, one in enumerate(entry.cc) if place not in row.left_out and not same(one, own))


def kept_entries(chosen: Mapping[Reader, Subscription]) -> dict[Reader, Subscription]:
    """The entries as a run keeps them. Copies are only in the definition, so they are forgotten together with it."""
    return {reader: replace(entry, cc=()) for reader, entry in chosen.items()}


def with_copies(schedule: Schedule, kept: Mapping[str, Subscription]) -> dict[str, Subscription]:
    """`kept`: by reader's id, as `kept_entries` made them."""
    cc = {entry.id: entry.cc for entry in schedule.entries if entry.cc}
    return {reader: replace(entry, cc=cc.get(entry.id, ())) for reader, entry in kept.items()}


async def left_out(
    uses: CopiesUses, digest: ReaderDigest, row: Delivery, now: datetime, named: Collection[str] | None = None
) -> Mapping[int, Reason]:
    """Places in `cc` of addresses that the message does not name, each with the reason. The result of the first try
    stays, because another list would be another message under the same identity. `named`: ids of the copies and readers
    that the deployed definition names; None if nobody asks.
    """
    return row.left_out if row.date is not None else await _stopped(uses, digest, now, named)


async def withheld(
    uses: CopiesUses, digest: ReaderDigest, row: Delivery, now: datetime, named: Collection[str] | None = None
) -> Mapping[int, Reason]:
    """Places in `cc` of addresses that the message has named since the first try, but to which this try does not send
    it. `named`: as above.
    """
    found = await _stopped(uses, digest, now, named) if row.date is not None else {}
    return {place: reason for place, reason in found.items() if place not in row.left_out}


async def _stopped(
    uses: CopiesUses, digest: ReaderDigest, now: datetime, named: Collection[str] | None
) -> Mapping[int, Reason]:
    """By place, what stops the copies now. The run may be older than the deployed definition: a stop under the present
    id of an address counts, and an address that is no longer named gets nothing, because its choices are forgotten.
    """
    entry, schedule = digest.entry, digest.schedule.id
    copies = {
        place: copy_reader(schedule, entry, one)
        for place, one in enumerate(entry.cc)
        if not same(one, digest.reader.address)
    }
    if not copies:
        return {}
    dead = {place: subjects(entry, one.address)[1] for place, one in copies.items()}
    ids = [name for one in copies.values() for name in (one.id, id_before(one))]
    # The deliveries of a message of the queue ask at the same time, and all of it goes in one round trip.
    said, suspended = await asyncio.gather(
        uses.subscriptions.said_of(schedule, ids), uses.deliveries.suspended(sorted(dead.values()))
    )
    stops = {place: stop_of(said.preferences, one) or said.of_now(one.id) for place, one in copies.items()}
    chosen = {place: why for place, one in stops.items() if one is not None and (why := one.reason(now)) is not None}
    left = [place for place, one in copies.items() if named is not None and said.now_id(one.id) not in named]
    stopped = {place: Reason.SUSPENDED for place, subject in dead.items() if subject in suspended}
    return dict.fromkeys(left, Reason.NOT_NAMED) | chosen | stopped


def missing_copies(
    entry: Subscription, row: Delivery, receipts: Iterable[Receipt], later: Mapping[int, Reason] = NOBODY
) -> tuple[Reason | None, str]:
    """Why a delivery that was sent is not complete, and a sentence that names each address without a copy. There is no
    reason if the missing copies were not wanted. `later`: as `withheld`.
    """
    out = {**row.left_out, **later}
    refused = [one for receipt in receipts for one in receipt.refused]
    sentence = "; ".join(_sentences(entry, out, refused))
    short = bool(refused) or Reason.SUSPENDED in out.values()
    return Reason.COPIES_MISSING if short else None, sentence


def fates_of_copies(entry: Subscription, row: Delivery) -> dict[str, Reason | None]:
    """Each address in `cc` of a delivery that was sent, with the reason why it got no copy, None if it got one. Only
    the delivery's sentence names refusals of a receiver and stops of a later try.
    """
    if row.state is not DeliveryState.SENT:
        return {}
    return {one: row.left_out.get(place) or _shown_fate(one, row.sentence) for place, one in enumerate(entry.cc)}


def _shown_fate(address: str, sentence: str) -> Reason | None:
    if _named(address) not in sentence:
        return None
    return next((one for one, words in LEFT_OUT.items() if f"{_named(address)}{words}" in sentence), Reason.REFUSED)


def dead_copies(receipts: Iterable[Receipt]) -> dict[str, str]:
    """The receiver's words, by the address that it refused permanently."""
    return {one.address: one.words for receipt in receipts for one in receipt.refused if one.dead}


async def suspend_copies(
    uses: SuspendUses, digest: ReaderDigest, key: DeliveryKey, dead: Mapping[str, str], now: datetime
) -> None:
    """Suspends the addresses that the receiver refused permanently. If the process is killed before this, the next
    message gets the refusal again. `dead`: its words, by address.
    """
    stopped = await stopped_ways(uses, digest.bundle) if dead else ()
    for address, words in dead.items():
        subject = subjects(digest.entry, address)[1]
        stop = of_suspended(uses.connectors, digest.bundle, digest.schedule, key, subject, words, now, stopped)
        emit_all(uses.events, await uses.deliveries.suspend(key.run, stop))


def _sentences(entry: Subscription, out: Mapping[int, Reason], refused: Iterable[RefusedCopy]) -> Iterator[str]:
    for place, reason in sorted(out.items()):
        yield f"{_named(entry.cc[place])}{LEFT_OUT[reason]}"
    for one in refused:
        yield f"{_named(one.address)}{one.words}"


def _named(address: str) -> str:
    return f"no copy to {address}: "
