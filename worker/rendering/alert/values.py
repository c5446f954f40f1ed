"""What a clause of a condition reads and compares with, as a person says it."""

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation

from worker.domain.alert.subject import Operand
from worker.domain.money import exponent
from worker.domain.snapshot.snapshot import Column, Kind
from worker.rendering.wording import NONE, Wording

_NAMED = re.compile(r'(?P<root>\w+)(?:\.(?P<column>\w+))?(?:\[["\'](?P<key>[^"\']*)["\']\])?')
_DATED = re.compile(r'(?:date|timestamp)\(\s*["\'](?P<text>[^"\']*)["\']\s*\)')
_QUOTED = re.compile(r'["\'](.*)["\']', re.DOTALL)
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
        """A label as it stands inside a sentence."""
        small = self._w.language == "en" and label[1:2].islower()
        return label[:1].lower() + label[1:] if small else label

    def label(self, name: str) -> str:
        """The name of what is read, as it stands inside a sentence: `row.value` → "value"."""
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
        """What was read."""
        value = operand.value
        if value is None:
            return NONE
        if isinstance(value, bool):
            return self._w.say("alert.yes" if value else "alert.no")
        if isinstance(value, datetime):
            return self._date(value, operand.kind)
        return self._number(value, operand) if isinstance(value, Decimal) else self._w.clean(value, LONGEST)

    def threshold(self, text: str, operand: Operand) -> str:
        """What it is compared with, which is written in the condition."""
        dated = _DATED.fullmatch(text.strip())
        if dated is not None or operand.kind in _DATES:
            return self._written_date(dated["text"] if dated else text, operand.kind)
        if text.strip() in {"true", "false"}:
            return self._w.say("alert.yes" if text.strip() == "true" else "alert.no")
        quoted = _QUOTED.fullmatch(text.strip())
        if quoted is not None:
            return self._w.clean(quoted[1], LONGEST)
        try:
            return self._number(Decimal(text.strip()), operand)
        except InvalidOperation:
            return self._w.clean(text.strip("[] ").replace('"', ""), LONGEST)

    def _number(self, value: Decimal, operand: Operand) -> str:
        if not value.is_finite():
            return NONE
        if operand.kind is not Kind.MONEY:
            return self._w.measure(float(value), operand.kind)
        if operand.currency is None:
            return self._w.measure(float(value), Kind.INT)
        return self._w.money(round(value * 10 ** exponent(operand.currency)), operand.currency)

    def _written_date(self, text: str, kind: Kind) -> str:
        try:
            return self._date(datetime.fromisoformat(text.strip("\"' ")), kind)
        except ValueError:
            return self._w.clean(text, LONGEST)

    def _date(self, value: datetime, kind: Kind) -> str:
        if kind is Kind.DATE or value.tzinfo is None:
            return self._w.row_name(value.date().isoformat(), Column("", Kind.DATE))
        return self._w.date(value)
