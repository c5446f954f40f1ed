"""Who may be notified of the alerts of a run: the readers of each entry that its rules name."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from worker.domain.alert import context as alert
from worker.domain.alert.evaluation import Evaluation
from worker.domain.alert.readers import AlertReader, Sees, row_of, sees_of
from worker.domain.alert.rule import Form
from worker.domain.alert.subject import NO_DATA_SUBJECT, SubjectFacts
from worker.domain.alert.withheld import UNTOLD
from worker.domain.delivery import ALERT
from worker.domain.schedule import Schedule, Subscription
from worker.domain.snapshot.audience import OWNER
from worker.domain.snapshot.snapshot import Snapshot
from worker.flow.alert.compiled import UsesCompiled
from worker.flow.alert.evaluate import RunFound
from worker.flow.run.audience import audience_of
from worker.flow.run.notices import StopUses, operator_address, stopped_ways
from worker.flow.run.owners import OwnerAddresses, emails
from worker.flow.run.readers import OPERATOR, WEBHOOK


class ReaderUses(StopUses, UsesCompiled, Protocol): ...


@dataclass(frozen=True, slots=True)
class Judged:
    """A run with its rules and their evaluations, by rule id. `before`: the answers of the rules' baselines, by query
    id.
    """

    found: RunFound
    rules: Sequence[alert.RuleContext]
    evaluations: Mapping[str, Evaluation]
    before: Mapping[str, Snapshot]

    @property
    def answers(self) -> Mapping[str, alert.AlertAnswers]:
        """By query id."""
        now, compared = self.found.answers.snapshots, self.found.answers.compared
        return {
            query: alert.AlertAnswers(one, self.before.get(query), compared.get(query)) for query, one in now.items()
        }

    def subjects(self) -> Iterator[tuple[alert.RuleContext, SubjectFacts]]:
        """All subjects that a reader may be notified of, or that may be shown as still firing."""
        for context in self.rules:
            found = self.evaluations[context.rule.id]
            yield from ((context, one.facts) for one in found.transitions if one.reason is not None)
            yield from ((context, held.facts) for held in found.state.alerts.values())


async def alert_readers(
    uses: ReaderUses, judged: Judged, subscribed: Iterable[Subscription] = ()
) -> tuple[AlertReader, ...]:
    """Everybody who may be notified. `subscribed`: entries that were made at run time; they count as entries of `to`.
    An entry with `each` gives the owners of the subjects, and those who were notified before.
    """
    schedule, made = judged.found.schedule, list[AlertReader]()
    for entry in (*schedule.entries, *subscribed):
        rules = rules_of(schedule, entry)
        if rules:
            matchers = entry.alerts.matchers if entry.alerts is not None else ()
            made += [replace(one, rules=rules, matchers=matchers) for one in await _of_entry(uses, judged, entry)]
    if any(one.subject == NO_DATA_SUBJECT for found in judged.evaluations.values() for one in found.transitions):
        bundle = judged.found.bundle
        address = operator_address(uses.connectors, bundle, await stopped_ways(uses, bundle))
        made += [AlertReader(OPERATOR, address, operator=True)] if address is not None else []
    return tuple(made)


def rules_of(schedule: Schedule, entry: Subscription) -> frozenset[str]:
    """Ids of the rules whose alerts an entry gets. A rule without `notify` notifies every entry, except those that only
    a `notify` holds. A subscription to alerts names its rules itself.
    """
    if entry.alerts is not None:
        asked = frozenset(entry.alerts.rules)
        return frozenset(rule.id for rule in schedule.alerts if not asked or asked & {rule.id, rule.previously})
    apart = {one.id for one in schedule.notify}
    return frozenset(
        rule.id for rule in schedule.alerts if (entry.id in rule.notify if rule.notify else entry.id not in apart)
    )


def alert_entries(schedule: Schedule) -> int:
    """How many entries of the definition its rules notify; one with `each` counts once."""
    return sum(1 for entry in schedule.entries if rules_of(schedule, entry))


async def _of_entry(uses: ReaderUses, judged: Judged, entry: Subscription) -> list[AlertReader]:
    found = judged.found
    condition = await uses.compiled.rows(entry.rows) if entry.rows else None
    if entry.each is None:
        audience = audience_of(found.schedule, entry, condition, None)
        sees = sees_of(audience, judged.answers) if audience is not None else None
        return [AlertReader(entry.id, entry.address or WEBHOOK, sees=sees)]
    known = emails(found.schedule, found.answers.snapshots, judged.before)
    addresses = OwnerAddresses(uses.connectors, found.bundle, entry, known)
    names = sorted({*_owners(judged, addresses), *_reached(judged, entry.id)})
    each = {name: audience_of(found.schedule, replace(entry, address=name), condition, addresses) for name in names}
    judges = {name: sees_of(one, judged.answers) for name, one in each.items() if one is not None}
    shown = seen_by({name: one for name, one in judges.items() if one is not None}, judged, addresses)
    return [AlertReader(entry.id, name, sees=sees) for name, sees in shown.items()]


def seen_by(judges: Mapping[str, Sees], judged: Judged, addresses: OwnerAddresses) -> Mapping[str, Sees]:
    """As `judges`, by address. Each subject is judged only for the readers of its owner: with 300 owners and 2,000
    alerts, asking every reader about every alert takes too long.
    """
    seen: dict[str, set[tuple[str, str]]] = {name: set() for name in judges}
    known: set[tuple[str, str]] = set()
    for context, facts in judged.subjects():
        subject = (context.rule.id, facts.key)
        known.add(subject)
        for name in _candidates(judges, judged, addresses, context, facts):
            if judges[name](context, facts):
                seen[name].add(subject)

    def of(judge: Sees, mine: set[tuple[str, str]]) -> Sees:
        def sees(context: alert.RuleContext, facts: SubjectFacts) -> bool:
            subject = (context.rule.id, facts.key)
            return subject in mine if subject in known else judge(context, facts)

        return sees

    return {name: of(judge, seen[name]) for name, judge in judges.items()}


def _candidates(
    judges: Mapping[str, Sees],
    judged: Judged,
    addresses: OwnerAddresses,
    context: alert.RuleContext,
    facts: SubjectFacts,
) -> Iterable[str]:
    """Readers who may see a subject: those of its owner; for a subject of the whole team, all readers."""
    rule, of_rows = context.rule, context.rule.form in (Form.ROWS, Form.CHANGES)
    if not of_rows and addresses.entry.team_totals:
        return judges
    owner = row_of(context, judged.answers.get(rule.query), facts).text(OWNER) if of_rows else facts.owner_id
    source = judged.found.schedule.item(rule.query).source
    return addresses.of((source, owner or None)) & judges.keys()


def _owners(judged: Judged, addresses: OwnerAddresses) -> Iterator[str]:
    """The addresses of the owners of the subjects that are to be reported."""
    sources = {item.id: item.source for item in judged.found.schedule.report}
    queries = {rule.id: rule.query for rule in judged.found.schedule.alerts}
    owners = {
        (sources[queries[rule]], facts.owner_id or None)
        for rule, found in judged.evaluations.items()
        for facts in _news(found)
    }
    for owner in owners:
        yield from addresses.of(owner)


def _news(found: Evaluation) -> Iterator[SubjectFacts]:
    """Subjects that may have to be reported, including those that were muted or had no reader."""
    yield from (one.facts for one in found.transitions if one.reason is not None)
    yield from (held.facts for held in found.state.alerts.values() if held.withheld in UNTOLD)


def _reached(judged: Judged, entry: str) -> Iterator[str]:
    """Readers of an entry who were notified of these alerts before."""
    ids: set[str] = {
        reader
        for found in judged.evaluations.values()
        for one in found.transitions
        if one.reason is not None
        for reader in one.readers
    }
    for reader in ids:
        name, _, address = reader.removeprefix(ALERT).partition("|")
        if name.partition("/")[0] == entry:
            yield address
