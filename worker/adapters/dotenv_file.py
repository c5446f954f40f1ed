"""Variables from a file that Docker Compose and others read too.

https://github.com/theskumar/python-dotenv
"""

import io
from collections.abc import Mapping
from pathlib import Path

from dotenv.parser import parse_stream

from worker.errors import RequestError

NAME = ".env"
LARGEST = 1_000_000
"""Bytes."""


def variables(directory: Path) -> Mapping[str, str]:
    """The variables of `.env` in the directory, none if there is no such file. `${OTHER}` is not replaced.

    Raises RequestError that names the line, and never shows what stands there.
    """
    path = directory / NAME
    if not path.is_file():
        return {}
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise RequestError(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > LARGEST:
        raise RequestError(f"{path}: found more than 1 MB; write one NAME=value a line")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RequestError(f"{path}:{line}: found bytes that are not UTF-8; save the file as UTF-8") from None
    found = {}
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key is not None and not _can_be_set(binding.key, binding.value)):
            line = binding.original.line + _blank_lines(binding.original.string)
            raise RequestError(f"{path}:{line}: found no NAME=value; write one, or begin the line with #")
        if binding.key is not None and binding.value is not None:
            found[binding.key] = binding.value
    return found


def _can_be_set(name: str, value: str | None) -> bool:
    """Whether a process may have such a variable: no operating system takes NUL, nor "=" in a name."""
    return value is not None and "\0" not in name + value and "=" not in name


def _blank_lines(text: str) -> int:
    return len(text) - len(text.lstrip("\n"))
