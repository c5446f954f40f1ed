"""The condition of an entry on rows: compiled, and asked about one row."""

from collections.abc import Callable

from worker.domain.expression import Variable
from worker.domain.snapshot.opportunity import COLUMNS
from worker.domain.snapshot.record import Record
from worker.domain.snapshot.values import KEY, values
from worker.ports import Condition, Expressions

ROW = Variable({column.name: column.kind for column in (KEY, *COLUMNS)})

Holds = Callable[[Record], bool | None]
"""Whether a condition holds for a row; None if a value that it needs is not known."""


def condition_of(expressions: Expressions, text: str) -> Condition:
    """Raises RequestError for a condition that this version does not understand: another version deployed it."""
    return expressions.condition(text, {"row": ROW})


def holds_of(condition: Condition | None) -> Holds | None:
    """None without a condition."""
    if condition is None:
        return None
    names = condition.names("row")
    return lambda row: condition({"row": values(row, COLUMNS, names)})
