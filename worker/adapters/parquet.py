"""Stored answers as Parquet files. PyArrow is an extra and is imported when it is first needed.

https://arrow.apache.org/docs/python/parquet.html
"""

import importlib
import importlib.util
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from worker.domain.money import exponent, label_of
from worker.domain.snapshot.snapshot import Cell, Kind, Measure, Table

DIGITS = 38
"""Of a decimal, the most that 128 bits hold."""

MONEY_PLACES = 4
"""Decimals of an amount: no currency of ISO 4217 has more."""

NUMBER_PLACES = 10
"""Decimals of a figure: counts, amounts and ratios share one column."""


def installed() -> bool:
    return importlib.util.find_spec("pyarrow") is not None


def write_table(path: Path, rows: Table) -> None:
    """The columns of the table after `key`. Money is a decimal in major units, an instant a UTC timestamp in
    milliseconds. Null is null.

    Raises OSError if the file cannot be written.
    """
    arrow = importlib.import_module("pyarrow")
    at = rows.position("currency")
    columns: dict[str, Any] = {"key": arrow.array([row.key for row in rows.rows], arrow.string())}
    for place, column in enumerate(rows.columns):
        cells = [(row.cells[place], row.cells[at] if at is not None else None) for row in rows.rows]
        made = [_cell(cell, column.kind, currency, is_currency=place == at) for cell, currency in cells]
        columns[column.name] = arrow.array(made, _type(arrow, column.kind))
    _write(path, arrow.table(columns))


def write_measures(path: Path, measures: Sequence[Measure]) -> None:
    """`measure`, `kind`, `value`, `currency`, `why_null`; a line for each figure. Raises OSError as `write_table`."""
    arrow = importlib.import_module("pyarrow")
    texts = arrow.string()
    columns = {
        "measure": arrow.array([".".join(one.key) for one in measures], texts),
        "kind": arrow.array([one.kind.value for one in measures], texts),
        "value": arrow.array([_figure(one) for one in measures], arrow.decimal128(DIGITS, NUMBER_PLACES)),
        "currency": arrow.array([label_of(one.currency) if one.currency else None for one in measures], texts),
        "why_null": arrow.array([one.why_null for one in measures], texts),
    }
    _write(path, arrow.table(columns))


def _write(path: Path, table: Any) -> None:
    with path.open("wb") as file:
        importlib.import_module("pyarrow.parquet").write_table(table, file)


def _type(arrow: Any, kind: Kind) -> Any:
    return {
        Kind.INT: arrow.int64(),
        Kind.MONEY: arrow.decimal128(DIGITS, MONEY_PLACES),
        Kind.RATIO: arrow.float64(),
        Kind.SECONDS: arrow.float64(),
        Kind.INSTANT: arrow.timestamp("ms", tz="UTC"),
        Kind.DATE: arrow.date32(),
        Kind.BOOL: arrow.bool_(),
    }.get(kind, arrow.string())


def _cell(cell: Cell, kind: Kind, currency: Cell, *, is_currency: bool) -> Any:
    if cell is None:
        return None
    if kind is Kind.MONEY and isinstance(cell, int | float):
        return _amount(round(cell), str(currency or ""))
    if kind is Kind.INSTANT and isinstance(cell, int | float):
        return datetime.fromtimestamp(cell / 1000, UTC)
    if kind is Kind.DATE and isinstance(cell, str):
        return date.fromisoformat(cell)
    if not isinstance(cell, str):
        return cell
    text = label_of(cell) if is_currency else cell
    return text.encode("utf-8", "replace").decode()  # half a surrogate pair has no place in UTF-8


def _figure(of: Measure) -> Decimal | None:
    if of.value is None:
        return None
    return _amount(round(of.value), of.currency or "") if of.kind is Kind.MONEY else _rounded(of.value)


def _rounded(value: float) -> Decimal:
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-NUMBER_PLACES))


def _amount(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-exponent(currency))
