"""Who would have been notified in past runs: the readers of each entry, from the answers of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from worker.domain.alert.context import AlertAnswers
from worker.domain.alert.readers import AlertReader, sees_of
from worker.domain.schedule import Bundle, Schedule, Subscription
from worker.flow.alert.alert_readers import ReaderUses, rules_of
from worker.flow.run.audience import audience_of
from worker.flow.run.notices import operator_address
from worker.flow.run.owners import OwnerAddresses, emails, owners
from worker.flow.run.quiet import quiet
from worker.flow.run.readers import OPERATOR, WEBHOOK
from worker.flow.uses import UsesHolidays
from worker.ports import Condition, Connectors


@dataclass(frozen=True, slots=True)
class PastReaders:
    """Called with the answers of each run, oldest first. For an entry with `each` it gives the present owners of rows
    and all owners of earlier runs, because a reader who was notified of an alert is also notified of its end.
    `conditions`: by their text.
    """

    connectors: Connectors
    bundle: Bundle
    schedule: Schedule
    entries: Sequence[Subscription]
    conditions: Mapping[str, Condition]
    known: dict[str, set[str]] = field(default_factory=dict)

    def __call__(self, answers: Mapping[str, AlertAnswers]) -> Sequence[AlertReader]:
        made = list[AlertReader]()
        for entry in self.entries:
            rules = rules_of(self.schedule, entry)
            made += [replace(one, rules=rules) for one in self._of_entry(entry, answers)] if rules else []
        address = operator_address(self.connectors, self.bundle, ())
        return [*made, *([AlertReader(OPERATOR, address, operator=True)] if address is not None else [])]

    def _of_entry(self, entry: Subscription, answers: Mapping[str, AlertAnswers]) -> list[AlertReader]:
        condition = self.conditions.get(entry.rows)
        if entry.each is None:
            audience = audience_of(self.schedule, entry, condition, None)
            sees = sees_of(audience, answers) if audience is not None else None
            return [AlertReader(entry.id, entry.address or WEBHOOK, sees=sees)]
        now = {query: one.now for query, one in answers.items()}
        before = {query: one.before for query, one in answers.items() if one.before is not None}
        addresses = OwnerAddresses(self.connectors, self.bundle, entry, emails(self.schedule, now, before))
        names = self.known.setdefault(entry.id, set())
        for owner in owners(self.schedule, now) | owners(self.schedule, before):
            names |= addresses.of(owner)
        own = {name: replace(entry, address=name) for name in sorted(names)}
        each = {name: audience_of(self.schedule, one, condition, addresses) for name, one in own.items()}
        return [
            AlertReader(entry.id, name, sees=sees_of(audience, answers))
            for name, audience in each.items()
            if audience is not None
        ]


@dataclass(frozen=True, slots=True)
class PastQuiet:
    """Until when a reader's quiet hours last that hold at an instant."""

    holidays: UsesHolidays
    entries: Mapping[str, Subscription]

    def __call__(self, reader: AlertReader, at: datetime) -> datetime | None:
        entry = self.entries.get(reader.entry)
        waits = quiet(self.holidays.holidays.name, entry, at) if entry is not None else None
        return waits.until if waits is not None else None


async def past_readers(
    uses: ReaderUses, bundle: Bundle, schedule: Schedule, subscribed: Sequence[Subscription] = ()
) -> PastReaders:
    """`subscribed`: entries that were made at run time. Raises RequestError for a condition that this version does not
    understand.
    """
    known = (*schedule.entries, *subscribed)
    conditions = {one.rows: await uses.compiled.rows(one.rows) for one in known if one.rows}
    return PastReaders(uses.connectors, bundle, schedule, known, conditions)
