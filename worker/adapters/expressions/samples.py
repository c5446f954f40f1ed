"""Made-up values for every name that an expression reads: what fails with them is wrong for every row."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from worker.adapters.expressions.references import ValueReference
from worker.domain.expression import Given, Value, Variable
from worker.domain.snapshot.snapshot import Kind

_SAMPLES = (("0", "", False), ("1", "a", True), ("1000000", "2026-01-01", True))
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def samples(variables: Mapping[str, Variable], found: Sequence[ValueReference]) -> Iterator[Mapping[str, Given]]:
    """Rows that hold every value: a part of the expression that one of them skips, another reaches."""
    for count, text, flag in _SAMPLES:
        filled: dict[Kind, Value] = {
            Kind.TEXT: text,
            Kind.ID: text,
            Kind.JSON: text,
            Kind.BOOL: flag,
            Kind.INSTANT: _MOMENT,
            Kind.DATE: _MOMENT,
        }
        number = Decimal(count)
        made = dict[str, Given]()
        for name, variable in variables.items():
            read = [one for one in found if one.variable == name]
            made[name] = {
                **{one.name or one.key: number for one in read if one.name or one.key},
                **{column: filled.get(kind, number) for column, kind in variable.columns.items()},
                **{key: filled.get(kind, number) for key, kind in (variable.keys or {}).items()},
                **{map_: {one.key: number for one in read if one.name == map_ and one.key} for map_ in variable.maps},
                **dict.fromkeys(variable.lists, (text,)),
            }
        yield made
