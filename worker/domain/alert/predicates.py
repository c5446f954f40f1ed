"""The compiled expressions of a rule, as evaluation asks them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from worker.domain.alert.rule import Severity
from worker.domain.alert.subject import ClauseResult
from worker.domain.expression import Given

Variables = Mapping[str, Given]

Holds = Callable[[Variables], bool | None]
"""None if a value that the answer needs is not known."""


class Clauses(Protocol):
    """The parts of a condition. `fired`: the condition was found to be true, so that they need not be asked again."""

    def __call__(self, variables: Variables, *, fired: bool = False) -> tuple[ClauseResult, ...]: ...


class Judgement:
    """The result of the condition for one subject. Ten thousand alerts may begin at once, and if nobody is notified of
    an alert, its clauses are not needed. So the clauses are made for the first reader, and kept for the next. They show
    what the evaluation saw, because the expression and its values are kept here (decision 098).
    """

    __slots__ = ("_asked", "_made")
    __hash__ = None  # type: ignore[assignment]  # compared by its clauses, which are made for that

    def __init__(self, expression: Clauses, variables: Variables, fired: bool) -> None:
        """`fired`: as in Clauses."""
        self._asked = (expression, variables, fired)
        self._made: tuple[ClauseResult, ...] | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Judgement) and self.clauses == other.clauses

    @property
    def clauses(self) -> tuple[ClauseResult, ...]:
        if self._made is None:
            expression, variables, fired = self._asked
            self._made = expression(variables, fired=fired)
        return self._made


@dataclass(frozen=True, slots=True)
class Predicates:
    """`reads`: the columns and keys of each variable that any of the expressions reads; others need not be given.
    `until` is None for a rule that holds as long as it fires.
    """

    fires: Holds
    clauses: Clauses
    until: Holds | None = None
    severities: Mapping[Severity, Holds] = field(default_factory=dict)
    reads: Mapping[str, frozenset[str]] = field(default_factory=dict)
