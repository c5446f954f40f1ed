"""One row, read by column name. A column that an older answer lacks reads as null, so that reading never fails."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from worker.domain.snapshot.snapshot import Cell, Row, Table


@dataclass(frozen=True, slots=True)
class Record:
    key: str
    cells: Mapping[str, Cell]

    def text(self, name: str) -> str | None:
        """None also for an empty text: a service may write "" for the currency of a deal without a value."""
        cell = self.cells.get(name)
        return cell if isinstance(cell, str) and cell else None

    def whole(self, name: str) -> int | None:
        """An amount in minor units, a count, a position or milliseconds since the Unix epoch."""
        cell = self.cells.get(name)
        return cell if isinstance(cell, int) and not isinstance(cell, bool) else None

    def number(self, name: str) -> float | None:
        """A ratio or a duration."""
        cell = self.cells.get(name)
        return cell if isinstance(cell, int | float) and not isinstance(cell, bool) else None

    def flag(self, name: str) -> bool | None:
        cell = self.cells.get(name)
        return cell if isinstance(cell, bool) else None


def record(names: Iterable[str], row: Row) -> Record:
    return Record(row.key, dict(zip(names, row.cells, strict=True)))


def records(table: Table | None) -> dict[str, Record]:
    """Every row of a table by its key; none without a table."""
    if table is None:
        return {}
    names = [column.name for column in table.columns]
    return {row.key: record(names, row) for row in table.rows}
