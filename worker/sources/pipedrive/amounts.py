"""Pipedrive writes amounts in whole units of a currency, with decimals; ours are whole minor units."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from worker.domain.money import exponent
from worker.errors import SourceShapeChanged
from worker.sources.common.parse import Node


@dataclass(frozen=True, slots=True)
class Amounts:
    """Reads amounts; `notes` collects what did not fit a currency's minor unit."""

    notes: list[str]

    def minor(self, node: Node, currency: str, *whose: str) -> int:
        """Exactly what was written; the part that no minor unit can hold is dropped and noted, under `whose` it is."""
        amount, rest = minor_units(node.number(), currency)
        if rest:
            place = " ".join(whose) or node.path
            told = f"{node.value} {currency} does not fit the currency's minor unit"
            self.notes.append(f"{place}: {told}; kept {amount}")
        return amount

    def computed(self, node: Node, currency: str) -> int:
        """What the service weighed or converted: a fraction of a minor unit says nothing there."""
        return minor_units(node.number(), currency)[0]

    def by_currency(self, node: Node) -> Iterator[tuple[str, int]]:
        """A map from currency to amount; an empty one may be written as an empty list."""
        for code, value in currencies(node):
            yield code, self.minor(value, code)


def currencies(node: Node) -> Iterator[tuple[str, Node]]:
    """A map by currency, each key surely one. Raises SourceShapeChanged."""
    for code, value in node.map():
        if not re.fullmatch("[A-Z]{3}", code):
            raise SourceShapeChanged(value.endpoint, value.path, "expected a currency's three letters for a key")
        yield code, value


def minor_units(value: float, currency: str) -> tuple[int, Decimal]:
    """Minor units and the remainder in them. A float's shortest text is the text that the service wrote."""
    if isinstance(value, int):
        return value * 10 ** exponent(currency), Decimal(0)
    scaled = Decimal(repr(value)).scaleb(exponent(currency))
    amount = scaled.to_integral_value(ROUND_DOWN)
    return int(amount), scaled - amount
