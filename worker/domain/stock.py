"""What a list of deals is worth: per currency, in minor units, on one basis."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from worker.domain.record import Record
from worker.domain.snapshot import Table

NO_CURRENCY = "XXX"
"""ISO 4217 for "no currency involved": an amount whose currency nobody named, or deals none of which has a value."""


class Basis(StrEnum):
    """Which amount is added up: a year's worth, or what was typed in (only where every deal has one period)."""

    ANNUAL = "annual"
    AS_ENTERED = "as_entered"

    @property
    def column(self) -> str:
        return "annual" if self is Basis.ANNUAL else "value"


@dataclass(frozen=True, slots=True)
class Sum:
    """One currency: how many deals, their total in minor units, and how many of them have no value."""

    count: int = 0
    total: int = 0
    unvalued: int = 0


@dataclass(frozen=True, slots=True)
class Stock:
    """`adrift`: keys of deals with neither amount nor currency, and whether the amount is null (or 0)."""

    sums: Mapping[str, Sum]
    adrift: Mapping[str, bool]

    def settled(self, home: str, known: Mapping[str, str] | None = None) -> dict[str, Sum]:
        """With every deal counted: one adrift in the currency that `known` gives its key, else in `home`."""
        sums = dict(self.sums)
        for key, null in self.adrift.items():
            currency = (known or {}).get(key, home)
            was = sums.get(currency, Sum())
            sums[currency] = Sum(was.count + 1, was.total, was.unvalued + null)
        return sums


def stock(table: Table, basis: Basis = Basis.ANNUAL) -> Stock:
    """Adds a list up per currency; null counts as nothing and is counted apart."""
    counts: dict[str, int] = {}
    totals: dict[str, int] = {}
    nulls: dict[str, int] = {}
    adrift: dict[str, bool] = {}
    for key, amount, currency in _priced(table, basis):
        if not currency and not amount:
            adrift[key] = amount is None
            continue
        name = currency or NO_CURRENCY
        counts[name] = counts.get(name, 0) + 1
        if amount is None:
            nulls[name] = nulls.get(name, 0) + 1
        else:
            totals[name] = totals.get(name, 0) + amount
    return Stock({name: Sum(counts[name], totals.get(name, 0), nulls.get(name, 0)) for name in counts}, adrift)


def main_currency(*stocks: Stock) -> str:
    """The one with the most deals; where a deal that has neither value nor currency is counted."""
    counts: dict[str, int] = {}
    for one in stocks:
        for currency, found in one.sums.items():
            counts[currency] = counts.get(currency, 0) + found.count
    return min(counts, key=lambda currency: (-counts[currency], currency), default=NO_CURRENCY)


def sums_of(table: Table, basis: Basis = Basis.ANNUAL) -> dict[str, Sum]:
    """What the list holds, currency by currency, every deal counted; most deals first."""
    found = stock(table, basis)
    sums = found.settled(main_currency(found))
    return dict(sorted(sums.items(), key=lambda one: (-one[1].count, one[0])))


def amount_of(row: Record, basis: Basis = Basis.ANNUAL) -> int | None:
    return row.whole(basis.column)


def currency_of(row: Record, basis: Basis = Basis.ANNUAL) -> str | None:
    """None for a deal that has neither: it may take any currency without being converted."""
    return row.text("currency") or (NO_CURRENCY if amount_of(row, basis) else None)


def share_one_period(*tables: Table | None) -> bool:
    """Whether amounts as entered may be added: monthly and annual ones may not."""
    periods = set()
    for table in tables:
        if table is not None:
            position = {column.name: index for index, column in enumerate(table.columns)}.get("period")
            periods.update({row.cells[position] if position is not None else None for row in table.rows})
    return len(periods) <= 1


def _priced(table: Table, basis: Basis) -> Iterator[tuple[str, int | None, str | None]]:
    """Key, amount and currency of each row, by position: a list may hold 100,000."""
    position = {column.name: index for index, column in enumerate(table.columns)}
    amount_at, currency_at = position.get(basis.column), position.get("currency")
    for row in table.rows:
        amount = row.cells[amount_at] if amount_at is not None else None
        currency = row.cells[currency_at] if currency_at is not None else None
        yield row.key, amount if isinstance(amount, int) else None, currency if isinstance(currency, str) else None
