"""Lists and changes subscriptions, the same for every door: those of the definitions, and those added at run time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from worker.domain.alert.matcher_text import parse_matcher
from worker.domain.alert.silence import AlertFilter
from worker.domain.choices import Choices
from worker.domain.delivery import Reader, shown_reader
from worker.domain.run import stamp
from worker.domain.schedule import Bundle, Schedule, Subscription
from worker.domain.subscription import Choice, End, Origin, Preference, SubscriptionRecord, may_be_sent
from worker.errors import ClaimLost, NotFound, RequestError
from worker.flow.deployed import bundle_of
from worker.flow.operate.find_run import deployed_schedule
from worker.flow.run.copies import copy_readers, id_before, is_copy, stop_of
from worker.flow.run.readers import readers, subjects
from worker.flow.uses import UsesClock, UsesDeliveries, UsesDeployments, UsesEntryChecks, UsesSubscriptions


class State(StrEnum):
    """Whether a subscription brings messages, and why not."""

    ACTIVE = "active"
    PAUSED = "paused"
    UNSUBSCRIBED = "unsubscribed"
    SUSPENDED = "suspended"
    NOT_ALLOWED = "not_allowed"
    NO_CHANNEL = "no_channel"
    EXPIRED = "expired"
    SCHEDULE_GONE = "schedule_gone"


ALERT_KEYS = ("alerts", "alert_labels")
"""Keys of a subscription that no entry of `to:` has: a definition names its readers with its rules."""

EVERYBODY = "*"
"""In place of an address: all readers of an entry with `each`."""


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """One subscription. `by` and `at`: who made it, and when; empty and None for one of a definition. `preference`:
    what stops its messages. `choices`: what the reader chose beside `entry`. `sentence`: what the receiver said when it
    was suspended. `copy`: the address is in `cc` of the entry, and gets copies of another reader's messages.
    """

    reader: Reader
    entry: Subscription
    origin: Origin
    state: State
    by: str = ""
    at: datetime | None = None
    expires: datetime | None = None
    preference: Preference | None = None
    sentence: str = ""
    choices: Choices | None = None
    copy: bool = False


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something, through which door."""

    origin: Origin
    by: str


class ListUses(UsesClock, UsesDeliveries, UsesDeployments, UsesSubscriptions, Protocol): ...


class ChangeUses(ListUses, UsesEntryChecks, Protocol): ...


async def listed(uses: ListUses, only: str | None = None) -> tuple[SubscriptionRow, ...]:
    """Every subscription, by schedule and reader; `only` of one schedule. Raises RequestError for a schedule that is
    not deployed and has none.
    """
    deployed = await uses.deployments.deployed()
    bundle = await bundle_of(uses.deployments, deployed.bundle) if deployed else None
    known = set(bundle.schedules) if bundle else set[str]()
    names = {only} if only is not None else known | set(await uses.subscriptions.schedules())
    now = await uses.clock.now()
    found = [row for name in sorted(names) for row in await _of_schedule(uses, bundle, name, now)]
    if only is not None and not found and only not in known:
        raise NotFound(f"no schedule {only!r} is deployed, and nobody subscribed to one")
    return tuple(found)


async def _of_schedule(uses: ListUses, bundle: Bundle | None, name: str, now: datetime) -> list[SubscriptionRow]:
    schedule = bundle.schedules.get(name) if bundle else None
    said, chosen = await uses.subscriptions.preferences(name), await uses.subscriptions.choices(name)
    named = {**readers(schedule), **_of_each(schedule, [*said, *chosen])} if schedule else {}
    copies = _copies(schedule) if schedule else {}
    records = [one for one in await uses.subscriptions.records(name) if one.reader not in named]
    who = {**named, **{one.reader: one.entry for one in records}, **copies}
    stopped = await _suspended(uses, who)
    made = {one.reader: one for one in records}
    rows = []
    for reader, entry in sorted(who.items(), key=lambda pair: pair[0].id):
        record, preference, why = made.get(reader), stop_of(said, reader), stopped.get(reader, "")
        state = _state(bundle, schedule, reader, entry, record, preference, now) or (
            State.SUSPENDED if why else State.ACTIVE
        )
        row = _row(reader, entry, record, state, preference, why)
        rows.append(replace(row, choices=chosen.get(reader.id), copy=is_copy(reader)))
    return rows


def _of_each(schedule: Schedule, said: Iterable[str]) -> dict[Reader, Subscription]:
    """Entries with `each`, and those of their readers for whom something is recorded. The other readers are known only
    after a run has fetched.
    """
    each = {entry.id: entry for entry in schedule.to if entry.each}
    who = {Reader(schedule.id, name, EVERYBODY): entry for name, entry in each.items()}
    for name, _, address in (reader.partition("|") for reader in said):
        if name in each:
            who[Reader(schedule.id, name, address)] = replace(each[name], address=address)
    return who


def _copies(schedule: Schedule) -> dict[Reader, Subscription]:
    """Each address in `cc`, as if it were a reader of the entry."""
    return {
        reader: replace(entry, address=reader.address, each=None, cc=())
        for reader, entry in copy_readers(schedule).items()
    }


async def _suspended(uses: UsesDeliveries, who: Mapping[Reader, Subscription]) -> dict[Reader, str]:
    """The receivers' own words, of the readers whose address or channel is suspended."""
    of = {reader: subjects(entry, reader.address) for reader, entry in who.items()}
    words = await uses.deliveries.suspended(sorted({subject for pair in of.values() for subject in pair}))
    return {reader: next(words[s] for s in pair if s in words) for reader, pair in of.items() if set(pair) & set(words)}


def _state(
    bundle: Bundle | None,
    schedule: Schedule | None,
    reader: Reader,
    entry: Subscription,
    record: SubscriptionRecord | None,
    preference: Preference | None,
    now: datetime,
) -> State | None:
    """Why it brings no messages, the strongest reason first; None if only a suspension could be the reason."""
    end = record.ended(now) if record is not None else None
    if end is not None or bundle is None or schedule is None:
        return State(end or End.SCHEDULE_GONE)
    if preference is not None and preference.choice is Choice.UNSUBSCRIBED:
        return State.UNSUBSCRIBED
    if entry.channel not in bundle.channels:
        return State.NO_CHANNEL
    if reader.address != EVERYBODY and not may_be_sent(bundle, schedule, reader, entry.channel):
        return State.NOT_ALLOWED
    return State.PAUSED if preference is not None and preference.reason(now) is not None else None


def _row(
    reader: Reader,
    entry: Subscription,
    record: SubscriptionRecord | None,
    state: State,
    preference: Preference | None,
    sentence: str,
) -> SubscriptionRow:
    if record is None:
        return SubscriptionRow(reader, entry, Origin.DEFINITION, state, preference=preference, sentence=sentence)
    return SubscriptionRow(
        reader, entry, record.origin, state, record.by, record.at, record.expires, preference, sentence
    )


@dataclass(frozen=True, slots=True)
class Added:
    """A new record. `same`: ids of other entries of its schedule that reach the same address. `warnings`: sentences
    about what it asks for.
    """

    record: SubscriptionRecord
    same: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


async def add(
    uses: ChangeUses, schedule_id: str, written: Mapping[str, Any], author: Author, expires: datetime | None = None
) -> Added:
    """`written`: the keys of an entry of `to:`; with `alerts` (ids of rules) or `alert_labels` (matchers such as
    `team="north"`) it gets alerts and no digests. Raises RequestError for values that a definition could not have
    either, and for an id that is taken.
    """
    bundle_id, schedule = await deployed_schedule(uses.deployments, schedule_id)
    bundle, now = await bundle_of(uses.deployments, bundle_id), await uses.clock.now()
    alerts = _alert_filter(schedule, written)
    plain = {key: value for key, value in written.items() if key not in ALERT_KEYS}
    checked = uses.check_entry(bundle, schedule, plain)
    entry = replace(checked.entry, alerts=alerts)
    if entry.address is None:
        raise RequestError(f"{entry.channel} always sends to the same place; write its entry into the definition")
    if any(one.id == entry.id for one in schedule.to):
        raise RequestError(f"{schedule_id} has an entry {entry.id!r} in its definition; give this one another id")
    if expires is not None and expires <= now:
        raise RequestError(f"--expires: found {stamp(expires)}, which has passed; write a later instant")
    record = SubscriptionRecord(schedule_id, entry, author.origin, author.by, now, expires)
    others = await _of_schedule(uses, bundle, schedule_id, now)
    if not await uses.subscriptions.add(record):
        raise RequestError(f"{schedule_id} has a subscription {entry.id!r} already; remove it, or give this one an id")
    same = [one for one in others if one.reader != record.reader and _reaches(one, entry)]
    return Added(record, tuple(one.entry.id for one in same), checked.warnings)


def _alert_filter(schedule: Schedule, written: Mapping[str, Any]) -> AlertFilter | None:
    """Raises RequestError for a rule that the schedule does not have, and for a matcher that cannot be read."""
    if not any(key in written for key in ALERT_KEYS):
        return None
    rules, labels = (_texts(key, written.get(key, ())) for key in ALERT_KEYS)
    known = [rule.id for rule in schedule.alerts]
    for name in rules:
        if name not in known:
            there = f"it has {', '.join(known)}" if known else "it has none"
            raise NotFound(f"alerts: {schedule.id} has no alert rule {name!r}; {there}")
    if not known:
        raise RequestError(f"alerts: {schedule.id} has no alert rules, so there is nothing to be notified of")
    return AlertFilter(rules, tuple(parse_matcher(text) for text in labels))


def _texts(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) and one for one in value):
        raise RequestError(f"{key}: found {value!r}, expected a list of texts")
    return tuple(str(one) for one in value)


def _reaches(one: SubscriptionRow, entry: Subscription) -> bool:
    ended = one.state in {State.EXPIRED, State.SCHEDULE_GONE}
    return not ended and (one.entry.channel, one.entry.address) == (entry.channel, entry.address)


async def remove(uses: ListUses, schedule: str, name: str) -> SubscriptionRow:
    """Removes a subscription that was made at run time. Raises RequestError for an entry of a definition, and where
    nothing has this name.
    """
    found = named(await listed(uses, schedule), schedule, name)
    if found.origin is Origin.DEFINITION:
        raise RequestError(
            f"schedules/{schedule}.yaml names {found.reader.id}; remove it there and deploy, or pause it"
        )
    await uses.subscriptions.remove(schedule, found.entry.id)
    return found


async def pause(uses: ListUses, schedule: str, name: str, author: Author, until: datetime | None) -> SubscriptionRow:
    """Stops one reader's messages until `until`, or until somebody resumes them. Raises RequestError for a reader who
    unsubscribed, and for an end that has passed.
    """
    found, now = named(await listed(uses, schedule), schedule, name), await uses.clock.now()
    if until is not None and until <= now:
        raise RequestError(f"--until: found {stamp(until)}, which has passed; write a later instant")
    try:
        choice = Preference(Choice.PAUSED, author.origin, author.by, now, until)
        await uses.subscriptions.prefer(schedule, found.reader.id, choice)
    except ClaimLost:
        raise RequestError(f"{found.reader.id} unsubscribed and gets nothing; there is nothing to pause") from None
    return found


async def resume(uses: ListUses, schedule: str, name: str) -> tuple[SubscriptionRow, bool]:
    """Ends a pause; False if there was none. Raises RequestError for a reader who unsubscribed: only the reader comes
    back, by the link in an earlier message.
    """
    found = named(await listed(uses, schedule), schedule, name)
    if found.preference is not None and found.preference.choice is Choice.UNSUBSCRIBED:
        link = "only the reader can come back, by the link in an earlier message"
        way = "take the address out of `cc`, deploy, and write it there again" if found.copy else link
        raise RequestError(f"{found.reader.id} unsubscribed; {way}")
    was = await uses.subscriptions.clear(schedule, found.reader.id, Choice.PAUSED)
    if found.preference is not None and found.preference.for_copies and found.copy:
        was |= await uses.subscriptions.clear(schedule, id_before(found.reader), Choice.PAUSED)
    return found, was


def named(rows: Sequence[SubscriptionRow], schedule: str, name: str) -> SubscriptionRow:
    """By reader's id, entry's id or address. ENTRY|ADDRESS means a copy if it cannot mean a reader.

    Raises RequestError unless exactly one fits, NotFound if none does.
    """
    found = [row for row in rows if name in _names(row)] or _one_of_each(rows, name)
    found = found or [row for row in rows if row.copy and id_before(row.reader) == name]
    if len(found) == 1 and found[0].reader.address != EVERYBODY:
        return found[0]
    if any(row.reader.address == EVERYBODY for row in found):
        raise RequestError(f"{name!r} means every owner; write one of them as {found[0].entry.id}|ADDRESS")
    known = ", ".join(shown_reader(row.reader.id) for row in found or rows) or "none"
    if found:
        raise RequestError(f"{name!r} fits several subscriptions of {schedule}; write one of {known}")
    raise NotFound(f"{schedule} has no subscription {name!r}; it has {known}")


def _names(row: SubscriptionRow) -> set[str]:
    """An entry's id is that of its readers, and not of who gets copies."""
    return {row.reader.id, row.reader.address, *(() if row.copy else (row.entry.id,))}


def _one_of_each(rows: Sequence[SubscriptionRow], name: str) -> list[SubscriptionRow]:
    """One reader of an entry with `each`, written as ENTRY|ADDRESS."""
    entry, _, address = name.partition("|")
    whole = [row for row in rows if address and row.entry.id == entry and row.reader.address == EVERYBODY]
    return [replace(row, reader=replace(row.reader, address=address)) for row in whole]
