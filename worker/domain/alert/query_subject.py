"""A query as a whole as the one subject of a rule."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from worker.domain.alert.context import AlertAnswers, RuleContext
from worker.domain.alert.deciding import Deciding
from worker.domain.alert.group_subjects import tally_amount
from worker.domain.alert.measured import measured
from worker.domain.alert.predicates import Variables
from worker.domain.alert.subject import Amount, SubjectFacts
from worker.domain.alert.sums import Tally, currencies_read, tally
from worker.domain.expression import Value
from worker.domain.snapshot.snapshot import Snapshot

ROWS = "rows"
VALUE = "value"


@dataclass(frozen=True)
class QuerySubject:
    """Implements Subjects."""

    context: RuleContext
    answers: AlertAnswers
    decides: Deciding | None = None

    def each(self) -> Iterator[tuple[str, Variables]]:
        before = self.answers.before
        yield (
            self.context.rule.query,
            {
                "now": self._given("now", self.answers.now),
                "compared": self._given("compared", self.answers.compared),
                "was": self._given("was", before, figures=self._same_period()),
            },
        )

    def facts(self, subject: str) -> SubjectFacts:
        amount = self._amount(self.decides) if self.decides is not None else None
        return SubjectFacts(key=subject, name=self.context.query or subject, amount=amount)

    def _given(
        self, variable: str, answer: Snapshot | None, *, figures: bool = True
    ) -> Mapping[str, Value | Mapping[str, Value]]:
        """Measures by key; of the main table the number of rows and the sums. What the answer lacks is left out."""
        wanted = self.context.predicates.reads.get(variable, frozenset())
        found = measured(answer, wanted if figures else ())
        if answer is not None and answer.rows is not None and any(_of_rows(name) for name in wanted):
            counted = self._now if answer is self.answers.now else tally(answer.rows)
            currencies = currencies_read(self.context.rule, [counted])
            found |= {ROWS: Decimal(counted.count), VALUE: counted.values(currencies)}
        return found

    def _same_period(self) -> bool:
        """Figures over different periods say nothing about each other."""
        now, before = self.answers.now.window, self.answers.before
        was = before.window if before is not None else None
        return (now.start if now is not None else None) == (was.start if was is not None else None)

    @cached_property
    def _now(self) -> Tally:
        rows = self.answers.now.rows
        return tally(rows) if rows is not None else Tally()

    def _amount(self, decides: Deciding) -> Amount | None:
        if self.answers.now.rows is not None and (decides.column in (ROWS, VALUE)):
            return tally_amount(self._now, decides)
        found = next((one for one in self.answers.now.measures if ".".join(one.key) == decides.key), None)
        return None if found is None else Amount(found.kind, found.value, found.currency)


def _of_rows(name: str) -> bool:
    return name in (ROWS, VALUE)
