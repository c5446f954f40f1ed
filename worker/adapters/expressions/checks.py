"""Faults of an expression that do not depend on the row: each with its column."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from worker.adapters.expressions.clauses import comparison
from worker.adapters.expressions.references import NullQuestion, ValueReference, wrong
from worker.adapters.expressions.source_text import Token
from worker.domain.expression import Variable
from worker.domain.snapshot.snapshot import Kind

_OVER_LISTS = frozenset({"all", "exists"})
NUMBER, TEXT, FLAG, TIME = "a number", "text", "true or false", "a time"
_EXAMPLES: Mapping[str, str] = {
    NUMBER: "write a number, such as 50000",
    TEXT: 'write text in quotes, such as "Ann"',
    FLAG: "write true or false",
    TIME: 'write a day, such as date("2026-12-31")',
}
_WORDS: Mapping[Kind, str] = {
    Kind.TEXT: TEXT,
    Kind.ID: TEXT,
    Kind.JSON: TEXT,
    Kind.BOOL: FLAG,
    Kind.INSTANT: TIME,
    Kind.DATE: TIME,
}


def held(kind: Kind) -> str:
    return _WORDS.get(kind, NUMBER)


def inside(found: Sequence[ValueReference], part: Sequence[Token]) -> tuple[ValueReference, ...]:
    return tuple(one for one in found if part and part[0].column <= one.start <= part[-1].column)


def sole(found: Sequence[ValueReference], side: Sequence[Token]) -> ValueReference | None:
    """The reference that is all of this side."""
    return next((one for one in found if side and (one.start, one.stop) == (side[0].column, side[-1].column)), None)


def refuse_whole(
    variables: Mapping[str, Variable],
    found: Sequence[ValueReference],
    asked: Sequence[NullQuestion],
    before: Mapping[int, str],
) -> None:
    """A variable without a column is only asked whether it is null, or whether it has a key. `before`: the word before
    each column.
    """
    questions = {one.of.start for one in asked}
    for one in found:
        if one.name or one.key:
            continue
        variable = variables[one.variable]
        if one.start in questions and not variable.absent:
            raise wrong(one.start, f"null beside {one.variable}, which is never null", "ask it of one of its values")
        has_key = variable.keys is not None and before.get(one.start) == "in"
        if one.start not in questions and not has_key:
            expected = "write one of its values" + (f", such as {_first(one.variable, variable)}")
            raise wrong(one.start, f"{one.variable} by itself", expected)


def refuse_nested(found: Sequence[Token]) -> None:
    """Each level of all() and exists() multiplies what one row costs: six of them over nine words take seconds."""
    ends = list[bool]()
    for before, piece in pairwise(found):
        if piece.text == "(":
            macro = before.text in _OVER_LISTS
            if macro and any(ends):
                raise wrong(before.column, f"{before.text}(…) within another one", "write two conditions")
            ends.append(macro)
        elif piece.text == ")" and ends:
            ends.pop()


def refuse_types(clause: Sequence[Token], found: Sequence[ValueReference]) -> None:
    """Raises RequestError for text against a number and the like."""
    made = comparison(clause)
    if made is None:
        return
    left, right = _held_by(made.left, found), _held_by(made.right, found)
    first, second = sole(found, made.left), sole(found, made.right)
    if left is None or right is None or left == right:
        return
    named = first or second
    if named is None:
        raise wrong(clause[0].column, f"{left} against {right}", "compare what holds the same")
    own, other = (left, right) if named is first else (right, left)
    both = f"{second.text}, which holds {right}" if first and second else other
    expected = "compare what holds the same" if first and second else _EXAMPLES[own]
    raise wrong(named.column, f"{named.text}, which holds {own}, against {both}", expected)


def refuse_lists(clause: Sequence[Token], found: Sequence[ValueReference], variables: Mapping[str, Variable]) -> None:
    """A list is equal to no text, so that a condition which compares the two never holds."""
    made = comparison(clause)
    for one in (sole(found, side) for side in (made.left, made.right)) if made is not None else ():
        if one is not None and one.name in variables[one.variable].lists:
            raise wrong(one.column, f"{one.text}, which holds a list", f'ask what is in it: "value" in {one.text}')


def refuse_currencies(clause: Sequence[Token], found: Sequence[ValueReference]) -> None:
    """Nothing is ever converted, so that amounts of two currencies cannot be compared or added."""
    money = [one for one in inside(found, clause) if one.kind is Kind.MONEY and one.name and one.key]
    for one in money if comparison(clause) is not None else ():
        if one.key != money[0].key:
            said = f"{one.text} beside {money[0].text}, an amount in another currency"
            raise wrong(one.start, said, f"compare amounts of one currency, {money[0].key} or {one.key}")


def _held_by(side: Sequence[Token], found: Sequence[ValueReference]) -> str | None:
    """None if it is not known."""
    one = sole(found, side)
    if one is not None:
        return _held_in(one)
    if len(side) == 1:
        by_kind = {"number": NUMBER, "text": TEXT}
        return FLAG if side[0].text in {"true", "false"} else by_kind.get(side[0].kind)
    if side and side[0].text in {"date", "timestamp"} and side[-1].text == ")" and len(side) == 4:
        return TIME
    parts = inside(found, side)
    plain = all(piece.kind == "number" or piece.text in "+-*/()" or _within(piece, parts) for piece in side)
    known = {_held_in(part) for part in parts} | {NUMBER}
    return NUMBER if plain and known == {NUMBER} else None


def _held_in(one: ValueReference) -> str | None:
    if one.kind is not None:
        return held(one.kind)
    return NUMBER if one.key else None


def _within(piece: Token, parts: Sequence[ValueReference]) -> bool:
    return any(part.start <= piece.column <= part.stop for part in parts)


def _first(name: str, variable: Variable) -> str:
    return f'{name}["won.count"]' if variable.keys is not None else f"{name}.{next(iter(variable.columns), 'value')}"
