"""What the expressions of a rule may read. Definitions are checked against it, and evaluation gives these values."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from worker.domain.alert.rule import Form, Rule
from worker.domain.expression import Columns, Variable
from worker.domain.snapshot.snapshot import Kind

ROWS, VALUE = "rows", "value"
"""Of a query: `now.rows` counts the rows of its main table, `now.value["EUR"]` adds up their values in one currency. A
measure that has one of these words as its whole key cannot be read.
"""

_NO_MEASURES: Columns = MappingProxyType({})
_CHANGE = Variable({"why": Kind.TEXT}, lists=frozenset({"columns"}))


def variables_of(
    rule: Rule, columns: Columns | None, measures: Columns = _NO_MEASURES, *, complete: bool = False
) -> Mapping[str, Variable]:
    """The variables of `if`, `until` and the expressions of `severity`, by name.

    `columns`: those of the rule's table with the row's `key`, None if an answer decides them. `measures`: what those
    hold that are known, by dotted key ("won.count"). `complete`: an answer brings no others. A definition is checked so
    where the source says it; an evaluation accepts every key, because another version may have checked the rule.
    """
    match rule.form:
        case Form.ROWS:
            row = _row(columns)
            return {"row": row, "was": _absent(row), "measures": Variable(keys=measures, open=not complete)}
        case Form.CHANGES:
            row = _row(columns)
            return {"row": _absent(row), "was": _absent(row), "change": _CHANGE}
        case Form.GROUPS:
            group = _group(columns, rule.by)
            return {"group": group, "was_group": _absent(group)}
        case Form.QUERY:
            now = _query(measures, open_=not complete)
            return {"now": now, "compared": _absent(now), "was": _absent(now)}


def _row(columns: Columns | None) -> Variable:
    return Variable(columns or {}, open=columns is None)


def _group(columns: Columns | None, by: str) -> Variable:
    key = (columns or {}).get(by, Kind.TEXT)
    counts = {"count": Kind.INT, "count_with_value": Kind.INT}
    return Variable({"key": key, "name": Kind.TEXT, **counts}, maps={VALUE: Kind.MONEY})


def _query(measures: Columns, *, open_: bool) -> Variable:
    known = {key: kind for key, kind in measures.items() if key not in (ROWS, VALUE)}
    return Variable({ROWS: Kind.INT}, maps={VALUE: Kind.MONEY}, keys=known, open=open_)


def _absent(variable: Variable) -> Variable:
    return replace(variable, absent=True)
