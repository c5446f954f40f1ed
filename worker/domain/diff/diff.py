"""What changed between two tables, row by row and cell by cell. A diff is also a patch: `apply(diff(a, b), a) == b`."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from worker.domain.snapshot.snapshot import Cell, Column, Measure, Row, Table

Cells = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class CellChange:
    column: Column
    before: Cell
    after: Cell


@dataclass(frozen=True, slots=True)
class RowChange:
    """`before` and `after` are the whole rows, in the columns of the diff. `cells`: only the cells that differ."""

    before: Row
    after: Row
    cells: tuple[CellChange, ...]

    @property
    def key(self) -> str:
        return self.after.key


@dataclass(frozen=True, slots=True)
class TableDiff:
    """`columns`: the columns that both tables have, in the new table's order. Rows of the diff are cut to them.

    All three groups are sorted by key. `total` is the new table's.
    """

    table: str
    columns: tuple[Column, ...]
    added: tuple[Row, ...]
    removed: tuple[Row, ...]
    changed: tuple[RowChange, ...]
    total: int | None = None

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class MeasureChange:
    """`before` is None for a new measure, `after` for one that is gone."""

    key: tuple[str, ...]
    before: Measure | None
    after: Measure | None


def diff(old: Table, new: Table) -> TableDiff:
    """Raises ValueError for a list that the user cut: a row that is missing from a slice has no meaning."""
    if old.sliced or new.sliced:
        raise ValueError(f"{new.id}: a cut list cannot be compared")
    columns = _common(old, new)
    if old is new:
        return TableDiff(new.id, columns, (), (), (), new.total)
    was = {row.key: row.cells for row in _cut(old, columns)}
    take = was.pop  # the rows that remain in `was` are those that left; no second pass over the keys
    differ = [(before, row) for row in _cut(new, columns) if (before := take(row.key, None)) != row.cells]
    changed = [
        RowChange(Row(row.key, before), row, _cells(columns, before, row.cells))
        for before, row in differ
        if before is not None
    ]
    return TableDiff(
        table=new.id,
        columns=columns,
        added=tuple(row for before, row in differ if before is None),
        removed=tuple(Row(key, cells) for key, cells in was.items()),
        changed=tuple(changed),
        total=new.total,
    )


def apply(changes: TableDiff, old: Table) -> Table:
    """The new table, in the columns that both have. Raises ValueError if `old` is not the table of the diff."""
    rows = {row.key: row for row in _cut(old, changes.columns)}
    for row in changes.removed:
        if rows.pop(row.key, None) != row:
            raise ValueError(f"{old.id}: the diff removes {row.key!r}, which is not there like that")
    for change in changes.changed:
        if rows.get(change.key) != change.before:
            raise ValueError(f"{old.id}: the diff changes {change.key!r}, which is not there like that")
        rows[change.key] = change.after
    rows.update((row.key, row) for row in changes.added)
    return Table(changes.table, changes.columns, tuple(rows[key] for key in sorted(rows)), changes.total)


def diff_measures(old: Iterable[Measure], new: Iterable[Measure]) -> tuple[MeasureChange, ...]:
    """Measures whose value or currency differs, or that only one side has. The reason of a null does not count."""
    before = {measure.key: measure for measure in old}
    after = {measure.key: measure for measure in new}
    keys = [*after, *(key for key in before if key not in after)]
    changes = (MeasureChange(key, before.get(key), after.get(key)) for key in keys)
    return tuple(change for change in changes if _worth(change.before) != _worth(change.after))


def watch_names(key: tuple[str, ...], watch: Collection[str]) -> bool:
    """`watch` names a measure by its last word ("count_total_won"), or by all its words joined with dots."""
    return key[-1] in watch or ".".join(key) in watch


def counts(column: Column, watch: Collection[str]) -> bool:
    """Whether a change in this column counts. `watch` replaces the column's own mark."""
    return column.name in watch if watch else column.significant


def _common(old: Table, new: Table) -> tuple[Column, ...]:
    if old.columns == new.columns:
        return new.columns
    names = {column.name for column in old.columns}
    return tuple(column for column in new.columns if column.name in names)


def _cut(source: Table, columns: tuple[Column, ...]) -> Iterable[Row]:
    """The table's rows in these columns. They are returned as they are if the columns are the table's own."""
    names = [column.name for column in columns]
    if names == [column.name for column in source.columns]:
        return source.rows
    pick = _picker([source.index(name) for name in names])
    return [Row(row.key, pick(row.cells)) for row in source.rows]


def _picker(positions: list[int]) -> Callable[[Cells], Cells]:
    return lambda cells: tuple([cells[position] for position in positions])


def _cells(columns: tuple[Column, ...], before: Cells, after: Cells) -> tuple[CellChange, ...]:
    paired = zip(columns, before, after, strict=True)
    return tuple(CellChange(column, old, new) for column, old, new in paired if old != new)


def _worth(measure: Measure | None) -> tuple[object, ...] | None:
    return None if measure is None else (measure.value, measure.currency)
