"""Counts and sums of rows as conditions read them: of a whole list, or of each group."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from worker.domain.alert.rule import Rule
from worker.domain.money import exponent
from worker.domain.snapshot.snapshot import Cell, Row, Table
from worker.domain.snapshot.values import currencies_of

ANNUAL = "annual"
"""The column that is summed: as entered, amounts a month and a year could not be added up."""

_CURRENCY = re.compile(r"""\bvalue\s*\[\s*["']([^"']+)["']\s*]""")


@dataclass(slots=True)
class Tally:
    """`count`: rows. `valued`: rows whose amount is known. `totals`: minor units by currency, of known amounts.
    `unknown`: currencies of rows whose amount is not known, and None for rows that have no currency either.
    """

    count: int = 0
    valued: int = 0
    totals: dict[str, int] = field(default_factory=dict)
    unknown: set[str | None] = field(default_factory=set)

    def add(self, amount: Cell, currency: str | None) -> None:
        self.count += 1
        if not isinstance(amount, int):
            self.unknown.add(currency)
            return
        self.valued += 1
        if currency is not None:
            self.totals[currency] = self.totals.get(currency, 0) + amount

    def total(self, currency: str) -> int | None:
        """Minor units. 0 if a complete list has no row that could count; None if the amounts of all such rows are
        unknown.
        """
        if currency in self.totals:
            return self.totals[currency]
        return None if currency in self.unknown or None in self.unknown else 0

    def values(self, currencies: Iterable[str]) -> dict[str, Decimal | None]:
        """Major units by currency."""
        return {currency: major(self.total(currency), currency) for currency in currencies}


def major(amount: int | None, currency: str) -> Decimal | None:
    return None if amount is None else Decimal(amount).scaleb(-exponent(currency))


def tally(table: Table) -> Tally:
    found = Tally()
    for _, amount, currency in _amounts(table):
        found.add(amount, currency)
    return found


def tallies(table: Table, by: str) -> Mapping[str, Tally]:
    """By the value of the column. A row without one belongs to no group."""
    at = table.position(by)
    found: dict[str, Tally] = {}
    if at is None:
        return found
    for row, amount, currency in _amounts(table):
        value = row.cells[at]
        if value is not None and value != "":
            found.setdefault(str(value), Tally()).add(amount, currency)
    return found


def currencies_read(rule: Rule, tallied: Iterable[Tally]) -> Sequence[str]:
    """Those that the rule's expressions name, and those of the rows."""
    texts = (rule.condition, rule.until, *rule.severities.values())
    named = {code for text in texts for code in _CURRENCY.findall(text)}
    return sorted(named.union(*(one.totals for one in tallied)))


def _amounts(table: Table) -> Iterator[tuple[Row, Cell, str | None]]:
    at = table.position(ANNUAL)
    for row, currency in zip(table.rows, currencies_of(table), strict=True):
        yield row, row.cells[at] if at is not None else None, currency
