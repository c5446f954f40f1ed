"""Each row of a table as the subject of a rule."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from worker.domain.alert.context import AlertAnswers, RuleContext
from worker.domain.alert.deciding import Deciding
from worker.domain.alert.measured import measured
from worker.domain.alert.predicates import Variables
from worker.domain.alert.row_facts import RowFacts, row_facts
from worker.domain.alert.subject import SubjectFacts
from worker.domain.diff.membership import why_left
from worker.domain.expression import Given
from worker.domain.snapshot.opportunity import Status
from worker.domain.snapshot.record import Record, record, records
from worker.domain.snapshot.snapshot import Row, Snapshot, Table
from worker.domain.snapshot.values import columns_of

NOTHING_KNOWN: Given = {}
"""A variable of the baseline where there is no baseline. It is not null, which would say that the row was absent then:
each of its columns is unknown, so that a first evaluation does not call every row a new one.
"""


def table_of(context: RuleContext, answer: Snapshot | None) -> Table | None:
    """The rule's table in an answer."""
    if answer is None:
        return None
    return answer.table(context.rule.table) if context.rule.table else answer.rows


@dataclass(frozen=True)
class RowSubjects:
    """Implements Subjects. Columns are read once for all rows."""

    context: RuleContext
    answers: AlertAnswers
    decides: Deciding | None = None

    def each(self) -> Iterator[tuple[str, Variables]]:
        table, reads = self._table, self.context.predicates.reads
        if table is None:
            return
        before = self._read_before()
        measures = measured(self.answers.now, reads.get("measures", ()))
        for row, cells in zip(table.rows, columns_of(table, reads.get("row", ())), strict=True):
            was = before.get(row.key) if before is not None else NOTHING_KNOWN
            yield row.key, {"row": cells, "was": was, "measures": measures}

    def facts(self, subject: str) -> SubjectFacts:
        return self._facts(self._rows[subject])

    def unchanged(self, subject: str) -> bool:
        """Whether the row reads as it did at the baseline."""
        row, was = self._rows.get(subject), self._before.get(subject)
        return self._comparable and row is not None and row == was

    def left(self, subject: str, last: SubjectFacts) -> tuple[str, SubjectFacts]:
        """A membership class and its detail. Only rows of the main table are looked up after they left."""
        now, followed = self._followed.get(subject), self.answers.now.followed
        row = self._before.get(subject)
        was = record(self._names_before, row) if row is not None else Record(subject, last.cells)
        move, detail = why_left(was, now, self.context.traits.scope)
        if now is None or followed is None or now.text("status") == Status.DELETED:
            return f"{move} {detail}".strip(), last
        return f"{move} {detail}".strip(), row_facts(followed.columns, self.decides, self.context.kept).of(now)

    @cached_property
    def _table(self) -> Table | None:
        return table_of(self.context, self.answers.now)

    @cached_property
    def _names(self) -> list[str]:
        return [column.name for column in self._table.columns] if self._table is not None else []

    @cached_property
    def _facts(self) -> RowFacts:
        columns = self._table.columns if self._table is not None else ()
        return row_facts(columns, self.decides, self.context.kept)

    @cached_property
    def _rows(self) -> Mapping[str, Row]:
        return self._table.by_key() if self._table is not None else {}

    @cached_property
    def _followed(self) -> Mapping[str, Record]:
        main = self._table is not None and self._table.id == self.answers.now.main
        return records(self.answers.now.followed) if main else {}

    @cached_property
    def _table_before(self) -> Table | None:
        return table_of(self.context, self.answers.before)

    @cached_property
    def _before(self) -> Mapping[str, Row]:
        return self._table_before.by_key() if self._table_before is not None else {}

    @cached_property
    def _names_before(self) -> list[str]:
        return [column.name for column in self._table_before.columns] if self._table_before is not None else []

    @cached_property
    def _comparable(self) -> bool:
        return self._names == self._names_before

    def _read_before(self) -> Mapping[str, Given] | None:
        """The rows of the baseline, with the columns that the expressions read of `was`. None without a baseline."""
        if self.answers.before is None:
            return None
        table, reads = self._table_before, self.context.predicates.reads
        if table is None or "was" not in reads:
            return {}
        return dict(zip((row.key for row in table.rows), columns_of(table, reads["was"]), strict=True))
