"""What a clause of a condition reads and what it compares with, in words."""

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation

from worker.domain.alert.subject import Operand
from worker.domain.money import exponent
from worker.domain.snapshot.snapshot import Column, Kind
from worker.rendering.wording import Wording

_NAMED = re.compile(r'(?P<root>\w+)(?:\.(?P<column>\w+))?(?:\[["\'](?P<key>[^"\']*)["\']\])?')
_BEFORE = frozenset({"was", "was_group", "compared"})
_DATES = frozenset({Kind.DATE, Kind.INSTANT})
_COUNTS = frozenset({"count", "rows"})
LONGEST = 80


class ClauseValues:
    def __init__(self, w: Wording) -> None:
        self._w = w

    def counts(self, operand: Operand) -> bool:
        """Whether the operand is a number of rows."""
        found = _NAMED.fullmatch(operand.name)
        return found is not None and (found["column"] or found["key"]) in _COUNTS and found["root"] not in _BEFORE

    def inside(self, label: str) -> str:
        """A label as it is written inside a sentence."""
        small = self._w.language == "en" and label[1:2].islower()
        return label[:1].lower() + label[1:] if small else label

    def label(self, name: str) -> str:
        """The name of the variable as it is written inside a sentence: `row.value` → "value"."""
        found = _NAMED.fullmatch(name)
        if found is None:
            return self._w.clean(name, LONGEST)
        word = self._column(found["column"] or found["key"] or found["root"])
        before = found["root"] in _BEFORE and bool(found["column"] or found["key"])
        return self._w.say("alert.of_before", what=word) if before else word

    def _column(self, name: str) -> str:
        key = f"alert.of.{name}"
        return self._w.say(key) if self._w.knows(key) else self.inside(self._w.metric_label(name))

    def value(self, operand: Operand) -> str:
        """The value that was read."""
        if isinstance(operand.value, bool):
            return self._w.say("alert.yes" if operand.value else "alert.no")
        if operand.kind is Kind.DATE and operand.value is not None:
            return self._w.row_name(operand.value, Column("", Kind.DATE))
        bare = operand.kind is Kind.MONEY and operand.currency is None
        return self._w.measure(operand.value, Kind.INT if bare else operand.kind, operand.currency)

    def threshold(self, text: str, operand: Operand) -> str:
        """The value that it is compared with, as it is written in the condition."""
        if operand.kind in _DATES:
            return self._written_date(text, operand.kind)
        if text in {"true", "false"}:
            return self._w.say("alert.yes" if text == "true" else "alert.no")
        try:
            return self._number(Decimal(text), operand)
        except InvalidOperation:
            return self._w.clean(text, LONGEST)

    def _number(self, value: Decimal, operand: Operand) -> str:
        if operand.kind in {Kind.TEXT, Kind.ID} or not value.is_finite():
            return self._w.clean(str(value), LONGEST)
        if operand.kind is not Kind.MONEY or operand.currency is None:
            return self._w.measure(float(value), Kind.INT if operand.kind is Kind.MONEY else operand.kind)
        return self._w.money(round(value.scaleb(exponent(operand.currency))), operand.currency)

    def _written_date(self, text: str, kind: Kind) -> str:
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            return self._w.clean(text, LONGEST)
        if kind is Kind.DATE or read.tzinfo is None:
            return self._w.row_name(read.date().isoformat(), Column("", Kind.DATE))
        return self._w.date(read)
