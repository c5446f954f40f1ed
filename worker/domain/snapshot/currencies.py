"""One currency that is written in two ways, in an older answer and in a newer one.

A currency of an account's own is stored with its digits and its label (`worker.domain.money.custom`). The code says
which currency it is. A new label or more digits make no other currency, so they are no change of a deal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from worker.domain.money import code_of, exponent
from worker.domain.snapshot.snapshot import Cell, Kind, Measure, Row, Snapshot, Table

CURRENCY = "currency"
"""The column that holds the currency of a row's amounts."""


def written_as_in(before: Snapshot, after: Snapshot) -> Snapshot:
    """`before` with its custom currencies as `after` writes them; `before` itself where there is nothing to change.

    Amounts are converted to the new digits. A row or measure whose amounts would lose digits stays as it is, and is
    then reported as a conversion.
    """
    spelling = {code_of(currency): currency for currency in _customs(after)}
    old = {currency for currency in _customs(before) if spelling.get(code_of(currency), currency) != currency}
    if not old:
        return before
    renamed = {currency: spelling[code_of(currency)] for currency in old}
    return replace(
        before,
        measures=tuple(_measure(measure, renamed) for measure in before.measures),
        tables=tuple(_table(table, renamed) for table in before.tables),
        followed=None if before.followed is None else _table(before.followed, renamed),
    )


def _customs(snapshot: Snapshot) -> set[str]:
    found: set[Cell] = {measure.currency for measure in snapshot.measures}
    for table in _tables(snapshot):
        at = _place(table)
        if at is not None:
            found.update({row.cells[at] for row in table.rows})
    return {currency for currency in found if isinstance(currency, str) and code_of(currency) != currency}


def _tables(snapshot: Snapshot) -> Iterable[Table]:
    return snapshot.tables if snapshot.followed is None else (*snapshot.tables, snapshot.followed)


def _place(table: Table) -> int | None:
    return next((at for at, column in enumerate(table.columns) if column.name == CURRENCY), None)


def _table(table: Table, renamed: Mapping[str, str]) -> Table:
    at = _place(table)
    if at is None:
        return table
    money = frozenset(place for place, column in enumerate(table.columns) if column.kind is Kind.MONEY)
    return replace(table, rows=tuple(_row(row, at, money, renamed) for row in table.rows))


def _row(row: Row, at: int, money: frozenset[int], renamed: Mapping[str, str]) -> Row:
    old = row.cells[at]
    new = renamed.get(old) if isinstance(old, str) else None
    if new is None or not isinstance(old, str):
        return row
    cells: list[Cell] = [_amount(cell, old, new) if place in money else cell for place, cell in enumerate(row.cells)]
    if any((was is None) != (now is None) for was, now in zip(row.cells, cells, strict=True)):
        return row
    cells[at] = new
    return Row(row.key, tuple(cells))


def _measure(measure: Measure, renamed: Mapping[str, str]) -> Measure:
    old = measure.currency or ""
    new = renamed.get(old)
    value = measure.value if new is None or measure.kind is not Kind.MONEY else _amount(measure.value, old, new)
    if new is None or (value is None) != (measure.value is None):
        return measure
    return replace(measure, value=value, currency=new)


def _amount(amount: Cell, old: str, new: str) -> int | None:
    """Minor units of `old` in those of `new`; None for no amount, and for one that does not fit."""
    if not isinstance(amount, int):
        return None
    shift = exponent(new) - exponent(old)
    if shift >= 0:
        return int(amount * 10**shift)
    whole, rest = divmod(amount, int(10**-shift))
    return None if rest else whole
