"""What a person who asks in a chat may see: what is sent to the person's own addresses and to the conversation. With
the scope `read` the person sees everything, as with a token. All acts are limited to what the person can see.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from worker.domain.access import Actor, Door, TokenScope
from worker.domain.alert.listed import ListedAlert
from worker.domain.delivery import Delivery
from worker.domain.people import people_at
from worker.domain.schedule import Bundle, Person, Schedule, Subscription
from worker.domain.subscription import live_records
from worker.flow.run.readers import entries, entry_of
from worker.flow.uses import UsesClock, UsesConnectors, UsesSubscriptions
from worker.ports import Connectors

Known = Mapping[str, Subscription]
"""The entries of a schedule by reader's id, and those with `each` by their own."""


class ViewUses(UsesClock, UsesConnectors, UsesSubscriptions, Protocol): ...


@dataclass(frozen=True, slots=True)
class OwnView:
    """`people`: the keys of the person who asks; empty for a person who is not in the definitions. `channel`, `address`
    and `place`: the channel, the person's address and the conversation.
    """

    bundle: Bundle
    channel: str
    address: str
    place: str
    people: Mapping[str, Person] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        return bool(self.people)

    @property
    def actor(self) -> Actor:
        """The name on the audit list is the first key of `people`."""
        scopes = frozenset(scope for person in self.people.values() for scope in person.may)
        who = f"{next(iter(sorted(self.people)), 'somebody')} ({self.channel} {self.address})"
        return Actor(Door.CHAT, who, scopes, self.address)

    @property
    def everything(self) -> bool:
        return self.actor.may(TokenScope.READ)

    @property
    def locale(self) -> str:
        return next((one.locale for one in self.people.values() if one.locale), self.bundle.defaults.locale)

    def addresses(self, channel: str) -> frozenset[str]:
        """The addresses at which a channel reaches the person: the person's own, and the conversation."""
        kind = self.bundle.channels[channel].type if channel in self.bundle.channels else ""
        own = {person.addresses.get(channel) or person.addresses.get(kind) for person in self.people.values()}
        here = {self.address, self.place} if channel == self.channel and self.known else set[str]()
        return frozenset(one for one in own | here if one)

    def reaches(self, connectors: Connectors, known: Known, reader_id: str) -> bool:
        """Whether a reader's messages are sent to the person who asks."""
        entry = entry_of(connectors, self.bundle, known, reader_id)
        return entry is not None and reader_id.partition("|")[2] in self.addresses(entry.channel)

    def reads(self, known: Known) -> bool:
        """Whether any of the entries can send a message to the person who asks."""
        return self.everything or any(
            bool(self.addresses(entry.channel)) if entry.each else entry.address in self.addresses(entry.channel)
            for entry in known.values()
        )


def view_of(bundle: Bundle, channel: str, address: str, place: str) -> OwnView:
    kind = bundle.channels[channel].type
    return OwnView(bundle, channel, address, place, people_at(bundle.people, channel, kind, address))


async def known_entries(uses: ViewUses, view: OwnView, schedule: Schedule) -> Known:
    """The entries of the definition, and of subscriptions that were added at run time."""
    records, now = await uses.subscriptions.records(schedule.id), await uses.clock.now()
    made = live_records(records, view.bundle, schedule, now)
    return {**{reader.id: entry for reader, entry in made.items()}, **entries(schedule)}


async def seen_schedules(uses: ViewUses, view: OwnView) -> dict[str, Known]:
    """The schedules that the person may see, by id, with their entries."""
    found = dict[str, Known]()
    for name, schedule in sorted(view.bundle.schedules.items()):
        known = await known_entries(uses, view, schedule)
        if view.reads(known):
            found[name] = known
    return found


def own_deliveries(uses: UsesConnectors, view: OwnView, known: Known, rows: tuple[Delivery, ...]) -> list[Delivery]:
    """The deliveries to the person who asks; with the scope `read`, all of them if there are none."""
    own = [row for row in rows if view.reaches(uses.connectors, known, row.key.reader)]
    return own or (list(rows) if view.everything else [])


def alert_reaches(uses: UsesConnectors, view: OwnView, known: Known, row: ListedAlert) -> bool:
    """Whether a message about the alert was sent to the person who asks."""
    return any(view.reaches(uses.connectors, known, reader) for reader in row.state.readers)
