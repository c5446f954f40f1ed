"""Pipedrive's amounts are in whole units of a currency with decimals. Ours are whole minor units."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from worker.domain.money import exponent, label_of
from worker.domain.snapshot.notes import Note
from worker.sources.common.notes import MINOR_UNIT
from worker.sources.common.parse import Node, named
from worker.sources.pipedrive.currencies import STANDARD, Currencies, CurrenciesCache
from worker.sources.pipedrive.notes import UNREAD_SUM


@dataclass(frozen=True, slots=True)
class Amounts:
    """Reads amounts. `notes` collects remainders that do not fit a currency's minor unit, and what was left out."""

    notes: list[Note]
    known: Currencies = STANDARD

    def minor(self, node: Node, currency: str, *whose: str) -> int:
        """The exact amount. A remainder below the minor unit is dropped, and noted with its owner `whose`."""
        amount, rest = minor_units(node.number(), currency)
        if rest:
            place = " ".join(whose) or node.path
            self.notes.append(MINOR_UNIT(place, f"{node.value} {label_of(currency)}", amount))
        return amount

    def computed(self, node: Node, currency: str) -> int:
        """An amount that the service weighted or converted. A fraction of a minor unit has no meaning in it."""
        return minor_units(node.number(), currency)[0]

    def by_currency(self, node: Node) -> Iterator[tuple[str, int]]:
        """A map from currency to amount. An empty one may be written as an empty list."""
        for code, value in self.currencies(node, Node.number):
            yield code, self.minor(value, code)

    def currencies(self, node: Node, check: Callable[[Node], object]) -> Iterator[tuple[str, Node]]:
        """A map by currency. An entry with an unreadable currency is left out and noted, after `check` has verified
        that it is a sum.
        """
        for code, value in node.map():
            check(value)
            currency = self.known.ours(code)
            if currency is None:
                told = named(code, node.secrets).removeprefix("the text ")
                self.notes.append(UNREAD_SUM(value.path, told))
            else:
                yield currency, value


async def amounts_of(cache: CurrenciesCache, maps: list[Node], notes: list[Note]) -> Amounts:
    """Reads the amounts in these maps by currency. The reader refuses other nodes. Raises SourceError."""
    known = await cache.of(code for node in maps if isinstance(node.value, dict) for code in node.value)
    if known.problem is not None:
        notes.append(known.problem)
    return Amounts(notes, known)


def minor_units(value: float, currency: str) -> tuple[int, Decimal]:
    """Minor units, and the remainder in minor units. The shortest text of a float is what the service wrote."""
    if isinstance(value, int):
        return value * 10 ** exponent(currency), Decimal(0)
    scaled = Decimal(repr(value)).scaleb(exponent(currency))
    amount = scaled.to_integral_value(ROUND_DOWN)
    return int(amount), scaled - amount
