"""The text of an expression in pieces, its numbers on one scale.

CEL has no decimal type: 0.1 + 0.2 is not 0.3, and 5000 / 2 with an amount beside it is refused, because one is a double
and the other an integer. So every number, written or given, is a double that counts ten-thousandths. Sums, differences
and comparisons of amounts are then exact up to some 900 billion (2**53 ten-thousandths); a product or a quotient is
exact to 15 digits.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

SCALE = 10_000
"""Parts of one: four digits after the point, as many as the finest currency has."""

_TOKEN = re.compile(
    r"""
    (?P<text> [rRbB]{0,2} (?: "{3}(?:\\.|[^\\])*?"{3} | '{3}(?:\\.|[^\\])*?'{3}
                            | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' ))
  | (?P<comment> //[^\n]*)
  | (?P<name> [A-Za-z_]\w*)
  | (?P<number> 0[xX][0-9a-fA-F]+[uU]? | (?:\d+\.\d+|\.\d+|\d+)(?:[eE][+-]?\d+)?[uU]?)
  | (?P<space> \s+)
  | (?P<operator> ==|!=|<=|>=|&&|\|\||.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """`column` counts from 1."""

    kind: str
    text: str
    column: int


def tokens(source: str) -> tuple[Token, ...]:
    """Every piece, blanks and comments included: joined they are the source again."""
    return tuple(Token(m.lastgroup or "", m.group(), m.start() + 1) for m in _TOKEN.finditer(source))


def scaled(pieces: Iterable[Token]) -> str:
    """The source with its numbers as doubles of ten-thousandths; products and quotients are brought back to scale."""
    return "".join(_scaled(piece) for piece in pieces)


def with_timestamps(pieces: Sequence[Token]) -> tuple[Token, ...]:
    """`date("2026-12-31")` as the timestamp of its midnight in UTC: columns that hold a date are read so too.

    Raises ValueError(column) where no date stands between the brackets.
    """
    made, found = {piece.column: piece for piece in pieces}, words(pieces)
    for at, piece in enumerate(found):
        if piece.text == "date" and piece.kind == "name" and [one.text for one in found[at + 1 : at + 2]] == ["("]:
            inside = found[at + 2] if at + 2 < len(found) else piece
            try:
                day = date.fromisoformat(inside.text[1:-1])
            except ValueError:
                raise ValueError(inside.column) from None
            made[piece.column] = replace(piece, text="timestamp")
            made[inside.column] = replace(inside, text=f'"{day}T00:00:00Z"')
    return tuple(made.values())


def number(value: Decimal) -> float:
    return float(value * SCALE)


def words(pieces: Iterable[Token]) -> list[Token]:
    """Without blanks and comments."""
    return [piece for piece in pieces if piece.kind not in {"space", "comment"}]


def _scaled(piece: Token) -> str:
    if piece.kind == "number":
        return repr(number(Decimal(piece.text)))
    if piece.kind == "operator" and piece.text == "*":
        return f"/ {float(SCALE)} *"
    if piece.kind == "operator" and piece.text == "/":
        return f"* {float(SCALE)} /"
    return piece.text
