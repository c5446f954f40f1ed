"""Who the owners of a run's rows are, and where each is reached."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from worker.domain.people import OwnerId, manager_of, managers, person_of
from worker.domain.schedule import Bundle, Each, Schedule, Subscription
from worker.domain.snapshot.audience import OWNER
from worker.domain.snapshot.record import records
from worker.domain.snapshot.snapshot import Snapshot
from worker.flow.run.conditions import Holds
from worker.ports import Connectors

Owner = tuple[str, str | None]
"""A connection, and the owner's id in its account; None for rows of nobody. Two accounts may give one id to two people.
"""


@dataclass(frozen=True, slots=True)
class OwnerAddresses:
    """Where the rows of each owner go. `emails`: the addresses from the services; the project's `people` take
    precedence.
    """

    connectors: Connectors
    bundle: Bundle
    entry: Subscription
    emails: Mapping[Owner, str]
    _known: dict[Owner, frozenset[str]] = field(default_factory=dict)
    _seen: dict[str, set[str | None]] = field(default_factory=dict)
    _of_reader: dict[tuple[str, str], list[str | None]] = field(default_factory=dict)

    def of(self, owner: Owner) -> frozenset[str]:
        """The addresses of the readers who see this owner's rows: one for `owner`, every manager above the owner for
        `manager`. If there is none: `unassigned`, or nobody.
        """
        if owner not in self._known:
            found = self._managers(owner) if self.entry.each is Each.MANAGER else {self.address(owner)}
            sound = frozenset(address for address in found if address is not None)
            beside = {self.entry.unassigned} if self.entry.unassigned else set[str]()
            self._known[owner] = sound or frozenset(beside)
        return self._known[owner]

    def owned(self, address: str, connection: str, among: Mapping[str | None, object]) -> list[str | None]:
        """Those of the given owners whose rows the reader at this address sees. Each owner is looked up once for all
        readers.
        """
        seen = self._seen.setdefault(connection, set())
        if not among.keys() <= seen:
            for name in among.keys() - seen:
                for found in self.of((connection, name)):
                    self._of_reader.setdefault((connection, found), []).append(name)
            seen.update(among)
        return [name for name in self._of_reader.get((connection, address), ()) if name in among]

    def address(self, owner: Owner) -> str | None:
        """One person's address for the entry's channel. An address in `people` for another channel is not used, even if
        it has the same form: an id of one workspace may belong to somebody else in another.
        """
        name = owner[1]
        if name is None:
            return None
        person = person_of(self.bundle.people, (owner[0], name))
        written = dict(person.addresses) if person is not None else {}
        channel = self.entry.channel
        own = written.pop(channel, None)
        others = (text for word, text in written.items() if word not in self.bundle.channels)
        texts = [text for text in (own, *others, self.emails.get(owner)) if text]
        found = (self.connectors.address(self.bundle, channel, text) for text in texts)
        return next((address for address in found if address is not None), None)

    def _managers(self, owner: Owner) -> set[str | None]:
        """All managers above the owner, and the owner too if somebody reports to the owner. A circle ends where it
        began.
        """
        people, known, seen = self.bundle.people, self.bundle.connections, list[OwnerId]()
        connection, name = owner
        at = None if name is None else (connection, name)
        while at is not None and at not in seen:
            seen.append(at)
            at = manager_of(people, at, known)
        return {self.address(one) for one in managers(people, connection, known).intersection(seen)}


def emails(schedule: Schedule, now: Mapping[str, Snapshot], earlier: Mapping[str, Snapshot]) -> dict[Owner, str]:
    """The owners' addresses in the answers, by query. An earlier answer is used only for owners who have no rows now:
    if the service no longer names an address, the owner has none.
    """
    listed = owners(schedule, now)
    before = {owner: address for owner, address in _reported(schedule, earlier) if owner not in listed}
    return before | dict(_reported(schedule, now))


def owners(schedule: Schedule, answers: Mapping[str, Snapshot], holds: Holds | None = None) -> frozenset[Owner]:
    """Of every listed row, or of those for which a condition holds. Answers by query."""
    return frozenset(
        (connection, owner)
        for connection, answer in _by_connection(schedule, answers)
        for owner in _owners(answer, holds)
    )


def _reported(schedule: Schedule, answers: Mapping[str, Snapshot]) -> Iterator[tuple[Owner, str]]:
    for connection, answer in _by_connection(schedule, answers):
        for owner, address in answer.addresses:
            yield (connection, owner), address


def _by_connection(schedule: Schedule, answers: Mapping[str, Snapshot]) -> Iterator[tuple[str, Snapshot]]:
    for item in schedule.report:
        if item.id in answers:
            yield item.source, answers[item.id]


def _owners(answer: Snapshot, holds: Holds | None) -> set[str | None]:
    listed = answer.rows
    place = next((at for at, one in enumerate(listed.columns) if one.name == OWNER), None) if listed else None
    if listed is None or place is None:
        return set()
    if holds is not None:
        return {row.text(OWNER) for row in records(listed).values() if holds(row)}
    return {str(cell) if (cell := row.cells[place]) else None for row in listed.rows}
