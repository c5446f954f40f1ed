"""Pipedrive writes amounts in whole units of a currency, with decimals; ours are whole minor units."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from worker.domain.money import exponent, label_of
from worker.sources.common.parse import Node, named
from worker.sources.pipedrive.currencies import STANDARD, Currencies, CurrenciesCache


@dataclass(frozen=True, slots=True)
class Amounts:
    """Reads amounts; `notes` collects what did not fit a currency's minor unit, and what was left out."""

    notes: list[str]
    known: Currencies = STANDARD

    def minor(self, node: Node, currency: str, *whose: str) -> int:
        """Exactly what was written; the part that no minor unit can hold is dropped and noted, under `whose` it is."""
        amount, rest = minor_units(node.number(), currency)
        if rest:
            place = " ".join(whose) or node.path
            told = f"{node.value} {label_of(currency)} does not fit the currency's minor unit"
            self.notes.append(f"{place}: {told}; kept {amount}")
        return amount

    def computed(self, node: Node, currency: str) -> int:
        """What the service weighed or converted: a fraction of a minor unit says nothing there."""
        return minor_units(node.number(), currency)[0]

    def by_currency(self, node: Node) -> Iterator[tuple[str, int]]:
        """A map from currency to amount; an empty one may be written as an empty list."""
        for code, value in self.currencies(node, Node.number):
            yield code, self.minor(value, code)

    def currencies(self, node: Node, check: Callable[[Node], object]) -> Iterator[tuple[str, Node]]:
        """A map by currency. What stands under a currency that cannot be read is left out and noted, once `check` has
        seen that it is a sum at all.
        """
        for code, value in node.map():
            check(value)
            currency = self.known.ours(code)
            if currency is None:
                note = (
                    f"{value.path}: the currency {named(code, node.secrets).removeprefix('the text ')} cannot be read"
                )
                self.notes.append(f"{note}; its sum is left out")
            else:
                yield currency, value


async def amounts_of(cache: CurrenciesCache, maps: list[Node], notes: list[str]) -> Amounts:
    """For what is in these maps by currency. A node that is none is for the reader to refuse. Raises SourceError."""
    known = await cache.of(code for node in maps if isinstance(node.value, dict) for code in node.value)
    if known.problem is not None:
        notes.append(known.problem)
    return Amounts(notes, known)


def minor_units(value: float, currency: str) -> tuple[int, Decimal]:
    """Minor units and the remainder in them. A float's shortest text is the text that the service wrote."""
    if isinstance(value, int):
        return value * 10 ** exponent(currency), Decimal(0)
    scaled = Decimal(repr(value)).scaleb(exponent(currency))
    amount = scaled.to_integral_value(ROUND_DOWN)
    return int(amount), scaled - amount
