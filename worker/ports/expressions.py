"""Conditions that a user writes: `rows:` of an entry, `if` and `until` of an alert rule."""

from collections.abc import Mapping
from typing import Protocol

from worker.domain.alert.subject import ClauseResult
from worker.domain.expression import Given, Variable


class Condition(Protocol):
    """A compiled expression. Safe to call from several tasks; a function of its arguments alone."""

    def names(self, variable: str) -> frozenset[str]:
        """The columns of a variable that it reads: no others need to be given."""
        ...

    def __call__(self, variables: Mapping[str, Given]) -> bool | None:
        """`variables`: by name. Returns None if a value that decides the result is unknown."""
        ...

    def clauses(self, variables: Mapping[str, Given], *, fired: bool = False) -> tuple[ClauseResult, ...]:
        """The parts of the condition that && and || join, in the order in which they are written, each with the values
        that it read and how it turned out. `fired`: the condition is true of these variables, as the caller found out.
        """
        ...


class Expressions(Protocol):
    """Compiles what a user wrote."""

    def condition(self, text: str, variables: Mapping[str, Variable]) -> Condition:
        """Raises RequestError, with the column in the text, where it cannot be read, names what does not exist,
        compares what cannot be compared, or does not end in true or false.
        """
        ...
