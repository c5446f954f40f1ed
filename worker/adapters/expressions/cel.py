"""Conditions in CEL (https://cel.dev), checked whole when they are loaded."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import cel

from worker.adapters.expressions.cel_clause import CelClause, clause_of
from worker.adapters.expressions.checks import (
    refuse_currencies,
    refuse_lists,
    refuse_nested,
    refuse_types,
    refuse_whole,
)
from worker.adapters.expressions.clauses import clauses
from worker.adapters.expressions.list_contains import with_list_contains
from worker.adapters.expressions.program import UNKNOWN, Program, program_of
from worker.adapters.expressions.quotients import NO_QUOTIENT
from worker.adapters.expressions.references import ValueReference, null_questions, references, wrong
from worker.adapters.expressions.samples import samples
from worker.adapters.expressions.source_text import Token, tokens, with_timestamps, words
from worker.domain.alert.subject import ClauseResult
from worker.domain.expression import Given, Variable
from worker.errors import RequestError
from worker.ports.expressions import Condition

LONGEST = 2_000
"""Characters."""

_OPERATORS = frozenset(
    {"_&&_", "_||_", "!_", "_?_:_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_+_", "_-_", "_*_", "_/_", "-_"}
    | {"@in", "@not_strictly_false", "_[_]"}  # `in`, a step of all() and exists(), and a key in brackets
)
_FUNCTIONS = frozenset({"contains", "startsWith", "endsWith", "matches", "timestamp", "duration", "date"})
_MACROS = ("has", "all", "exists")
_EXAMPLES = {
    "row": "row.value >= 50000",
    "group": "group.count >= 5",
    "now": 'now.value["EUR"] < 100000',
    "event": 'event.action == "updated"',
}
_TYPES = "text, a number, true or false, or a time"


@dataclass(frozen=True, slots=True)
class CelCondition:
    """Implements ports.Condition. `all_needed`: it is true only if every part is."""

    program: Program
    parts: tuple[CelClause, ...]
    read: Mapping[str, frozenset[str]]
    all_needed: bool = False

    def names(self, variable: str) -> frozenset[str]:
        return self.read.get(variable, frozenset())

    def __call__(self, variables: Mapping[str, Given]) -> bool | None:
        return self.program.holds(variables)

    def clauses(self, variables: Mapping[str, Given], *, fired: bool = False) -> tuple[ClauseResult, ...]:
        certain = fired and self.all_needed
        return tuple([part.result(variables, fired=certain) for part in self.parts])


class CelExpressions:
    """Implements ports.Expressions."""

    def condition(self, text: str, variables: Mapping[str, Variable]) -> Condition:
        if len(text) > LONGEST:
            raise RequestError(f"an expression of {len(text)} characters: write at most {LONGEST}")
        text = with_list_contains(text, variables)
        pieces = tokens(text)
        found = references(pieces, variables)
        _refuse_words(pieces, found)
        _refuse_dates(pieces)
        refuse_nested(words(pieces))
        _refuse_functions(_compiled(text, variables), variables)
        asked = null_questions(pieces, found)
        listed = words(pieces)
        refuse_whole(variables, found, asked, {after.column: before.text for before, after in pairwise(listed)})
        parts = clauses(pieces)
        for part in parts:
            refuse_types(part, found)
            refuse_lists(part, found, variables)
            refuse_currencies(part, found)
        made = [clause_of(text, part, found, asked) for part in parts]
        all_needed = all(piece.text not in {"||", "?"} for piece in listed)
        condition = CelCondition(program_of(listed, found, asked), tuple(made), _read(found), all_needed)
        for given in samples(variables, found):
            for clause in condition.parts:
                _try(
                    clause.program,
                    given,
                    f"character {clause.column}: ",
                    certain=_certain(clause.references, variables),
                )
            _try(condition.program, given, "", certain=_certain(found, variables))
        return condition


def _read(found: Sequence[ValueReference]) -> dict[str, frozenset[str]]:
    made = dict[str, frozenset[str]]()
    for one in found:
        made[one.variable] = made.get(one.variable, frozenset()) | ({one.name or one.key} - {""})
    return made


def _refuse_words(pieces: tuple[Token, ...], found: Sequence[ValueReference]) -> None:
    listed = words(pieces)
    for before, piece in zip(["", *(one.text for one in listed)], listed, strict=False):
        if piece.kind == "number" and re.search(r"[xXuU]", piece.text):
            raise wrong(piece.column, f"the number {piece.text}", "write it in digits, such as 5000 or 0.25")
        if piece.kind == "number" and before == "/" and not Decimal(piece.text):
            raise wrong(piece.column, "a division by 0", "write another number")
        if piece.kind == "operator" and piece.text == "%":
            raise wrong(piece.column, "the operator %", "amounts have no remainder; use + - * /")
        known = any(one.start < piece.column < one.stop for one in found)
        if piece.kind == "operator" and piece.text == "[" and not known and _indexes(pieces, piece):
            raise wrong(piece.column, "square brackets behind a name", "write a column with a dot, such as row.value")


def _indexes(pieces: tuple[Token, ...], bracket: Token) -> bool:
    """Whether it picks out of something, and does not begin a list."""
    before = [one for one in pieces if one.column < bracket.column and one.kind not in {"space", "comment"}]
    return bool(before) and (before[-1].text in {")", "]"} or (before[-1].kind == "name" and before[-1].text != "in"))


def _refuse_dates(pieces: tuple[Token, ...]) -> None:
    try:
        with_timestamps(pieces)
    except ValueError as error:
        raise wrong(int(error.args[0]), "what stands in date(…)", 'write a day, such as date("2026-12-31")') from None


def _compiled(text: str, variables: Mapping[str, Variable]) -> cel.Program:
    try:
        return cel.compile(text)
    except ValueError as error:
        raise _unreadable(str(error), _example(variables)) from None


def _unreadable(message: str, example: str) -> RequestError:
    place = re.search(r"<input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)", message)
    if place is None:
        return RequestError(f"it cannot be read as an expression: {example}")
    if "Recursion limit" in place[3]:
        return RequestError("its brackets are nested too deep to be read: write it with fewer brackets")
    return wrong(int(place[2]), _problem(place[3]), example)


def _problem(said: str) -> str:
    """`said`: in the parser's words. Texts in them may hold any word, so only their beginnings and ends are asked."""
    if said.startswith("missing "):
        return f"{said.removeprefix('missing ').split(' at ')[0]} is missing"
    if "'<EOF>'" in said:
        return "the condition ends too early"
    found = re.match(r"(?:mismatched|extraneous) input ('.*?') expecting ", said)
    if found is not None:
        return f"{found[1]} does not belong there"
    found = re.match(r"(?:no viable alternative at input|token recognition error at:) ('.*')", said)
    return f"{found[1][:-1].rstrip()}' cannot be read" if found is not None else said


def _refuse_functions(program: cel.Program, variables: Mapping[str, Variable]) -> None:
    unknown = sorted(set(program.functions()) - _OPERATORS - _FUNCTIONS)
    if unknown:
        known = sorted({*_FUNCTIONS, *_MACROS})
        name = unknown[0].strip("_@")
        raise RequestError(f"{name}, which no expression has: use {', '.join(known)} and the operators")
    if not set(program.variables()) & set(variables):
        none = " or ".join(f"`{name}`" for name in variables)
        bare = _with_variable(variables, program.variables())
        raise RequestError(f"the condition uses no {none}: {bare or _example(variables, program.variables())}")


def _with_variable(variables: Mapping[str, Variable], used: Iterable[str]) -> str:
    """What to write for a column without its variable; empty where no name in it is one."""
    bare = ((name, word) for word in sorted(used) for name, variable in variables.items() if word in variable.columns)
    return next((f"write {name}.{word}, not {word}" for name, word in bare), "")


def _example(variables: Mapping[str, Variable], used: Iterable[str] = ()) -> str:
    """What to write with the variables that there are. `used`: those of the expression; `row` is what people try."""
    known = next((example for name, example in _EXAMPLES.items() if name in variables), "row.value >= 50000")
    more = " (`row` needs a rule with `for_each`)" if "row" in used and "row" not in variables else ""
    return f"write a condition, such as {known}{more}"


def _certain(found: Sequence[ValueReference], variables: Mapping[str, Variable]) -> bool:
    """Whether it is known what each value holds, so that the made-up ones are of the right kind."""
    for one in found:
        variable = variables[one.variable]
        if one.kind is None and not one.key and one.name not in {"", *variable.lists, *variable.maps}:
            return False
    return True


def _try(program: Program, given: Mapping[str, Given], at: str, *, certain: bool) -> None:
    """Raises RequestError where it fails although every value is known. Made-up values may well divide by 0."""
    try:
        answer = program.answer(given)
    except NO_QUOTIENT:
        return
    except UNKNOWN as error:
        if certain or not (isinstance(error, TypeError) or _undefined(error) in _FUNCTIONS):
            raise RequestError(at + _said(error)) from None
        return
    if certain and not isinstance(answer, bool):
        raise RequestError(f"{at}it gives {_kind_of(answer)}: write a condition that is true or false")


def _said(error: Exception) -> str:
    text = str(error).strip("'\"")
    undefined = _undefined(error)
    if undefined:
        return f"{undefined}, which is not known here: write a column with its variable, such as row.value"
    if isinstance(error, TypeError):
        return f"it compares or adds what does not go together: a column holds {_TYPES}"
    return f"it fails on a row that holds every column: {text.splitlines()[0][:120]}"


def _undefined(error: Exception) -> str:
    """The name, also of a function that a value of this kind does not have."""
    found = re.match(r"Undefined variable or function: '(\w+)'", str(error).strip("'\""))
    return found[1] if found else ""


def _kind_of(answer: object) -> str:
    return "a number" if isinstance(answer, int | float) else "text" if isinstance(answer, str) else "no condition"
