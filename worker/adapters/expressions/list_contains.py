"""`event.changed.contains('status_id')`, which CEL has for text alone, as `'status_id' in event.changed`."""

from collections.abc import Mapping

from worker.adapters.expressions.source_text import tokens
from worker.domain.expression import Variable


def with_list_contains(source: str, variables: Mapping[str, Variable]) -> str:
    """The source with every `VARIABLE.LIST.contains(TEXT)` written the way CEL has it. Its length stays, so that
    columns in complaints are right for what follows.
    """
    pieces = list(tokens(source))
    made, at = "", 0
    while at < len(pieces):
        part = pieces[at : at + 8]
        if _asks_a_list([piece.text for piece in part], variables) and part[6].kind == "text":
            length = sum(len(piece.text) for piece in part)
            made += f"({part[6].text} in {part[0].text}.{part[2].text})".ljust(length)
            at += 8
        else:
            made += pieces[at].text
            at += 1
    return made


def _asks_a_list(part: list[str], variables: Mapping[str, Variable]) -> bool:
    if len(part) < 8 or part[0] not in variables or part[2] not in variables[part[0]].lists:
        return False
    return part[1] == part[3] == "." and part[4:6] == ["contains", "("] and part[7] == ")"
