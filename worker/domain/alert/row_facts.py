"""A row as messages and lists show it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from worker.domain.alert.deciding import NUMBERS, Deciding
from worker.domain.alert.subject import Amount, SubjectFacts
from worker.domain.digest.deals import name_of
from worker.domain.snapshot.record import Record
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Row

SHOWN = ("next_step", "stall_reason", "expected_close", "stage_since", "stalled_since", "updated_at")
MATCHED = ("pipeline_id", "stage_id", "currency")

Reading = Callable[[tuple[Cell, ...]], tuple[Any, ...]]
"""Cells of a row, in the order in which they are wanted."""

_MONEY = Kind.MONEY
_AMOUNT = "annual"
_NAMED = ("title", "lead", "owner_id", "owner", "stage", "url", "currency")
_TEXTS = frozenset({Kind.TEXT, Kind.ID})


@dataclass(frozen=True, slots=True)
class RowFacts:
    """Reads the facts of rows of one table, 10,000 at once: where each column stands is looked up once. `columns`: all
    of the table. `kind`: of the number that an alert is about, None if it has none. `named`: reads the cells of _NAMED
    (texts or None) and that number, from a row's cells with a None behind them. `cells`: the columns that are kept
    beside those, and `kept` reads them.
    """

    columns: tuple[Column, ...]
    kind: Kind | None
    named: Reading
    cells: tuple[str, ...]
    kept: Reading

    def __call__(self, row: Row) -> SubjectFacts:
        title, lead, owner_id, owner, stage, url, currency, amount = self.named((*row.cells, None))
        kind, kept = self.kind, self.kept(row.cells)
        cells = dict(zip(self.cells, kept, strict=True))
        if None in kept:
            cells = {name: cell for name, cell in cells.items() if cell is not None}
        return SubjectFacts(
            row.key,
            name_of(row.key, title, lead),
            None if kind is None else Amount(kind, amount, currency or None if kind is _MONEY else None),
            owner_id or "",
            owner or owner_id or "",
            stage or "",
            url or "",
            None,
            cells,
        )

    def of(self, row: Record) -> SubjectFacts:
        return self(Row(row.key, tuple([row.cells.get(column.name) for column in self.columns])))


def row_facts(columns: Sequence[Column], decides: Deciding | None, kept: Iterable[str] = ()) -> RowFacts:
    """`decides`: the operand of the rule that is a number of the row. Without one, the row's amount is its value a
    year. `kept`: columns that inhibitions compare.
    """
    name = decides.column if decides is not None else _AMOUNT
    kind = next((column.kind for column in columns if column.name == name and column.kind in NUMBERS), None)
    places = {column.name: at for at, column in enumerate(columns)}
    texts = [places[one] if one in places and columns[places[one]].kind in _TEXTS else -1 for one in _NAMED]
    cells = tuple(one for one in (*SHOWN, *MATCHED, *kept) if one in places)
    named = itemgetter(*[*texts, places.get(name, -1)])
    return RowFacts(tuple(columns), kind, named, cells, _reading([places[one] for one in cells]))


def _reading(places: Sequence[int]) -> Reading:
    """`itemgetter` gives a tuple for two places and more."""
    return itemgetter(*places) if len(places) > 1 else lambda cells: tuple([cells[at] for at in places])
