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
