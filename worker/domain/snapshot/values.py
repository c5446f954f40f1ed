"""A row's cells as an expression reads them: amounts in major units, times as times."""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal

from worker.domain.money import exponent
from worker.domain.snapshot.record import Record
from worker.domain.snapshot.snapshot import Cell, Column, Kind
from worker.domain.time.epoch import from_ms

KEY = Column("key", Kind.ID)
"""The row's own id, which every table has beside its columns."""


def values(
    row: Record, columns: Iterable[Column], wanted: Collection[str]
) -> dict[str, Decimal | str | bool | datetime | None]:
    """The cells of the `wanted` columns. An amount is null where its currency is not known: it has no major units."""
    found: dict[str, Decimal | str | bool | datetime | None] = {"key": row.key} if "key" in wanted else {}
    for column in columns:
        if column.name in wanted:
            found[column.name] = _value(column.kind, row.cells.get(column.name), row.text("currency"))
    return found


def _value(kind: Kind, cell: Cell, currency: str | None) -> Decimal | str | bool | datetime | None:
    if cell is None:
        return None
    if kind is Kind.MONEY:
        return Decimal(int(cell)).scaleb(-exponent(currency)) if currency is not None else None
    if kind is Kind.INSTANT:
        return from_ms(int(cell))
    if kind is Kind.DATE:
        return datetime.combine(date.fromisoformat(str(cell)), time(), UTC)
    if isinstance(cell, bool | str):
        return cell
    return Decimal(str(cell))
