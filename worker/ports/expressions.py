"""Conditions that a user writes: `rows:` of an entry."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from worker.domain.snapshot.snapshot import Kind

Value = Decimal | str | bool | datetime | None
"""What a cell is to an expression. None: the service knows no value."""

Columns = Mapping[str, Kind]
"""The names that follow a variable's dot, and what each holds."""


class Condition(Protocol):
    """A compiled expression. Safe to call from several tasks; a function of its arguments alone."""

    def names(self, variable: str) -> frozenset[str]:
        """The columns of a variable that it reads: no others need to be given."""
        ...

    def __call__(self, variables: Mapping[str, Mapping[str, Value]]) -> bool | None:
        """Variables by name, each with its values by column. None: a value that the answer hangs on is not known."""
        ...


class Expressions(Protocol):
    """Compiles what a user wrote."""

    def condition(self, text: str, variables: Mapping[str, Columns]) -> Condition:
        """Raises RequestError, with the column in the text, where it cannot be read, names what does not exist,
        compares what cannot be compared, or does not end in true or false.
        """
        ...
