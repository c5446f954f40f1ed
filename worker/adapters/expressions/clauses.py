"""The parts of a condition that && and || join, and what each compares."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from worker.adapters.expressions.source_text import Token, words

_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_JOINS = frozenset({"&&", "||"})
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""The same comparison, read from right to left; == and != are their own."""


@dataclass(frozen=True, slots=True)
class ComparedSides:
    """The two sides of a clause, and the operator between them."""

    left: tuple[Token, ...]
    operator: str
    right: tuple[Token, ...]


def clauses(pieces: Sequence[Token]) -> tuple[tuple[Token, ...], ...]:
    """In the order in which they stand there. `!(a && b)` and a choice by `?` are one clause each: their parts do not
    decide by themselves.
    """
    return tuple(_parts(tuple(words(pieces))))


def comparison(clause: Sequence[Token]) -> ComparedSides | None:
    """None of a clause that does not hold exactly two values against each other."""
    found = [at for at, piece in _outer(clause) if piece.text in COMPARISONS]
    if len(found) != 1 or _chooses(clause):
        return None
    at = found[0]
    return ComparedSides(tuple(clause[:at]), clause[at].text, tuple(clause[at + 1 :]))


def _parts(found: tuple[Token, ...]) -> Iterator[tuple[Token, ...]]:
    joins = [] if _chooses(found) else [at for at, piece in _outer(found) if piece.text in _JOINS]
    if joins:
        for before, after in pairwise([-1, *joins, len(found)]):
            yield from _parts(found[before + 1 : after])
    elif _wrapped(found):
        yield from _parts(found[1:-1])
    elif found:
        yield found


def _outer(found: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    """The words outside of all brackets."""
    depth = 0
    for at, piece in enumerate(found):
        depth -= piece.text in _CLOSE
        if depth == 0:
            yield at, piece
        depth += piece.text in _OPEN


def _chooses(found: Sequence[Token]) -> bool:
    return any(piece.text == "?" for _, piece in _outer(found))


def _wrapped(found: Sequence[Token]) -> bool:
    """Whether one pair of round brackets holds all of it."""
    if len(found) < 3 or found[0].text != "(":
        return False
    return [at for at, _ in _outer(found)] == [0, len(found) - 1]
