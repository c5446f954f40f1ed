"""The inputs of a definition's expressions: variables, their types, and the values of one evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from worker.domain.snapshot.snapshot import Kind

Value = Decimal | str | bool | datetime | None
"""What a cell is to an expression. None: the service knows no value."""

CURRENCY = "currency"
"""Of a row, the column with the currency of its amounts. Of a query, the currencies of its measures by key."""

Columns = Mapping[str, Kind]
"""The names that follow a variable's dot, and what each holds."""


@dataclass(frozen=True, slots=True)
class Variable:
    """What an expression may read of a variable. `maps`: names that are followed by a key in brackets, and what the
    values are (`group.value["EUR"]`). `lists`: names that hold a list of texts (`change.columns`). `keys`: the variable
    itself is read by a key in brackets, one of these (`now["won.count"]`). `absent`: the variable may be null as a
    whole (`was == null`). `open`: an answer decides which keys (without `keys`: which columns) there are, so that any
    is accepted. A key that is not listed holds a number; of such a column nothing is known.
    """

    columns: Columns = field(default_factory=dict)
    maps: Columns = field(default_factory=dict)
    lists: frozenset[str] = frozenset()
    keys: Columns | None = None
    absent: bool = False
    open: bool = False


Given = Mapping[str, Value | Mapping[str, Value] | tuple[str, ...]] | None
"""A variable's values: by column, by name of a map or list, or by key. None: the variable is null."""
