"""A row's cells as an expression reads them: amounts in major units, times as times."""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal

from worker.domain.money import exponent
from worker.domain.snapshot.record import Record
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Table
from worker.domain.time.epoch import from_ms, to_ms

_MONEY = Kind.MONEY

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


def cell_of(value: Decimal | str | bool | datetime | None, kind: Kind, currency: str | None) -> Cell:
    """What a snapshot would hold for a value that an expression read. An amount without a currency counts as one in
    hundredths.
    """
    if isinstance(value, Decimal):
        number = value.scaleb(exponent(currency or "")) if kind is _MONEY else value
        return int(number) if number == number.to_integral_value() else float(number)
    if isinstance(value, datetime):
        return value.date().isoformat() if kind is Kind.DATE else to_ms(value)
    return value


def columns_of(table: Table, wanted: Iterable[str]) -> list[dict[str, Decimal | str | bool | datetime | None]]:
    """`values` of every row of a table, in its order, column by column: a list may hold 10,000 rows. A column that the
    table lacks is null.
    """
    names = list(wanted)
    if not names:
        return [{} for _ in table.rows]
    columns = [_column(table, name) for name in names]
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def currencies_of(table: Table) -> list[str | None]:
    """The currency of every row. A service may write "" for that of a deal without a value."""
    at = table.position("currency")
    cells = [row.cells[at] for row in table.rows] if at is not None else [None] * len(table.rows)
    return [cell if isinstance(cell, str) and cell else None for cell in cells]


def _column(table: Table, name: str) -> list[Decimal | str | bool | datetime | None]:
    if name == KEY.name:
        return [row.key for row in table.rows]
    at = table.position(name)
    if at is None:
        return [None] * len(table.rows)
    kind = table.columns[at].kind
    if kind is Kind.MONEY:
        return _major(at, table)
    return [_value(kind, row.cells[at], None) for row in table.rows]


def _major(at: int, table: Table) -> list[Decimal | str | bool | datetime | None]:
    """Amounts, as `_value` reads them."""
    currencies = currencies_of(table)
    digits = {one: -exponent(one) for one in set(currencies) if one is not None}
    return [
        None if cell is None or currency is None else Decimal(cell).scaleb(digits[currency])
        for cell, currency in zip([row.cells[at] for row in table.rows], currencies, strict=True)
    ]


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
