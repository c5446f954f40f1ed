"""Everything that is sent to one address, over all schedules."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from worker.domain.address import same
from worker.domain.delivery import Reader
from worker.domain.schedule import Bundle, Schedule, Subscription
from worker.domain.subscription import Choice, Preference, live_records
from worker.flow.run.copies import copy_readers, is_copy, stop_of
from worker.flow.run.readers import WEBHOOK, readers
from worker.flow.uses import UsesClock, UsesConnectors, UsesRuns, UsesSubscriptions


@dataclass(frozen=True, slots=True)
class SentToAddress:
    """What a reader gets by an entry. `stops`: the preference that stops it, None for none. `copy`: copies of another
    reader's messages.
    """

    schedule: Schedule
    entry: Subscription
    stops: Preference | None
    copy: bool = False


class SameAddressUses(UsesClock, UsesConnectors, UsesRuns, UsesSubscriptions, Protocol): ...


async def same_address(uses: SameAddressUses, bundle: Bundle, address: str) -> dict[Reader, SentToAddress]:
    """By reader; mails only. A reader who ended a subscription gets nothing by it."""
    found = dict[Reader, SentToAddress]()
    said_somewhere = set(await uses.subscriptions.schedules())
    for name, schedule in sorted(bundle.schedules.items()):
        known = await _entries(uses, bundle, schedule, address, made=name in said_somewhere)
        mails = [
            reader
            for reader, entry in known.items()
            if same(reader.address, address) and uses.connectors.mailbox(bundle, entry.channel, reader.address)
        ]
        said = await uses.subscriptions.preferences(name) if mails and name in said_somewhere else {}
        for reader in mails:
            stops = stop_of(said, reader)
            if stops is None or stops.choice is not Choice.UNSUBSCRIBED:
                found[reader] = SentToAddress(schedule, known[reader], stops, is_copy(reader))
    return found


async def _entries(
    uses: SameAddressUses, bundle: Bundle, schedule: Schedule, address: str, *, made: bool
) -> Mapping[Reader, Subscription]:
    """For an entry with `each`, a reader is known only if something was sent to the address."""
    records = await uses.subscriptions.records(schedule.id) if made else ()
    each = {Reader(schedule.id, entry.id, address): entry for entry in schedule.to if entry.each}
    sent = await uses.runs.baselines(list(each)) if each else {}
    now = await uses.clock.now()
    reached = {reader: entry for reader, entry in each.items() if sent.get(reader)}
    told = {Reader(schedule.id, one.id, one.address or WEBHOOK): one for one in schedule.notify if not one.each}
    return {
        **copy_readers(schedule),
        **readers(schedule),
        **told,
        **live_records(records, bundle, schedule, now),
        **reached,
    }
