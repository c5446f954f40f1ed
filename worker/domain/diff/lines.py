"""What differs between two answers, line by line, as a list or a spreadsheet shows it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from worker.domain.diff.between import QueryComparison
from worker.domain.diff.bridge import Bridge
from worker.domain.diff.diff import CellChange, RowChange, TableDiff
from worker.domain.diff.moves import Step
from worker.domain.diff.stock import amount_of, currency_of
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.record import Record, record
from worker.domain.snapshot.snapshot import Cell, Column

TITLES = ("title", "name", "label")
"""Columns that name a row; the first that a table has is used."""

AMOUNTS = ("annual", "value")
"""Columns with the value of a row; the first that a table has is used."""

PRICE = frozenset({Move.RAISED, Move.LOWERED, Move.CONVERTED_IN, Move.CONVERTED_OUT})
"""Classes of a deal that is in both answers. All others say why a deal joined or left."""


class LineKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    FIGURE = "figure"


@dataclass(frozen=True, slots=True)
class DiffLine:
    """`table`, `title` and `why` are "" for a figure, whose `key` is its name with dots. A row that joined or left has
    one line, with what it counts; a changed row has one for each cell. `why`: the class of the bridge. `before_in` and
    `after_in`: the currencies of the two values.

    `revalued`: a row that left had another value when it left, which is then `after`: the bridge counts it out at that
    value, and the difference as raised, lowered or converted. `after` of every other row that left is None.
    """

    table: str
    change: LineKind
    why: str
    key: str
    title: str
    column: Column | None
    before: Cell
    after: Cell
    before_in: str | None = None
    after_in: str | None = None
    revalued: bool = False


def lines(found: QueryComparison) -> Iterator[DiffLine]:
    """Figures first, then each table: what joined, what left, what changed in place, each by key."""
    for one in found.measures:
        known = one.after or one.before
        if known is not None:
            was, now = one.before, one.after
            column = Column("value", known.kind)
            yield DiffLine(
                "",
                LineKind.FIGURE,
                "",
                ".".join(one.key),
                "",
                column,
                was.value if was is not None else None,
                now.value if now is not None else None,
                was.currency if was is not None else None,
                now.currency if now is not None else None,
            )
    main = found.after.main if found.after is not None else None
    for changes in found.tables:
        yield from _of_table(changes, _classes(found.bridge) if changes.table == main else {})


def _of_table(changes: TableDiff, classes: Mapping[str, Step]) -> Iterator[DiffLine]:
    names = [column.name for column in changes.columns]
    amount = next((column for name in AMOUNTS for column in changes.columns if column.name == name), None)
    for kind, rows in ((LineKind.ADDED, changes.added), (LineKind.REMOVED, changes.removed)):
        for row in rows:
            yield _whole_row(changes.table, kind, record(names, row), amount, classes.get(row.key))
    for change in changes.changed:
        was, now = record(names, change.before), record(names, change.after)
        for cell in _cells(change, amount, was, now):
            yield DiffLine(
                changes.table,
                LineKind.CHANGED,
                "",
                change.key,
                _title(now),
                cell.column,
                cell.before,
                cell.after,
                was.text("currency"),
                now.text("currency"),
            )


def _whole_row(table: str, kind: LineKind, row: Record, amount: Column | None, step: Step | None) -> DiffLine:
    counted = row.cells.get(amount.name) if amount is not None else None
    why = ":".join(filter(None, (step.move.value, step.detail))) if step is not None else ""
    currency = row.text("currency")
    before, after, after_in = (None, counted, currency) if kind is LineKind.ADDED else (counted, None, currency)
    revalued = kind is LineKind.REMOVED and step is not None and _left_at_another(step, row)
    if revalued and step is not None:
        after, after_in = step.amount if step.known else None, step.currency
    return DiffLine(table, kind, why, row.key, _title(row), amount, before, after, currency, after_in, revalued)


def _left_at_another(step: Step, row: Record) -> bool:
    """Whether the bridge counts a row out at another value than the older answer had."""
    had = amount_of(row)
    return (step.amount if step.known else None) != had or bool(had and step.currency != currency_of(row))


def _cells(change: RowChange, amount: Column | None, was: Record, now: Record) -> Iterator[CellChange]:
    """Those that differ, and the amount too if only its currency does: then it left one sum and joined another."""
    yield from change.cells
    moved = amount is not None and was.text("currency") != now.text("currency")
    if amount is not None and moved and amount not in {cell.column for cell in change.cells}:
        yield CellChange(amount, was.cells[amount.name], now.cells[amount.name])


def _classes(found: Bridge | None) -> Mapping[str, Step]:
    """The membership class of each deal that joined or left."""
    return {step.key: step for step in found.steps if step.move not in PRICE} if found is not None else {}


def _title(row: Record) -> str:
    return next((text for name in TITLES if (text := row.text(name))), "")
