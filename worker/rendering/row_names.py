"""The name of a row of a table: a person, a website, a country, a day. It is never a code and never empty."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from babel.core import Locale

from worker.domain.snapshot.snapshot import Cell, Column, Kind
from worker.rendering.times import Times
from worker.sanitize import clean, visible

COUNTRY = "country"
"""A column of this name has codes of ISO 3166, for which CLDR has names."""


class RowNames:
    """`words`: those of Funnelbeat and of the services, in the reader's language."""

    def __init__(self, words: Mapping[str, str], locale: Locale, times: Times) -> None:
        self._words = words
        self._territories = locale.territories
        self._times = times

    def row_name(self, cell: Cell, column: Column) -> str:
        """Null is "Not known", or the column's own word ("No owner"). A service's own word for no value, such as
        "(none)", is translated if its source has words for it.
        """
        own = self._words.get(f"no_{column.name}")
        if own is not None and not visible(str(cell or "")):
            return own
        if cell is None:
            return self._words["not_known"]
        if column.kind is Kind.INSTANT and isinstance(cell, int | float):
            return self._times.day(datetime.fromtimestamp(cell / 1000, UTC))
        if not isinstance(cell, str):
            return clean(str(cell))
        if column.kind is Kind.DATE:
            return self._date(cell)
        return self._text(cell, column)

    def _text(self, text: str, column: Column) -> str:
        known = self._words.get(f"name.{text}")
        if known is not None:
            return known
        if column.name == COUNTRY and text in self._territories:
            return str(self._territories[text])
        return clean(text) if visible(text) else self._words["none"]

    def _date(self, text: str) -> str:
        try:
            return self._times.local_day(date.fromisoformat(text))
        except ValueError:
            return clean(text)
