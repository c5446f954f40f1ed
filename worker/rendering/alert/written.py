"""The clauses of a condition that was not evaluated, such as that of a rule without data. They are read from its
text.
"""

import re

from worker.domain.alert.subject import ClauseResult, Operand
from worker.domain.snapshot.opportunity import COLUMNS
from worker.domain.snapshot.snapshot import Kind

_KINDS = {column.name: column.kind for column in COLUMNS}
_COMPARED = re.compile(
    r"(?P<name>row\.(?P<column>\w+))\s*(?P<operator>>=|<=|==|!=|>|<)\s*"
    r"(?P<threshold>\d+(?:\.\d+)?|\"[^\"]*\"|'[^']*'|true|false|null|date\([^)]*\))(?=\s*(?:&&|\|\||\)|$))"
)
_BARE = re.compile(r"(?:date\()?[\"']?([^\"')]*)[\"']?\)?")
"""A constant without its quotes."""

_FLAG = re.compile(r"(?<![\w.])!?(?P<name>row\.(?P<column>\w+))(?=\s*(?:&&|\|\||\)|$))")


def clauses_of(condition: str) -> tuple[ClauseResult, ...]:
    """Columns of deals that are compared with a constant, and boolean columns. Their values are not known."""
    found = [
        ClauseResult(one[0], None, (_operand(one),), one["operator"], _BARE.sub(r"\1", one["threshold"], count=1))
        for one in _COMPARED.finditer(condition)
        if one["column"] in _KINDS
    ]
    flags = [one for one in _FLAG.finditer(condition) if _KINDS.get(one["column"]) is Kind.BOOL]
    return (*found, *(ClauseResult(one[0], None, (_operand(one),)) for one in flags))


def _operand(found: re.Match[str]) -> Operand:
    return Operand(found["name"], _KINDS[found["column"]], None)
