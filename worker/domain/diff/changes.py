"""The changes of an answer that count for a reader who asked for changes only, by name."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from worker.domain.diff.diff import TableDiff, counts, diff, diff_measures, watch_names
from worker.domain.snapshot.history import HISTORY
from worker.domain.snapshot.record import record
from worker.domain.snapshot.requests import REQUESTS
from worker.domain.snapshot.snapshot import Snapshot

STATUS = "status"
"""A column for which the new value is reported too."""


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """`rows`: the number of rows with another cell in `column`. `to`: the new cell, if it is reported."""

    column: str
    rows: int
    to: str = ""


@dataclass(frozen=True, slots=True)
class QueryChange:
    """Everything significant that differs between two answers to one query. `first`: there was no answer before.

    `added`, `removed` and `rows` (those that changed in place) are counted over all tables; `measures` are their keys.
    `new_period`: the answers are of windows that begin at different instants, so that nearly everything differs.
    """

    query_id: str
    first: bool = False
    added: int = 0
    removed: int = 0
    rows: int = 0
    columns: tuple[ColumnChange, ...] = ()
    measures: tuple[tuple[str, ...], ...] = ()
    new_period: bool = False

    def __bool__(self) -> bool:
        return bool(self.first or self.added or self.removed or self.columns or self.measures)


def table_diffs(before: Snapshot, after: Snapshot) -> dict[str, TableDiff]:
    """By id, of every table that both answers have and that nobody cut."""
    pairs = ((before.table(new.id), new) for new in after.tables if new.id not in (REQUESTS, HISTORY))
    return {new.id: diff(old, new) for old, new in pairs if old is not None and not old.sliced and not new.sliced}


def query_change(
    before: Snapshot | None,
    after: Snapshot,
    watch: Collection[str] = (),
    tables: Mapping[str, TableDiff] | None = None,
) -> QueryChange:
    """The result is false if nothing significant differs. A sliced list is shown, but never counts.

    Cells count if their column is significant; measures always count. If the schedule has `watch`, only what is named
    there counts. `tables` saves comparing the rows again, if the caller has their `table_diffs`.
    """
    if before is None:
        return QueryChange(after.query_id, first=True)
    measures = tuple(change.key for change in diff_measures(before.measures, after.measures))
    found = [one for one in (table_diffs(before, after) if tables is None else tables).values() if one]
    return QueryChange(
        after.query_id,
        added=sum(len(table.added) for table in found),
        removed=sum(len(table.removed) for table in found),
        rows=sum(any(counts(cell.column, watch) for cell in row.cells) for one in found for row in one.changed),
        columns=_columns(found, watch),
        measures=tuple(key for key in measures if not watch or watch_names(key, watch)),
        new_period=_start(before) != _start(after),
    )


def _start(answer: Snapshot) -> datetime | None:
    return None if answer.window is None else answer.window.start


def _columns(tables: Collection[TableDiff], watch: Collection[str]) -> tuple[ColumnChange, ...]:
    """In the order of the columns."""
    found: Counter[tuple[str, str]] = Counter()
    order: dict[str, None] = {}
    for table in tables:
        names = [column.name for column in table.columns]
        order |= dict.fromkeys(names)
        for change in table.changed:
            status = record(names, change.after).text(STATUS) or ""
            for cell in change.cells:
                if counts(cell.column, watch):
                    found[cell.column.name, status if cell.column.name == STATUS else ""] += 1
    places = list(order)
    ordered = sorted(found.items(), key=lambda one: (places.index(one[0][0]), one[0][1]))
    return tuple(ColumnChange(name, rows, to) for (name, to), rows in ordered)
