"""Conditions in CEL (https://cel.dev), checked whole when they are loaded."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import cel

from worker.adapters.expressions.source_text import (
    Token,
    held_against_null,
    members,
    number,
    scaled,
    tokens,
    with_timestamps,
)
from worker.domain.snapshot.snapshot import Kind
from worker.errors import RequestError
from worker.ports.expressions import Columns, Condition, Value

LONGEST = 2_000
"""Characters. Macros over lists can be nested, and what they cost grows with every level."""

_OPERATORS = frozenset(
    {"_&&_", "_||_", "!_", "_?_:_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_+_", "_-_", "_*_", "_/_", "-_"}
    | {"@in", "@not_strictly_false"}  # `in`, and a step of all() and exists()
)
_FUNCTIONS = frozenset({"contains", "startsWith", "endsWith", "matches", "timestamp", "duration", "date"})
_MACROS = ("has", "all", "exists")
_TYPES = "text, a number, true or false, or a time"
_UNKNOWN = (TypeError, KeyError, ValueError, RuntimeError, ArithmeticError)
"""What an evaluation raises. Expressions that are wrong for every row are refused at load, so that a null is left."""


@dataclass(frozen=True, slots=True)
class CelCondition:
    """Implements ports.Condition. `columns`: what is read of each variable; `nulls`: which of them may be null in it,
    because the expression asks. Every other null is left out, so that nothing can be said of it.
    """

    program: cel.Program
    columns: Mapping[str, frozenset[str]]
    nulls: Mapping[str, frozenset[str]]

    def names(self, variable: str) -> frozenset[str]:
        return self.columns.get(variable, frozenset())

    def __call__(self, variables: Mapping[str, Mapping[str, Value]]) -> bool | None:
        try:
            answer = self.answer(variables)
        except _UNKNOWN:
            return None
        return answer if isinstance(answer, bool) else None

    def answer(self, variables: Mapping[str, Mapping[str, Value]]) -> object:
        """Raises what the library raises."""
        return self.program.execute({name: self._given(name, variables.get(name, {})) for name in self.columns})

    def _given(self, variable: str, values: Mapping[str, Value]) -> dict[str, Any]:
        nulls = self.nulls[variable]
        return {
            name: number(value) if isinstance(value, Decimal) else value
            for name in self.columns[variable]
            if (value := values.get(name)) is not None or name in nulls
        }


class CelExpressions:
    """Implements ports.Expressions."""

    def condition(self, text: str, variables: Mapping[str, Columns]) -> Condition:
        if len(text) > LONGEST:
            raise RequestError(f"an expression of {len(text)} characters: write at most {LONGEST}")
        pieces = tokens(text)
        _refuse_words(pieces, variables)
        names = {variable: _named(pieces, variable, columns) for variable, columns in variables.items()}
        written = _compiled(text)
        _refuse_functions(written, variables)
        condition = CelCondition(
            _compiled(scaled(_dated(pieces))),
            names,
            {variable: held_against_null(pieces, variable) for variable in variables},
        )
        for row in _samples(variables):
            _try(condition, row)
        return condition


def _refuse_words(pieces: tuple[Token, ...], variables: Mapping[str, Columns]) -> None:
    for piece in pieces:
        if piece.kind == "number" and re.search(r"[xXuU]", piece.text):
            raise _wrong(piece.column, f"the number {piece.text}", "write it in digits, such as 5000 or 0.25")
        if piece.kind == "operator" and piece.text == "%":
            raise _wrong(piece.column, "the operator %", "amounts have no remainder; use + - * /")
        if piece.kind == "operator" and piece.text == "[" and _indexes(pieces, piece):
            named = next(iter(variables), "row")
            raise _wrong(piece.column, "square brackets behind a name", f"write a column with a dot: {named}.value")


def _indexes(pieces: tuple[Token, ...], bracket: Token) -> bool:
    """Whether it picks out of something, and does not begin a list."""
    before = [one for one in pieces if one.column < bracket.column and one.kind not in {"space", "comment"}]
    return bool(before) and (before[-1].text in {")", "]"} or (before[-1].kind == "name" and before[-1].text != "in"))


def _named(pieces: tuple[Token, ...], variable: str, columns: Columns) -> frozenset[str]:
    found = members(pieces, variable)
    for piece in found:
        if piece.text not in columns:
            raise _wrong(piece.column, f"{variable}.{piece.text}, which is no column", _nearest(piece.text, columns))
    return frozenset(piece.text for piece in found)


def _dated(pieces: tuple[Token, ...]) -> tuple[Token, ...]:
    try:
        return with_timestamps(pieces)
    except ValueError as error:
        raise _wrong(int(error.args[0]), "what stands in date(…)", 'write a day, such as date("2026-12-31")') from None


def _compiled(text: str) -> cel.Program:
    try:
        return cel.compile(text)
    except ValueError as error:
        raise _unreadable(str(error)) from None


def _unreadable(message: str) -> RequestError:
    place = re.search(r"<input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)", message)
    if place is None:
        return RequestError("it cannot be read as an expression: write a condition, such as row.value >= 50000")
    problem = re.sub(r" expecting .*", "", place[3]).replace("<EOF>", "the end")
    return _wrong(int(place[2]), problem, "write a condition, such as row.value >= 50000")


def _refuse_functions(program: cel.Program, variables: Mapping[str, Columns]) -> None:
    unknown = sorted(set(program.functions()) - _OPERATORS - _FUNCTIONS)
    if unknown:
        known = sorted({*_FUNCTIONS, *_MACROS})
        name = unknown[0].strip("_@")
        raise RequestError(f"{name}, which no expression has: use {', '.join(known)} and the operators")
    if not set(program.variables()) & set(variables):
        raise RequestError(f"no {' or '.join(variables)} in it: write a condition, such as row.value >= 50000")


def _samples(variables: Mapping[str, Columns]) -> Iterator[dict[str, dict[str, Value]]]:
    """Rows that hold every column: a part of the expression that one of them skips, another reaches."""
    for count, text, flag in (("0", "", False), ("1", "a", True), ("1000000", "2026-01-01", True)):
        filled: dict[Kind, Value] = {
            Kind.TEXT: text,
            Kind.ID: text,
            Kind.BOOL: flag,
            Kind.INSTANT: datetime(2026, 1, 1, tzinfo=UTC),
            Kind.DATE: datetime(2026, 1, 1, tzinfo=UTC),
        }
        yield {
            variable: {name: filled.get(kind, Decimal(count)) for name, kind in columns.items()}
            for variable, columns in variables.items()
        }


def _try(condition: CelCondition, row: Mapping[str, Mapping[str, Value]]) -> None:
    """Raises RequestError where the expression fails although every value is known."""
    try:
        answer = condition.answer(row)
    except _UNKNOWN as error:
        raise RequestError(_said(error)) from None
    if not isinstance(answer, bool):
        raise RequestError(f"it gives {_kind_of(answer)}: write a condition that is true or false")


def _said(error: Exception) -> str:
    text = str(error).strip("'\"")
    undefined = re.match(r"Undefined variable or function: '(\w+)'", text)
    if undefined:
        return f"{undefined[1]}, which is not known here: write a column with its variable, such as row.value"
    if isinstance(error, TypeError):
        return f"it compares or adds what does not go together; a column holds {_TYPES}"
    return f"it fails on a row that holds every column: {text.splitlines()[0][:120]}"


def _kind_of(answer: object) -> str:
    return "a number" if isinstance(answer, int | float) else "text" if isinstance(answer, str) else "no condition"


def _wrong(column: int, found: str, expected: str) -> RequestError:
    return RequestError(f"column {column}: {found}: {expected}")


def _nearest(word: str, columns: Columns) -> str:
    close = difflib.get_close_matches(word, columns, n=1)
    return f"did you mean {close[0]}?" if close else f"columns are {', '.join(sorted(columns))}"
