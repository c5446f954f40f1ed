"""The template that is being rendered, and its line, while Jinja yields the output piece by piece."""

from typing import Any

from jinja2 import Template

TEMPLATE = "__jinja_template__"
"""The global of a compiled template that has the template's name."""

INCLUDED = "gen"
"""The local variable of a compiled template that has the included template."""


def writer(pieces: Any) -> tuple[str, int] | None:
    """Template and line of the innermost generator that yielded last. None if `pieces` is not a template's generator.

    A macro and `super()` are one piece of the template that calls them.
    """
    place = None
    while hasattr(pieces, "gi_frame") and pieces.gi_frame is not None:
        frame = pieces.gi_frame
        template = frame.f_globals.get(TEMPLATE)
        if isinstance(template, Template) and template.name is not None:
            place = template.name, template.get_corresponding_lineno(frame.f_lineno)
        pieces = pieces.gi_yieldfrom or frame.f_locals.get(INCLUDED)
    return place


def line_of(source: str, line: int, piece: str, offset: int) -> int:
    """The line of `source` that has the text at `offset` of a piece, which began at `line` or below. Jinja knows the
    lines of statements. For literal text it only knows the statement before it.
    """
    begins, ends = piece.rfind("\n", 0, offset) + 1, piece.find("\n", offset)
    text = piece[begins : ends if ends >= 0 else None].strip()
    lines = source.splitlines()[max(line - 1, 0) :]
    return next((line + at for at, one in enumerate(lines) if text and text in one), line)
