"""Which rows belong to a list, as far as a row can show it. A source states which checks its parameters mean.

The scope holds every condition except those on stalling, stage and status. All conditions together are the selection. A
filter that cannot be checked from a row makes the scope opaque.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from worker.domain.snapshot.record import Record

OWNER = "reassigned"
"""The word of a condition on the owner: a deal that breaks it was given to somebody else."""


@dataclass(frozen=True, slots=True)
class Check:
    """One condition. `word` names a move that breaks it; `holds` takes one row."""

    word: str
    column: str
    holds: Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Scope:
    """`stalled`: what the selection says about stalling, None if it says nothing. `opaque`: a filter that cannot be
    checked from a row.

    `judged`: a rule is applied to every row, so that a row without an answer is one that the rule cannot judge.
    `untouched`: the detail of a row that no longer stalls although nobody changed it; "" says nothing. `statuses`: the
    statuses of the listed rows, in the words of Status (only "archived" for a list of archived rows); empty if unknown.
    """

    within: tuple[Check, ...] = ()
    selected: tuple[Check, ...] = ()
    stalled: bool | None = None
    opaque: bool = False
    judged: bool = False
    untouched: str = ""
    statuses: frozenset[str] = frozenset()

    def outside(self, row: Record) -> str | None:
        """The first scope field that this row breaks, owner first; None while it is inside."""
        return _broken(self.within, row)

    def unselected(self, row: Record) -> str | None:
        """The first stage or status condition that this row breaks."""
        return _broken(self.selected, row)


EVERYTHING = Scope()
"""No condition at all."""


def one_of(word: str, column: str, allowed: frozenset[str]) -> Check:
    """The row's text in `column` is one of `allowed`."""

    def holds(row: Record) -> bool:
        found = row.text(column)
        # A deal without an owner is outside every list of owners. In other columns a null only means "unknown".
        return found in allowed if found is not None else word != OWNER

    return Check(word, column, holds)


def texts(value: Any) -> frozenset[str]:
    """A parameter's values: a list, or text with commas."""
    parts = value if isinstance(value, list | tuple | set | frozenset) else str(value).split(",")
    return frozenset(str(part).strip() for part in parts)


def _broken(checks: tuple[Check, ...], row: Record) -> str | None:
    return next((check.word for check in checks if not check.holds(row)), None)
