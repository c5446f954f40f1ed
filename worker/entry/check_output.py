"""The findings of `check`, in the requested format."""

import os
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path

from worker import __version__
from worker.adapters.definitions.load import Loaded
from worker.adapters.definitions.secrets import SecretReference
from worker.documents.definitions import check_document
from worker.documents.sarif import CheckLevel, sarif_document
from worker.entry import console
from worker.errors import Complaint


class CheckFormat(StrEnum):
    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


_COMMANDS = {CheckLevel.ERROR: "error", CheckLevel.WARNING: "warning", CheckLevel.NOTE: "notice"}


def show_check(loaded: Loaded, place: Path, format_: CheckFormat, *, clean: bool) -> None:
    """`clean`: whether the summary of the text says that nothing is wrong."""
    unset = [secret for secret in loaded.secrets if not secret.set]
    match format_:
        case CheckFormat.JSON:
            document = check_document(loaded.complaints, loaded.warnings, [secret.name for secret in unset])
            console.show_json(document)
        case CheckFormat.SARIF:
            console.show_json(sarif_document(_found(loaded, unset), __version__, _folder(place)))
        case CheckFormat.GITHUB:
            for level, one in _found(loaded, unset):
                console.out.print(_workflow_command(level, one, _folder(place)), markup=False)
        case CheckFormat.TEXT:
            _show_text(loaded, unset)
    if clean and loaded.bundle is not None and format_ in {CheckFormat.TEXT, CheckFormat.GITHUB}:
        count = len(loaded.bundle.schedules)
        console.out.print(f"{count} schedule{'' if count == 1 else 's'}, nothing wrong.")
    elif not clean and format_ in {CheckFormat.TEXT, CheckFormat.GITHUB}:
        console.err.print(_summary(loaded, len(loaded.warnings) + len(unset)), markup=False)


def _show_text(loaded: Loaded, unset: Sequence[SecretReference]) -> None:
    for line in (*_grouped(loaded.complaints), *(f"warning: {w}" for w in loaded.warnings)):
        console.err.print(line, markup=False)
    for secret in unset:
        console.err.print(f"note: {secret.place}: {_unset(secret)}", markup=False)


def _grouped(complaints: Sequence[Complaint]) -> Iterator[str]:
    """Each sentence once, with the other places below it: a name that is mistyped once may be used many times."""
    same = dict[tuple[str, str], list[Complaint]]()
    for one in complaints:
        same.setdefault((one.found, one.expected), []).append(one)
    for first, *others in same.values():
        yield str(first)
        if others:
            yield f"  the same at {', '.join(f'{one.path}:{one.line}:{one.column}' for one in others)}"


def _summary(loaded: Loaded, lesser: int) -> str:
    """`lesser`: the number of warnings and notes. Without an error, `--strict` made them errors."""
    count, files = len(loaded.complaints), len({one.path for one in loaded.complaints})
    if not count:
        return f"With --strict, {'this is an error' if lesser == 1 else f'these {lesser} are errors'}."
    return f"{count} error{'' if count == 1 else 's'} in {files} file{'' if files == 1 else 's'}."


def _unset(secret: SecretReference) -> str:
    return f"{secret.name} is not set; {secret.holder} needs it"


def _found(loaded: Loaded, unset: list[SecretReference]) -> Iterator[tuple[CheckLevel, Complaint]]:
    yield from ((CheckLevel.ERROR, one) for one in loaded.complaints)
    yield from ((CheckLevel.WARNING, one) for one in loaded.warnings)
    for secret in unset:
        path, line, column = secret.place.rsplit(":", 2)
        found, _, expected = _unset(secret).partition("; ")
        yield CheckLevel.NOTE, Complaint(path, int(line), int(column), found, expected)


def _folder(place: Path) -> str:
    """The project's directory as seen from here, "" for the same: annotations are relative to the repository."""
    relative = Path(os.path.relpath(place)).as_posix()
    return "" if relative == "." else relative


def _workflow_command(level: CheckLevel, one: Complaint, folder: str) -> str:
    """An annotation. Without escapes, a text could contain commands.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    path = f"{folder}/{one.path}" if folder else one.path
    where = f"file={_property(path)},line={one.line},col={one.column}"
    return f"::{_COMMANDS[level]} {where}::{_message(f'{one.found}; {one.expected}')}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
