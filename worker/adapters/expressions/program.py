"""A compiled piece of an expression, and the values that it is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import cel

from worker.adapters.expressions.quotients import NO_QUOTIENT, guarded
from worker.adapters.expressions.references import NullQuestion, ValueReference
from worker.adapters.expressions.source_text import Token, number, scaled, with_timestamps
from worker.domain.expression import Given

UNKNOWN = (TypeError, KeyError, ValueError, RuntimeError, ArithmeticError, NO_QUOTIENT)
"""What an evaluation raises. Expressions that are wrong for every row are refused at load, so that a null is left."""


@dataclass(frozen=True, slots=True)
class Program:
    """`reads`: the columns, maps, lists and keys of each variable. A null is left out of them, so CEL raises for every
    comparison with it, and its own rules for && and || decide whether the result depends on it.
    """

    compiled: cel.Program
    reads: Mapping[str, frozenset[str]]

    def answer(self, variables: Mapping[str, Given]) -> object:
        """Raises what the library raises."""
        return self.compiled.execute(
            {name: _given(variables[name], read) for name, read in self.reads.items() if name in variables}
        )

    def holds(self, variables: Mapping[str, Given]) -> bool | None:
        try:
            answer = self.answer(variables)
        except UNKNOWN:
            return None
        return answer if isinstance(answer, bool) else None


def program_of(part: Sequence[Token], found: Sequence[ValueReference], asked: Sequence[NullQuestion]) -> Program:
    """`part`: words. Raises ValueError where it cannot be read."""
    reads = dict[str, frozenset[str]]()
    for one in found:
        if part[0].column <= one.start <= part[-1].column:
            reads[one.variable] = reads.get(one.variable, frozenset()) | ({one.name or one.key} - {""})
    return Program(cel.compile(scaled(_spaced(guarded(with_timestamps(_with_questions(part, asked)))))), reads)


def _with_questions(part: Sequence[Token], asked: Sequence[NullQuestion]) -> tuple[Token, ...]:
    """`was == null` stays as it is: the variable itself is given as null."""
    made = list[Token]()
    questions = [one for one in asked if one.of.name or one.of.key]
    for piece in part:
        question = next((one for one in questions if one.start <= piece.column <= one.stop), None)
        if question is None:
            made.append(piece)
        elif piece.column == question.start:
            made.append(Token("question", question.text, piece.column))
    return tuple(made)


def _spaced(part: Sequence[Token]) -> tuple[Token, ...]:
    return tuple(each for piece in part for each in (piece, Token("space", " ", 0)))


def _given(values: Given, read: frozenset[str]) -> dict[str, Any] | None:
    if values is None:
        return None
    return {name: _cell(value) for name in read if (value := values.get(name)) is not None}


def _cell(value: object) -> object:
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, Mapping):
        return {key: _cell(one) for key, one in value.items() if one is not None}
    return value
