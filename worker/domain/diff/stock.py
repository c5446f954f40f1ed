"""The value of a list of deals: per currency, in minor units, on one basis."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from worker.domain.snapshot.record import Record
from worker.domain.snapshot.snapshot import Cell, Table

NO_CURRENCY = "XXX"
"""ISO 4217 for "no currency involved": for an amount without a currency, and for deals none of which has a value."""


class Basis(StrEnum):
    """Which amount is summed: the value per year, or the value as entered (only if every deal has the same period)."""

    ANNUAL = "annual"
    AS_ENTERED = "as_entered"

    @property
    def column(self) -> str:
        return "annual" if self is Basis.ANNUAL else "value"


@dataclass(frozen=True, slots=True)
class Sum:
    """One currency: the number of deals, their total in minor units, and the number of deals without a value."""

    count: int = 0
    total: int = 0
    unvalued: int = 0


@dataclass(frozen=True, slots=True)
class Stock:
    """`adrift`: keys of deals with neither amount nor currency, and whether the amount is null (or 0)."""

    sums: Mapping[str, Sum]
    adrift: Mapping[str, bool]

    def settled(self, home: str, known: Mapping[str, str] | None = None) -> dict[str, Sum]:
        """Every deal counted. One adrift counts in the currency that `known` gives its key, else in `home`."""
        sums = dict(self.sums)
        for key, null in self.adrift.items():
            currency = (known or {}).get(key, home)
            was = sums.get(currency, Sum())
            sums[currency] = Sum(was.count + 1, was.total, was.unvalued + null)
        return sums


def stock(table: Table, basis: Basis = Basis.ANNUAL) -> Stock:
    """Sums a list per currency. A null adds nothing and is counted separately."""
    amount_at, currency_at = _position(table, basis.column), _position(table, "currency")
    if amount_at is None or currency_at is None:
        return Stock({}, {row.key: True for row in table.rows})
    found = _grouped(table, amount_at, currency_at)
    bare = [row for row in table.rows if not row.cells[currency_at]] if not all(found) else []
    priced = [row.cells[amount_at] for row in bare if row.cells[amount_at]]
    if priced:
        found.setdefault(NO_CURRENCY, []).extend(priced)
    adrift = {row.key: row.cells[amount_at] is None for row in bare if not row.cells[amount_at]}
    return Stock({str(currency): _sum(amounts) for currency, amounts in found.items() if currency}, adrift)


def main_currency(*stocks: Stock) -> str:
    """The currency with most deals. A deal with neither value nor currency counts in it."""
    counts: dict[str, int] = {}
    for one in stocks:
        for currency, found in one.sums.items():
            counts[currency] = counts.get(currency, 0) + found.count
    return min(counts, key=lambda currency: (-counts[currency], currency), default=NO_CURRENCY)


def sums_of(table: Table, basis: Basis = Basis.ANNUAL) -> dict[str, Sum]:
    """The sums of the list per currency, with every deal counted; most deals first."""
    found = stock(table, basis)
    sums = found.settled(main_currency(found))
    return dict(sorted(sums.items(), key=lambda one: (-one[1].count, one[0])))


def amount_of(row: Record, basis: Basis = Basis.ANNUAL) -> int | None:
    return row.whole(basis.column)


def currency_of(row: Record, basis: Basis = Basis.ANNUAL) -> str | None:
    """None for a deal with neither value nor currency: it can count in any currency."""
    return row.text("currency") or (NO_CURRENCY if amount_of(row, basis) else None)


def share_one_period(*tables: Table | None) -> bool:
    """Whether amounts as entered can be summed: monthly and annual ones cannot."""
    periods = set()
    for table in tables:
        if table is not None:
            at = _position(table, "period")
            periods.update({row.cells[at] if at is not None else None for row in table.rows})
    return len(periods) <= 1


def _position(table: Table, column: str) -> int | None:
    return next((index for index, one in enumerate(table.columns) if one.name == column), None)


def _grouped(table: Table, amount_at: int, currency_at: int) -> dict[Cell, list[Cell]]:
    """Amounts by currency. Most lists have one currency and need no look-up per row: a list may hold 100,000."""
    currencies = {row.cells[currency_at] for row in table.rows}
    if len(currencies) == 1:
        return {currencies.pop(): [row.cells[amount_at] for row in table.rows]}
    found: defaultdict[Cell, list[Cell]] = defaultdict(list)
    for row in table.rows:
        found[row.cells[currency_at]].append(row.cells[amount_at])
    return found


def _sum(amounts: list[Cell]) -> Sum:
    nulls = amounts.count(None)
    whole = cast("list[int]", [amount for amount in amounts if amount is not None] if nulls else amounts)
    return Sum(len(amounts), sum(whole), nulls)
