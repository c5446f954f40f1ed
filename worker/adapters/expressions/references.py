"""What an expression reads: each mention of a variable, as a column, a key in brackets, or the variable itself."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from worker.adapters.expressions.source_text import Token, words
from worker.domain import known_names
from worker.domain.expression import Given, Value, Variable
from worker.domain.snapshot.snapshot import Kind
from worker.errors import RequestError

_KEY = re.compile(r"[^\s\"'\\]{1,200}")
_CURRENCY = re.compile(r"[A-Z]{3}|[^:]+:\d+:.*")
"""A code of ISO 4217, or a currency of the account's own (domain.money.custom)."""
_BESIDE_NULL = frozenset({"(", ")", "[", "]", ",", "&&", "||", "?", ":"})
"""What may stand beside `row.owner == null`, so that nothing else belongs to the comparison."""


@dataclass(frozen=True, slots=True)
class ValueReference:
    """`row.value` is name "value"; `group.value["EUR"]` is name "value", key "EUR"; `now["won.count"]` is key
    "won.count"; `was` has neither. `kind`: None for a list, for a map without a key, for the variable itself, and where
    only an answer decides: a key that is not listed holds a number. `start`, `stop`: the columns of its first and its
    last word. `column`: that of its name.
    """

    variable: str
    name: str
    key: str
    kind: Kind | None
    start: int
    stop: int
    column: int
    text: str

    def given(self, variables: Mapping[str, Given]) -> Value | Mapping[str, Value] | tuple[str, ...]:
        """None also where the variable is null."""
        values = variables.get(self.variable) or {}
        found = values.get(self.name or self.key)
        if not (self.name and self.key):
            return found
        return found.get(self.key) if isinstance(found, Mapping) else None

    @property
    def known(self) -> str:
        """The expression that is true where it has a value."""
        if not self.key:
            return f"has({self.text})"
        held = f"{self.variable}.{self.name}" if self.name else self.variable
        return f'("{self.key}" in {held})'


@dataclass(frozen=True, slots=True)
class NullQuestion:
    """`row.owner == null`, or with != if not `equal`. `start`, `stop`: the columns of its first and its last word."""

    of: ValueReference
    start: int
    stop: int
    equal: bool

    @property
    def text(self) -> str:
        """The same with has()."""
        return f"({'!' if self.equal else ''}{self.of.known})"


def references(pieces: Sequence[Token], variables: Mapping[str, Variable]) -> tuple[ValueReference, ...]:
    """In the order in which they stand there. Raises RequestError for one that no variable has."""
    found, made = words(pieces), []
    for at, piece in enumerate(found):
        after_dot = at > 0 and found[at - 1].text == "."
        if piece.kind == "name" and piece.text in variables and not after_dot:
            made.append(_reference(found, at, variables[piece.text]))
    return tuple(made)


def null_questions(pieces: Sequence[Token], found: Sequence[ValueReference]) -> tuple[NullQuestion, ...]:
    """Raises RequestError for another use of null. So a value that is not known can be left out of every row."""
    listed = words(pieces)
    nulls = [at for at, piece in enumerate(listed) if piece.text == "null" and piece.kind == "name"]
    return tuple(_question(listed, at, found) for at in nulls)


def wrong(column: int, found: str, expected: str) -> RequestError:
    return RequestError(f"character {column}: {found}: {expected}")


def nearest(word: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = known_names.nearest(word, names)
    return f"did you mean {close}?" if close else f"columns are {', '.join(names)}"


def _reference(found: Sequence[Token], at: int, variable: Variable) -> ValueReference:
    piece, after = found[at], [one.text for one in found[at + 1 : at + 2]]
    if after == ["."] and at + 2 < len(found):
        return _member(found, at, variable)
    if after == ["["]:
        if variable.keys is None:
            expected = f"write a column with a dot: {piece.text}.value"
            raise wrong(found[at + 1].column, "square brackets behind a name", expected)
        key = _key(found, at + 1)
        if not variable.open and key not in variable.keys:
            raise wrong(found[at + 2].column, f"{key}, which is no key of {piece.text}", nearest(key, variable.keys))
        return _made(found, at, at + 3, "", key, variable.keys.get(key))
    return _made(found, at, at, "", "", None)


def _member(found: Sequence[Token], at: int, variable: Variable) -> ValueReference:
    name, opens = found[at + 2], [one.text for one in found[at + 3 : at + 4]] == ["["]
    if name.text in variable.maps:
        if not opens and [one.text for one in found[max(at - 1, 0) : at]] != ["in"]:
            said = f"{found[at].text}.{name.text} without a key"
            raise wrong(name.column, said, f'write one, such as {found[at].text}.{name.text}["EUR"]')
        key = _key(found, at + 3) if opens else ""
        if key and variable.maps[name.text] is Kind.MONEY and not _CURRENCY.fullmatch(key):
            raise wrong(found[at + 4].column, f'the currency "{key}"', 'write its code in capitals, such as "EUR"')
        return _made(found, at, at + (5 if opens else 2), name.text, key, variable.maps[name.text] if key else None)
    open_columns = variable.open and variable.keys is None
    if name.text not in variable.columns and name.text not in variable.lists and not open_columns:
        known = nearest(name.text, (*variable.columns, *variable.maps, *variable.lists))
        measure = f'write {found[at].text}["{name.text}"] for a measure; ' if variable.keys is not None else ""
        raise wrong(name.column, f"{found[at].text}.{name.text}, which is no column", measure + known)
    if opens:
        said = "square brackets behind a name"
        raise wrong(found[at + 3].column, said, f"leave them out: {found[at].text}.{name.text} holds one value")
    return _made(found, at, at + 2, name.text, "", variable.columns.get(name.text))


def _key(found: Sequence[Token], bracket: int) -> str:
    inside = [one.text for one in found[bracket + 1 : bracket + 3]]
    key = inside[0][1:-1] if inside and found[bracket + 1].kind == "text" else ""
    if inside[1:] != ["]"] or not _KEY.fullmatch(key):
        raise wrong(found[bracket].column, "square brackets without a key in quotes", 'write one, such as ["EUR"]')
    return key


def _made(found: Sequence[Token], first: int, last: int, name: str, key: str, kind: Kind | None) -> ValueReference:
    text = "".join(piece.text for piece in found[first : last + 1])
    column = found[first + 2 if last > first else first].column
    return ValueReference(found[first].text, name, key, kind, found[first].column, found[last].column, column, text)


def _question(listed: Sequence[Token], null: int, found: Sequence[ValueReference]) -> NullQuestion:
    places = {piece.column: at for at, piece in enumerate(listed)}
    for one in found:
        start, stop = places[one.start], places[one.stop]
        for first, last, operator in ((start, null, stop + 1), (null, stop, null + 1)):
            outside = {piece.text for piece in (*listed[max(first - 1, 0) : first], *listed[last + 1 : last + 2])}
            is_between = operator + 1 == (null if first == start else start)
            if is_between and listed[operator].text in {"==", "!="} and outside <= _BESIDE_NULL:
                return NullQuestion(one, listed[first].column, listed[last].column, listed[operator].text == "==")
    raise wrong(listed[null].column, "null", "ask of one value whether it is null, by itself: row.owner == null")
