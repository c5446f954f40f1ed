"""One clause of a condition, evaluated alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import NoneType

from worker.adapters.expressions.checks import inside, sole
from worker.adapters.expressions.clauses import FLIPPED, comparison
from worker.adapters.expressions.program import Program, program_of
from worker.adapters.expressions.references import NullQuestion, ValueReference
from worker.adapters.expressions.source_text import Token
from worker.domain.alert.subject import ClauseResult, Operand
from worker.domain.expression import CURRENCY, Given
from worker.domain.snapshot.snapshot import Kind
from worker.domain.snapshot.values import cell_of

_MONEY = Kind.MONEY
_SCALAR = (Decimal, str, bool, datetime, NoneType)
"""Asked before anything is asked about Mapping, which takes longer than all else of an operand."""


@dataclass(frozen=True, slots=True)
class CelClause:
    """`column`: where it begins. `references`: each that it reads, once. The other fields are those of ClauseResult."""

    text: str
    column: int
    program: Program
    references: tuple[ValueReference, ...]
    operator: str
    threshold: str

    def result(self, variables: Mapping[str, Given], *, fired: bool = False) -> ClauseResult:
        """`fired`: it is known to hold."""
        operands = [made for one in self.references if (made := _operand(one, variables))]
        holds = fired or self.program.holds(variables)
        return ClauseResult(self.text, holds, tuple(operands), self.operator, self.threshold)


def clause_of(
    source: str, part: Sequence[Token], found: Sequence[ValueReference], asked: Sequence[NullQuestion]
) -> CelClause:
    """Raises ValueError where it cannot be read."""
    end = part[-1].column + len(part[-1].text) - 1
    operator, threshold = _against_a_constant(part, found)
    text, program = source[part[0].column - 1 : end], program_of(part, found, asked)
    read = tuple({one.text: one for one in inside(found, part)}.values())
    return CelClause(text, part[0].column, program, read, operator, threshold)


def _against_a_constant(part: Sequence[Token], found: Sequence[ValueReference]) -> tuple[str, str]:
    made = comparison(part)
    if made is not None and sole(found, made.left) and (constant := _constant(made.right)):
        return made.operator, constant
    if made is not None and sole(found, made.right) and (constant := _constant(made.left)):
        return FLIPPED.get(made.operator, made.operator), constant
    return "", ""


def _constant(side: Sequence[Token]) -> str:
    """As written, without quotes; empty if it is none."""
    texts = [piece.text for piece in side]
    if len(side) == 1 and (side[0].kind in {"number", "text"} or texts[0] in {"true", "false", "null"}):
        return texts[0].strip("\"'")
    if len(side) == 2 and texts[0] == "-" and side[1].kind == "number":
        return "".join(texts)
    if len(side) == 4 and texts[0] in {"date", "timestamp", "duration"}:
        return texts[2].strip("\"'")
    return ""


def _operand(one: ValueReference, variables: Mapping[str, Given]) -> Operand | None:
    """None of a variable or a map as a whole."""
    value = one.given(variables)
    if isinstance(value, tuple):
        return Operand(one.text, Kind.TEXT, ", ".join(value))
    if not isinstance(value, _SCALAR) or not (one.name or one.key):
        return None
    kind = one.kind or _kind_of(value)
    if kind is not _MONEY:
        return Operand(one.text, kind, cell_of(value, kind, None))
    currency = _currency(one, variables)
    if currency is None and value is not None:
        kind = _kind_of(value)  # a number: in hundredths it would be shown as a hundred times as much
    return Operand(one.text, kind, cell_of(value, kind, currency), currency)


def _kind_of(value: Decimal | str | bool | datetime | None) -> Kind:
    """Of a value that only an answer knows: the nearest that can be shown. A number between 0 and 1 is a share."""
    if isinstance(value, bool):
        return Kind.BOOL
    if isinstance(value, Decimal):
        return Kind.RATIO if 0 < abs(value) < 1 else Kind.INT
    return Kind.INSTANT if isinstance(value, datetime) else Kind.TEXT


def _currency(one: ValueReference, variables: Mapping[str, Given]) -> str | None:
    """A group's amount has its own as the key, a row one column for all of its amounts, a query one of each measure."""
    found = one.key if one.name and one.key else (variables.get(one.variable) or {}).get(CURRENCY)
    if isinstance(found, str):
        return found
    of_measure = found.get(one.key) if isinstance(found, Mapping) else None
    return of_measure if isinstance(of_measure, str) else None
