"""JSON that a template wrote, parsed strictly before anything is sent."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from worker.errors import RenderError
from worker.ports.channels import TemplatePage
from worker.sanitize import clean

AROUND = 30
"""Characters on each side of a fault that its error message quotes."""


def strict_json(template: str, text: str) -> object:
    """The value of `text`. Raises RenderError for NaN, a repeated key, and text after the end."""
    try:
        found: object = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        near = clean(text[max(0, error.pos - AROUND) : error.pos + AROUND])
        raise RenderError(template, 0, f"its output is not JSON: {error.msg}, near {near}") from error
    except ValueError as error:
        raise RenderError(template, 0, f"its output is not strict JSON: {error}") from error
    except RecursionError as error:
        raise RenderError(template, 0, "its output is nested too deeply") from error
    return found


@contextmanager
def wrong_place(page: TemplatePage, name: str) -> Iterator[None]:
    """Adds the template and line that wrote the text to an error in the JSON inside."""
    try:
        yield
    except RenderError as error:
        if not isinstance(error.__cause__, json.JSONDecodeError):
            raise
        raise RenderError(*page.place(name, error.__cause__.pos), error.problem) from error


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made: dict[str, object] = {}
    for key, value in pairs:
        if key in made:
            raise ValueError(f"the key {clean(key)!r} occurs twice in one object")
        made[key] = value
    return made
