"""Measures of an answer as expressions read them."""

from collections.abc import Collection
from decimal import Decimal

from worker.domain.alert.sums import major
from worker.domain.expression import Value
from worker.domain.snapshot.snapshot import Kind, Measure, Snapshot


def measured(answer: Snapshot | None, wanted: Collection[str]) -> dict[str, Value]:
    """By dotted key, amounts in major units. A measure that the answer lacks is left out."""
    if answer is None or not wanted:
        return {}
    named = ((".".join(one.key), one) for one in answer.measures)
    return {name: _value(one) for name, one in named if name in wanted}


def _value(one: Measure) -> Value:
    if one.value is None:
        return None
    if one.kind is Kind.MONEY:
        return major(int(one.value), one.currency) if one.currency is not None else None
    return Decimal(str(one.value))
