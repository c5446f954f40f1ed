"""Divisions that give an unknown value if the divisor is 0.

CEL divides doubles as IEEE 754 says: 5 / 0 is infinite, which is more than every threshold, and 0 / 0 is a number that
nothing can be compared with. A rule with such a division would fire, or be refused, for no visible reason.
"""

from collections.abc import Sequence

from worker.adapters.expressions.source_text import Token

NO_QUOTIENT = IndexError
"""What an evaluation raises for a division by 0. Nothing else raises it: conditions cannot pick out of lists."""

_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_BEHIND = frozenset(".([")
"""What continues a value: a column, a key, the arguments of a function."""


def guarded(part: Sequence[Token]) -> tuple[Token, ...]:
    """The words with every divisor asked whether it is 0. A number that is written stays as it is."""
    made, at = list[Token](), 0
    while at < len(part):
        made.append(part[at])
        at += 1
        if made[-1].text == "/" and made[-1].kind == "operator" and at < len(part) and part[at].kind != "number":
            stop = _end(part, at)
            made += _asked(guarded(part[at:stop]), part[at].column)
            at = stop
    return tuple(made)


def _asked(divisor: Sequence[Token], column: int) -> list[Token]:
    opens, asks, closes = (Token("guard", text, column) for text in ("(", "== 0.0 ? [0.0][1] :", ")"))
    return [opens, *divisor, asks, *divisor, closes]


def _end(part: Sequence[Token], start: int) -> int:
    """Behind the one value that begins at `start`, with its sign."""
    at = start
    while at < len(part) and part[at].text in {"-", "!"}:
        at += 1
    at = _closed(part, at)
    while at < len(part) and part[at].text in _BEHIND:
        at = at + 2 if part[at].text == "." else _closed(part, at)
    return min(at, len(part))


def _closed(part: Sequence[Token], at: int) -> int:
    """Behind a word, or behind the bracket that closes the one at `at`."""
    depth = 0
    for place in range(at, len(part)):
        depth += (part[place].text in _OPEN) - (part[place].text in _CLOSE)
        if depth <= 0:
            return place + 1
    return len(part)
