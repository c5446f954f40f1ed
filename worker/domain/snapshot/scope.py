"""What a list asks of a row, as far as a row can tell. A source says which checks its parameters mean.

The scope holds every condition but those on stalling, stage and status. All of them together are the selection. A
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
    """One condition. `word` is what a move is called that breaks it; `holds` is told one row."""

    word: str
    column: str
    holds: Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Scope:
    """`stalled`: what the selection says of stalling, None when it says nothing. `opaque`: a filter we cannot check.

    `judged`: a rule is applied to every row, so that a row without an answer is one that the rule cannot judge.
    `untouched`: the detail of a row that does not stall any more although nobody changed it; "" says nothing.
    `statuses`: what the list is of, in the words of Status (a list of archived rows: archived alone); empty where
    that is not known.
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
        # a deal without owner is outside every list of owners; of other columns a null only says that it is not known
        return found in allowed if found is not None else word != OWNER

    return Check(word, column, holds)


def texts(value: Any) -> frozenset[str]:
    """A parameter's values: a list, or text with commas."""
    parts = value if isinstance(value, list | tuple | set | frozenset) else str(value).split(",")
    return frozenset(str(part).strip() for part in parts)


def _broken(checks: tuple[Check, ...], row: Record) -> str | None:
    return next((check.word for check in checks if not check.holds(row)), None)
