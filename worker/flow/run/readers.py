"""Who reads a schedule's digests: one reader per entry and address."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from worker.domain.address import comparable
from worker.domain.choices import Choices
from worker.domain.delivery import ALERT, Reader, plain_id
from worker.domain.operators import Operator
from worker.domain.schedule import Bundle, Schedule, Subscription
from worker.ports import Connectors

WEBHOOK = "webhook"
OPERATOR = "operator"
ALSO = "also/"
NOTICE_TEMPLATE = "notice"
ALERT_TEMPLATE = "alert"


def readers(schedule: Schedule) -> dict[Reader, Subscription]:
    """Every reader that the definition names, with its entry. A webhook has no address of its own; the webhook itself
    is the address. Who reads an entry with `each` is known when its run has fetched (owners.py).
    """
    return {Reader(schedule.id, entry.id, entry.address or WEBHOOK): entry for entry in schedule.to if not entry.each}


def entries(schedule: Schedule) -> dict[str, Subscription]:
    """Entries by reader's id, and those with `each` by their own, for a caller that asks about many readers."""
    each = {entry.id: entry for entry in schedule.entries if entry.each}
    told = {
        Reader(schedule.id, entry.id, entry.address or WEBHOOK).id: entry for entry in schedule.notify if not entry.each
    }
    return each | told | {reader.id: entry for reader, entry in readers(schedule).items()}


def entry_of(
    connectors: Connectors, bundle: Bundle, known: Mapping[str, Subscription], reader_id: str
) -> Subscription | None:
    """The entry of a reader's id; `known` are the schedule's entries. None if a later deployment dropped it, or for an
    operator that is not defined.
    """
    if is_also(reader_id):
        told = entry_of(connectors, bundle, known, reader_id.removeprefix(ALSO))
        return told and replace(told, template=NOTICE_TEMPLATE, attach=(), each=None)
    if is_alert(reader_id):
        told = entry_of(connectors, bundle, known, plain_id(reader_id))
        return told and replace(told, template=ALERT_TEMPLATE, attach=())
    if is_notice(reader_id):
        return operator_entry(connectors, bundle, reader_id.partition("|")[2])
    entry_id, _, address = reader_id.partition("|")
    own, each = known.get(reader_id), known.get(entry_id)
    return own if own is not None or each is None or not each.each else replace(each, address=address)


def chosen_entries(
    schedule: Schedule,
    subscribed: Mapping[Reader, Subscription],
    audience: Iterable[Reader],
    choices: Mapping[str, Choices],
) -> dict[Reader, Subscription]:
    """The entries that a run has to keep: of those who subscribed at run time, and of readers who chose something.
    `choices`: by reader's id.
    """
    named, each = readers(schedule), {entry.id: entry for entry in schedule.to if entry.each}
    known, found = {**named, **subscribed}, dict(subscribed)
    for reader in audience:
        made, entry = choices.get(reader.id), known.get(reader) or each.get(reader.entry)
        if made is not None and entry is not None:
            own = replace(entry, address=reader.address) if entry.each else entry
            found[reader] = made.chosen(own)
    return found


def as_read(schedule: Schedule, subscribed: Mapping[Reader, Subscription], choices: Mapping[str, Choices]) -> Schedule:
    """The schedule whose `to` has an entry for each reader, also of those who subscribed at run time, as the reader
    chose it. An entry with `each` stays one entry: its readers are known only after a run has fetched.
    """
    named = readers(schedule)
    chosen = chosen_entries(schedule, subscribed, [*named, *subscribed], choices)
    each = tuple(entry for entry in schedule.to if entry.each)
    return replace(schedule, to=(*(named | chosen).values(), *each))


def without(schedule: Schedule, ended: Collection[str]) -> Schedule:
    """The schedule without the entries of these readers; of an entry with `each`, single readers cannot be left out."""
    names = ((Reader(schedule.id, entry.id, entry.address or WEBHOOK).id, entry) for entry in schedule.to)
    return replace(schedule, to=tuple(entry for name, entry in names if name not in ended))


def is_notice(reader_id: str) -> bool:
    """Whether a delivery to this reader is not a digest: a notice to the operator ("operator|address", or
    "operator/…|address" if a run has several), or a message that names held digests. No entry has such an id.
    """
    return is_also(reader_id) or reader_id.partition("|")[0].partition("/")[0] == OPERATOR


def is_alert(reader_id: str) -> bool:
    """Whether a delivery is a notification of alerts. Its id differs from that of the reader's digest."""
    return reader_id.startswith(ALERT)


def is_also(reader_id: str) -> bool:
    """Whether a delivery names digests that were held because of the cap."""
    return reader_id.startswith(ALSO)


def also_id(reader_id: str) -> str:
    """The id of the delivery that names held digests to a reader."""
    return f"{ALSO}{reader_id}"


def subjects(entry: Subscription, address: str) -> tuple[str, str]:
    """What can be suspended: the whole channel, or one address in it, however an entry writes it."""
    one = comparable(address) if "@" in address else address  # upper and lower case count in the ids of a chat
    return f"channel {entry.channel}", f"address {entry.channel} {one}"


def operator_entry(connectors: Connectors, bundle: Bundle, address: str) -> Subscription | None:
    """The operator with this address; the first one if it was dropped since, so that the notice still arrives."""
    known = operator_entries(connectors, bundle)
    first = known[0] if known else None
    return next((entry for entry in known if (entry.address or WEBHOOK) == address), first)


def operator_entries(connectors: Connectors, bundle: Bundle) -> list[Subscription]:
    """Where notices may go: `defaults.operator`, in order. An operator without a channel is reached through the first
    one that takes such an address.
    """
    found = ((one.address, _channel(connectors, bundle, one)) for one in bundle.defaults.operators)
    return [
        Subscription(
            id=OPERATOR,
            channel=channel,
            address=address,
            template=NOTICE_TEMPLATE,
            locale=bundle.defaults.locale,
            zone=bundle.defaults.timezone,
        )
        for address, channel in found
        if channel is not None
    ]


def _channel(connectors: Connectors, bundle: Bundle, operator: Operator) -> str | None:
    if operator.channel or operator.address is None:
        return operator.channel
    address = operator.address
    return next((name for name in bundle.channels if connectors.takes(bundle, name, address)), None)
