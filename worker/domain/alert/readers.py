"""Who may be notified of an alert."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from worker.domain.alert.context import AlertAnswers, RuleContext
from worker.domain.alert.labels import matches
from worker.domain.alert.row_subjects import table_of
from worker.domain.alert.rule import Form, Grouping, NoData, Rule
from worker.domain.alert.silence import Labels, Matcher
from worker.domain.alert.subject import NO_DATA_SUBJECT, SubjectFacts
from worker.domain.diff.stalled_since import find
from worker.domain.snapshot.audience import Audience
from worker.domain.snapshot.record import Record

Sees = Callable[[RuleContext, SubjectFacts], bool]
"""Whether a reader may see a subject."""


@dataclass(frozen=True, slots=True)
class AlertReader:
    """One address of one entry. `rules`: ids of the rules whose alerts it gets, None for all. `matchers`: on the labels
    of an alert. `sees`: None for a reader who sees everything. `operator`: is only notified when a rule has no data.
    """

    entry: str
    address: str
    rules: frozenset[str] | None = None
    matchers: tuple[Matcher, ...] = ()
    sees: Sees | None = None
    operator: bool = False

    def id(self, rule: Rule) -> str:
        """The id of the delivery that notifies this reader of the rule's alerts."""
        return self._named(f"/{rule.id}" if rule.group is Grouping.RULE else "")

    def notified_by(self, rule: Rule, readers: Mapping[str, str]) -> str:
        """The run whose notification this reader got last; empty if there is none. `readers`: as AlertState has them.
        The rule may have been grouped otherwise then, or have had another id.
        """
        ids = (self.id(rule), self._named(f"/{rule.id}"), self._named(f"/{rule.previously}"), self._named(""))
        return next((run for one in ids if (run := readers.get(one))), "")

    def wants(self, context: RuleContext, facts: SubjectFacts, labels: Labels) -> bool:
        """Whether this reader is notified when such an alert fires."""
        if facts.key == NO_DATA_SUBJECT:
            return self.operator or (context.rule.no_data is NoData.ALERT and self._listens(context.rule, labels))
        if self.operator or not self._listens(context.rule, labels):
            return False
        return self.sees is None or self.sees(context, facts)

    def _listens(self, rule: Rule, labels: Labels) -> bool:
        return (self.rules is None or rule.id in self.rules) and matches(self.matchers, labels)

    def _named(self, group: str) -> str:
        return f"alert:{self.entry}{group}|{self.address}"


def sees_of(audience: Audience, answers: Mapping[str, AlertAnswers]) -> Sees | None:
    """What an audience may see, None for everything. `answers`: of the run, by query id.

    A finding about a row is for readers who see the row, as it is now or as it was. A finding about an owner is for
    readers who see all rows of the owner. A finding about a whole query is a figure of the team.
    """
    if audience.owns is None and audience.holds is None:
        return None

    def sees(context: RuleContext, facts: SubjectFacts) -> bool:
        rule, owns = context.rule, audience.owns
        if rule.form in (Form.ROWS, Form.CHANGES) and audience.holds is None and owns is not None:
            return owns(rule.query, facts.owner_id or None)
        if rule.form in (Form.ROWS, Form.CHANGES):
            return bool(audience.sees(rule.query, row_of(context, answers.get(rule.query), facts)))
        own = rule.form is Form.GROUPS and bool(facts.owner_id) and owns is not None and audience.holds is None
        return audience.totals or (own and owns is not None and owns(rule.query, facts.owner_id))

    return sees


def row_of(context: RuleContext, answers: AlertAnswers | None, facts: SubjectFacts) -> Record:
    """The row of a subject in its newest reading; what is known of it where no answer has it any more."""
    if answers is not None:
        for table in (table_of(context, answers.now), answers.now.followed, table_of(context, answers.before)):
            row = find(table, facts.key) if table is not None else None
            if table is not None and row is not None:
                return Record(row.key, table.record(row))
    return Record(facts.key, {**facts.cells, "owner_id": facts.owner_id or None, "owner": facts.owner or None})
