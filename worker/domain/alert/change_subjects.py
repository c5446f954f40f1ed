"""Each change of a table as the subject of a rule: rows that were added, removed or changed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from worker.domain.alert.context import AlertAnswers, RuleContext
from worker.domain.alert.deciding import Deciding
from worker.domain.alert.predicates import Variables
from worker.domain.alert.row_facts import row_facts
from worker.domain.alert.row_subjects import table_of
from worker.domain.alert.rule import ChangeKind
from worker.domain.alert.subject import SubjectFacts
from worker.domain.diff.diff import RowChange, TableDiff, counts, diff
from worker.domain.diff.moves import Pair, pairs
from worker.domain.expression import Given
from worker.domain.snapshot.record import Record, record
from worker.domain.snapshot.snapshot import Column
from worker.domain.snapshot.values import values


@dataclass(frozen=True, slots=True)
class SubjectChange:
    """`row`: the newest reading. `was`: the row at the baseline. `why`: a membership class, None if there is none."""

    row: Record
    was: Record | None
    why: str | None = None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChangeSubjects:
    """Implements Subjects. Without a baseline nothing is known to have changed."""

    context: RuleContext
    answers: AlertAnswers
    decides: Deciding | None = None

    def each(self) -> Iterator[tuple[str, Variables]]:
        reads = self.context.predicates.reads
        for key, change in self._changes.items():
            change_values: Given = {"columns": change.columns, "why": change.why}
            was = values(change.was, self._columns, reads.get("was", ())) if change.was is not None else None
            row = values(change.row, self._columns, reads.get("row", ()))
            yield key, {"row": row, "was": was, "change": change_values}

    def facts(self, subject: str) -> SubjectFacts:
        return row_facts(self._columns, self.decides, self.context.kept).of(self._changes[subject].row)

    @cached_property
    def _diff(self) -> TableDiff | None:
        """None where nothing can be compared: without a baseline, and for a list that the user cut."""
        before, now = (table_of(self.context, one) for one in (self.answers.before, self.answers.now))
        if before is None or now is None or before.sliced or now.sliced:
            return None
        return diff(before, now)

    @property
    def _columns(self) -> tuple[Column, ...]:
        return self._diff.columns if self._diff is not None else ()

    @cached_property
    def _changes(self) -> Mapping[str, SubjectChange]:
        found = self._diff
        if found is None:
            return {}
        kind = self.context.rule.change
        if kind is ChangeKind.CHANGED:
            return {change.key: self._changed(change) for change in found.changed if self._counts(change)}
        return {pair.row.key: pair for pair in self._moved(found, kind)}

    def _changed(self, change: RowChange) -> SubjectChange:
        names = [column.name for column in self._columns]
        columns = tuple(cell.column.name for cell in change.cells)
        return SubjectChange(record(names, change.after), record(names, change.before), None, columns)

    def _counts(self, change: RowChange) -> bool:
        """A change counts in the same way as for `send: on_change`. If a table marks no column, all of its changes
        count.
        """
        watch = self.context.watch
        marked = any(counts(column, watch) for column in self._columns)
        return not marked or any(counts(cell.column, watch) for cell in change.cells)

    def _moved(self, found: TableDiff, kind: ChangeKind | None) -> Iterable[SubjectChange]:
        if table_of(self.context, self.answers.now) is not self.answers.now.rows or self.answers.before is None:
            rows = found.added if kind is ChangeKind.ADDED else found.removed
            return [self._beside(record([one.name for one in self._columns], row), kind) for row in rows]
        moved = pairs(self.answers.before, self.answers.now, self.context.traits.scope, found)
        wanted = [pair for pair in moved if pair.why is not None and (pair.was is None) == (kind is ChangeKind.ADDED)]
        return [change for pair in wanted if (change := _change(pair)) is not None]

    def _beside(self, row: Record, kind: ChangeKind | None) -> SubjectChange:
        """A row of a table beside the list has no membership class."""
        return SubjectChange(row, None if kind is ChangeKind.ADDED else row)


def _change(pair: Pair) -> SubjectChange | None:
    row = pair.now or pair.was
    return None if row is None or pair.why is None else SubjectChange(row, pair.was, pair.why[0].value)
