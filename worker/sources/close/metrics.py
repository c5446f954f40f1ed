"""The figures of the funnel reports: their names, units, and how one number is read.

Amounts are hundredths of the organization's currency, durations are seconds, rates are fractions of one.
https://developer.close.com/api/resources/reporting
"""

from collections.abc import Mapping
from dataclasses import dataclass

from worker.domain.money import from_hundredths
from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.snapshot import Cell, Column, Kind
from worker.sources.close import notes as said
from worker.sources.common.parse import Node

TOTALS: Mapping[str, Kind] = {
    "count": Kind.INT,
    "count_total_complete": Kind.INT,
    "count_total_won": Kind.INT,
    "count_win_rate": Kind.RATIO,
    "value_total_complete": Kind.MONEY,
    "value_total_won": Kind.MONEY,
    "value_win_rate": Kind.RATIO,
    "average_time_to_win": Kind.SECONDS,
    "average_value_annualized_per_won_opportunity": Kind.MONEY,
    "sales_velocity": Kind.MONEY,
}
LEADING = (
    "value_total_won",
    "count_total_won",
    "count_win_rate",
    "average_value_annualized_per_won_opportunity",
    "average_time_to_win",
    "sales_velocity",
)
"""The figures that matter most to a sales lead: how much was won, how often, how large, how fast. The win rate is a
share of the closed deals. The deals of each stage are in the funnel.
"""
STAGE: Mapping[str, Kind] = {
    "count": Kind.INT,
    "count_conversion_rate": Kind.RATIO,
    "count_lost": Kind.INT,
    "count_lost_ratio": Kind.RATIO,
    "value": Kind.MONEY,
    "value_conversion_rate": Kind.RATIO,
    "value_lost": Kind.MONEY,
    "value_lost_ratio": Kind.RATIO,
    "weighted_value": Kind.MONEY,
    "weighted_value_conversion_rate": Kind.RATIO,
    "average_time_to_advance": Kind.SECONDS,
}
CONVERSIONS = frozenset(name for name in STAGE if name.endswith("conversion_rate"))
"""Conversions. No stage follows a won stage. Close writes 0 there, which would read as "nobody advanced"."""
_DERIVED = frozenset({"sales_velocity", "average_value_annualized_per_won_opportunity", "weighted_value"})


def columns(metrics: Mapping[str, Kind]) -> tuple[Column, ...]:
    """Counts and values show changes and can be added up. Figures computed from them do neither."""
    return tuple(
        Column(name, kind, significant=told, sum=told)
        for name, kind in metrics.items()
        for told in [kind in (Kind.INT, Kind.MONEY) and name not in _DERIVED]
    )


@dataclass(frozen=True, slots=True)
class MetricReader:
    """Reads figures in one currency (ISO 4217; None if Close names none, and then amounts cannot be read). `notes`
    collects remarks for readers of `explain`.
    """

    currency: str | None
    notes: list[Note]

    def figure(self, node: Node, kind: Kind) -> Cell:
        """One number in its kind's unit. Null stays null. Raises SourceShapeChanged."""
        number = self._number(node)
        if number is None:
            return None
        match kind:
            case Kind.MONEY:
                return self.money(node, number)
            case Kind.INT:
                if number != int(number):
                    raise node.wrong("a whole number")
                return int(number)
            case _:
                self._check_ratio(node, number, kind)
                return float(number)

    def money(self, node: Node, hundredths: float) -> int:
        """Minor units. A remainder is dropped and noted, for example hundredths of JPY."""
        if self.currency is None:
            raise node.wrong("an amount in a known currency (GET /me/ names none)")
        whole = round(hundredths)
        amount, rest = from_hundredths(whole, self.currency)
        if rest or whole != hundredths:
            self.notes.append(said.FINER(node.path, hundredths, self.currency))
        return amount

    def _number(self, node: Node) -> int | float | None:
        """A number written as text is accepted and noted."""
        if not isinstance(node.value, str):
            return node.number_or_none()
        try:
            number = float(node.value)
        except ValueError:
            raise node.wrong("a number or null") from None
        self.notes.append(said.AS_TEXT(node.path))
        return Node(node.endpoint, number, node.step, node.above).number()

    def _check_ratio(self, node: Node, number: float, kind: Kind) -> None:
        """Notes a ratio that may be a percentage. A conversion of value may exceed 1 because deals grow."""
        grows = "value_conversion" in node.path
        if kind is Kind.RATIO and not grows and not -0.0001 <= number <= 1.0001:
            self.notes.append(said.NO_FRACTION(node.path, number))
