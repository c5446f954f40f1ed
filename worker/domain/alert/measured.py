"""Measures of an answer as expressions read them."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from worker.domain.alert.sums import major
from worker.domain.expression import CURRENCY, Value
from worker.domain.snapshot.snapshot import Kind, Measure, Snapshot


def measured(answer: Snapshot | None, wanted: Collection[str]) -> dict[str, Value | Mapping[str, Value]]:
    """By dotted key, amounts in major units, and under CURRENCY their currencies, if there are any. A measure that the
    answer lacks is left out.
    """
    if answer is None or not wanted:
        return {}
    named = {name: one for one in answer.measures if (name := ".".join(one.key)) in wanted}
    found: dict[str, Value | Mapping[str, Value]] = {name: _value(one) for name, one in named.items()}
    units = {name: one.currency for name, one in named.items() if one.currency is not None}
    return {**found, CURRENCY: units} if units else found


def _value(one: Measure) -> Value:
    if one.value is None:
        return None
    if one.kind is Kind.MONEY:
        return major(int(one.value), one.currency) if one.currency is not None else None
    return Decimal(str(one.value))
