"""Rows of a table with the same rows of an earlier answer: their order and their sums."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from worker.domain.digest.deals import ordered
from worker.domain.snapshot.record import Record
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Table
from worker.domain.time.window import Window

PER_YEAR = "annual"

Cells = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """`earlier`: the rows of what this is compared with, by key; None without a comparison. `whole`: no row exists
    beyond these, so that an absent one counts nothing; `earlier_whole` says so of the earlier ones.
    """

    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    rows: tuple[Cells, ...]
    earlier: Mapping[str, Cells] | None = None
    window: Window | None = None
    compared: Window | None = None
    whole: bool = True
    earlier_whole: bool = True

    @property
    def before(self) -> tuple[Cells | None, ...]:
        """Each row as it was, None for a new one; () without a comparison."""
        return () if self.earlier is None else tuple(self.earlier.get(key) for key in self.keys)

    def last(self, most: int) -> "Listing":
        """The newest rows of days."""
        return replace(self, keys=self.keys[-most:], rows=self.rows[-most:])

    def now(self) -> dict[str, Cells]:
        return dict(zip(self.keys, self.rows, strict=True))


def listing(now: Table, before: Table | None, window: Window | None, compared: Window | None) -> Listing:
    """In the table's own order."""
    names = [column.name for column in now.columns]
    return Listing(
        columns=now.columns,
        keys=tuple(row.key for row in now.rows),
        rows=tuple(row.cells for row in now.rows),
        earlier={row.key: _as_columns(before, row.cells, names) for row in before.rows} if before else None,
        window=window,
        compared=compared,
        whole=not now.sliced,
        earlier_whole=before is None or not before.sliced,
    )


def in_order(rows: Listing, order: Sequence[str] | None) -> Listing:
    """By the columns of `order`, the first of them first; a leading minus puts the largest first. None: as its columns
    suggest; (): as it is.
    """
    names = [column.name for column in rows.columns]
    places = {key: place for place, key in enumerate(rows.keys)}
    listed = [
        Record(key, dict(zip(names, cells, strict=True))) for key, cells in zip(rows.keys, rows.rows, strict=True)
    ]
    for by in reversed(_largest_first(rows.columns) if order is None else order):
        listed = ordered(listed, by)
    taken = [places[one.key] for one in listed]
    return replace(
        rows,
        keys=tuple(rows.keys[place] for place in taken),
        rows=tuple(rows.rows[place] for place in taken),
    )


def summed(columns: Sequence[Column], rows: Sequence[Cells]) -> Cells | None:
    """The sums of the columns that may be added up, and what all rows share; None for amounts of several currencies."""
    currencies = {row[place] for row in rows for place, column in enumerate(columns) if column.name == "currency"}
    if len(currencies - {None, ""}) > 1 or not rows:
        return None
    return tuple(_sum(column, [row[place] for row in rows]) for place, column in enumerate(columns))


def _sum(column: Column, cells: Sequence[Cell]) -> Cell:
    if column.name == "currency":
        return next((cell for cell in cells if cell), None)
    numbers = [cell for cell in cells if isinstance(cell, int | float) and not isinstance(cell, bool)]
    return sum(numbers) if column.sum and numbers else None


def _as_columns(table: Table, cells: Cells, names: Sequence[str]) -> Cells:
    """An earlier row under today's columns."""
    found = dict(zip((column.name for column in table.columns), cells, strict=True))
    return tuple(found.get(name) for name in names)


def _largest_first(columns: Sequence[Column]) -> tuple[str, ...]:
    """Of deals by their value per year, else by the first column that may be added up. () for rows of days, or with
    nothing to add up, which stay.
    """
    if columns and columns[0].kind in {Kind.DATE, Kind.INSTANT}:
        return ()
    sums = [column.name for column in columns if column.sum]
    return (f"-{PER_YEAR if PER_YEAR in sums else sums[0]}",) if sums else ()
