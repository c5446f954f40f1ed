"""Reads one piece of a file into its shape, and reports pydantic's errors in plain words with positions."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from worker.adapters.definitions.fields import SAID
from worker.adapters.definitions.model import Shape
from worker.adapters.definitions.place import Path, Sheet
from worker.adapters.definitions.words import advice, described, listed, shape

S = TypeVar("S", bound=Shape)


@dataclass(frozen=True, slots=True)
class Read(Generic[S]):
    """`piece`: what could be read, None if too much is missing. `sound`: there was no error."""

    piece: S | None
    sound: bool


def read(kind: type[S], value: Any, sheet: Sheet, path: Path) -> Read[S]:
    """Complains of every error in the piece, and reads the rest without the wrong keys."""
    if not isinstance(value, dict):
        expected = f"write keys below it: {listed(sorted(kind.keys()))}"
        sheet.complain(path, f"{shape(value)} in place of {_titled(kind)}", expected)
        return Read(None, sound=False)
    try:
        return Read(kind.model_validate(value), sound=True)
    except ValidationError as error:
        faults = error.errors(include_url=False)
    for fault in faults:
        _complain(kind, fault, sheet, path)
    bad = {fault["loc"][0] for fault in faults if fault["loc"]}
    try:
        return Read(kind.model_validate({k: v for k, v in value.items() if k not in bad}), sound=False)
    except ValidationError:
        return Read(None, sound=False)


def _complain(kind: type[Shape], fault: ErrorDetails, sheet: Sheet, path: Path) -> None:
    at = (*path, *fault["loc"])
    name = str(fault["loc"][-1]) if fault["loc"] else ""
    match fault["type"]:
        case "extra_forbidden":
            sheet.complain(at, *unknown_key(kind, name), key=True)
        case "missing":
            sheet.complain(path, f"{kind.title} without `{name}`", f"write `{name}: …`", key=True)
        case kind_of_fault if kind_of_fault == SAID:
            context = fault["ctx"]
            sheet.complain(_known(sheet, at), f"`{name}` with {context['found']}", context["expected"])
        case _:
            sheet.complain(_known(sheet, at), f"`{name}` with {described(fault['input'])}", "write another value")


def unknown_key(kind: type[Shape], name: str) -> tuple[str, str]:
    if name in kind.later:
        return f"`{name}`, which this version does not have yet", "leave it out"
    if name in kind.above:
        return f"`{name}` inside `{kind.title}`", f"write it beside `{kind.title}:`, not below it"
    return f"`{name}`, which {_titled(kind)} does not have", advice(name, kind.keys())


def _titled(kind: type[Shape]) -> str:
    """A key stands in backticks; "an alert" and the name of a file do not."""
    return f"`{kind.title}`" if kind.title.isidentifier() else kind.title


def _known(sheet: Sheet, path: Path) -> Path:
    """Removes the steps that pydantic adds to a location, so that it is a path in the file."""
    while path and path not in sheet.document.spots:
        path = path[:-1]
    return path
