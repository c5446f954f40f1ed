"""Formats a measure or a cell by its kind: money, a share, a duration, an instant, a count or a text."""

from collections.abc import Sequence
from datetime import UTC, datetime

from worker.domain.snapshot.snapshot import Cell, Column, Kind
from worker.rendering.numbers import JOIN, MINUS, NONE, Numbers, as_printed, needs_cents, whole_units
from worker.rendering.phrases import Phrases
from worker.rendering.times import Times
from worker.sanitize import clean


class Measures:
    def __init__(self, numbers: Numbers, times: Times, phrases: Phrases) -> None:
        self._numbers = numbers
        self._times = times
        self._say = phrases.say

    def measure(self, value: Cell, kind: Kind, currency: str | None = None, cents: bool | None = None) -> str:
        """One value by its kind; null is a dash. `cents`: whether minor units of money are printed; None: the amount
        itself decides.
        """
        if value is None:
            return NONE
        if isinstance(value, bool):
            return "✓" if value else NONE
        return self._number(value, kind, currency, cents) if isinstance(value, int | float) else clean(value)

    def difference(
        self,
        now: float | None,
        before: float | None,
        kind: Kind,
        currency: str | None = None,
        cents: bool | None = None,
    ) -> str:
        """The change of a measure, signed: money, percentage points of a ratio, a count, a time; "=" for none, a dash
        if unknown.

        For shares, and for money in whole units, it is the difference of the printed values.
        """
        if now is None or before is None:
            return NONE
        if kind is Kind.RATIO:
            points = self._numbers.points(as_printed(now, 1) - as_printed(before, 1), 1)
            return points if points == "=" else self._say("points", points=points)
        delta = now - before
        if delta == 0:
            return "="
        if kind is Kind.MONEY:
            return self._moved(now, before, currency or "", cents)
        text = self._times.brief(abs(delta)) if kind is Kind.SECONDS else self._numbers.decimal(abs(delta))
        return ("+" if delta > 0 else MINUS) + JOIN + text

    def cell(self, cell: Cell, column: Column, currency: str | None = None, cents: bool | None = None) -> str:
        """`currency`: that of the cell's row."""
        return self.measure(cell, column.kind, currency, cents)

    def _moved(self, now: float, before: float, currency: str, cents: bool | None) -> str:
        if cents is None:
            cents = cents_matter([now, before], currency)
        if not cents:
            now, before = (whole_units(round(amount), currency) for amount in (now, before))
            if now == before:
                return "="
        return self._numbers.money(round(now) - round(before), currency, signed=True, cents=cents)

    def _number(self, value: float, kind: Kind, currency: str | None, cents: bool | None) -> str:
        if kind is Kind.MONEY:
            shown = cents_matter([value], currency) if cents is None else cents
            return self._numbers.money(round(value), currency or "", cents=shown)
        if kind is Kind.RATIO:
            return self._numbers.percent(value, 1)
        if kind is Kind.SECONDS:
            return self._times.brief(value)
        if kind is Kind.INSTANT:
            return self._times.date(datetime.fromtimestamp(value / 1000, UTC))
        return self._numbers.decimal(value)


def cents_matter(amounts: Sequence[float], currency: str | None) -> bool:
    """Whether amounts that are printed side by side have minor units: yes if one of them has any, so that they add up
    as printed.
    """
    return needs_cents([round(amount) for amount in amounts], currency or "")
