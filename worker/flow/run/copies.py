"""Who gets a copy of a reader's mail, and what became of each copy.

All copies are recipients of the one message to the reader, so that nothing can be sent to them twice that is sent to
the reader once.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
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
}


class CopiesUses(UsesDeliveries, UsesSubscriptions, Protocol): ...


class SuspendUses(UsesConnectors, UsesDeliveries, UsesEvents, Protocol): ...


def copy_reader(schedule: str, entry: Subscription, address: str) -> Reader:
    """A copy, as a pause or an unsubscription names it. Whoever gets copies may read the same entry, and stops each by
    itself.
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
    """Who is named in the message. The reader is no copy, also where the entry has one reader for each owner."""
    own = row.key.address
    return tuple(one for place, one in enumerate(entry.cc) if place not in row.left_out and not same(one, own))


def kept_entries(chosen: Mapping[Reader, Subscription]) -> dict[Reader, Subscription]:
    """As a run keeps them: who gets a copy is only in the definition, so that it is forgotten with it."""
    return {reader: replace(entry, cc=()) for reader, entry in chosen.items()}


def with_copies(schedule: Schedule, kept: Mapping[str, Subscription]) -> dict[str, Subscription]:
    """`kept`: by reader's id, as `kept_entries` made them."""
    cc = {entry.id: entry.cc for entry in schedule.entries if entry.cc}
    return {reader: replace(entry, cc=cc.get(entry.id, ())) for reader, entry in kept.items()}


async def left_out(uses: CopiesUses, digest: ReaderDigest, row: Delivery, now: datetime) -> Mapping[int, Reason]:
    """Places in `cc` of addresses that get no copy, each with why. What the first try found stays: another list would
    be another message under the same identity.
    """
    entry, schedule = digest.entry, digest.schedule.id
    if row.date is not None or not entry.cc:
        return row.left_out
    said = await uses.subscriptions.preferences(schedule)
    stops = {place: stop_of(said, copy_reader(schedule, entry, one)) for place, one in enumerate(entry.cc)}
    chosen = {place: one.reason(now) for place, one in stops.items() if one is not None}
    dead = {place: subjects(entry, one)[1] for place, one in enumerate(entry.cc)}
    suspended = await uses.deliveries.suspended(sorted(dead.values()))
    stopped = {place: Reason.SUSPENDED for place, subject in dead.items() if subject in suspended}
    return {place: reason for place, reason in (chosen | stopped).items() if reason is not None}


def missing_copies(entry: Subscription, row: Delivery, receipts: Iterable[Receipt]) -> tuple[Reason | None, str]:
    """Why a delivery that was sent is not whole, and a sentence that names each address without a copy. Without a
    reason where everything was left out that somebody did not want.
    """
    refused = [one for receipt in receipts for one in receipt.refused]
    sentence = "; ".join(_sentences(entry, row.left_out, refused))
    short = bool(refused) or Reason.SUSPENDED in row.left_out.values()
    return Reason.COPIES_MISSING if short else None, sentence


def fates_of_copies(entry: Subscription, row: Delivery) -> dict[str, Reason | None]:
    """Each address in `cc` of a delivery that was sent, with why it got no copy, None if it was sent one. What a
    receiver refused stands in the delivery's sentence alone.
    """
    if row.state is not DeliveryState.SENT:
        return {}
    return {
        one: row.left_out.get(place) or (Reason.REFUSED if _named(one) in row.sentence else None)
        for place, one in enumerate(entry.cc)
    }


async def suspend_copies(
    uses: SuspendUses, digest: ReaderDigest, key: DeliveryKey, receipts: Iterable[Receipt], now: datetime
) -> None:
    """The addresses that the receiver refused for good. A process that is killed before this hears the refusal again
    with the next message.
    """
    dead = [one for receipt in receipts for one in receipt.refused if one.dead]
    stopped = await stopped_ways(uses, digest.bundle) if dead else ()
    for one in dead:
        subject = subjects(digest.entry, one.address)[1]
        stop = of_suspended(uses.connectors, digest.bundle, digest.schedule, key, subject, one.words, now, stopped)
        emit_all(uses.events, await uses.deliveries.suspend(key.run, stop))


def _sentences(entry: Subscription, out: Mapping[int, Reason], refused: Iterable[RefusedCopy]) -> Iterator[str]:
    for place, reason in sorted(out.items()):
        yield f"{_named(entry.cc[place])}{LEFT_OUT[reason]}"
    for one in refused:
        yield f"{_named(one.address)}{one.words}"


def _named(address: str) -> str:
    return f"no copy to {address}: "
