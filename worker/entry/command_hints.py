"""Commands in sentences for people, so that a person can copy them as they stand: with the program as their shell finds
it, and with the project and the target that they gave.

Every layer writes a command for the reader as `funnelbeat COMMAND …` between backticks. What is printed is completed
here.
"""

import os
import re
import shlex
import shutil
import sys
from contextvars import ContextVar
from pathlib import Path

PROGRAM = "funnelbeat"

ALONE = frozenset({"init", "demo"})
"""Commands that belong to no project."""

_TARGET = ContextVar("target", default="")
_GIVEN = ContextVar("given", default="")
"""Of the command that runs: its `--target`, and our command with its project, empty before both are known."""

_HINT = re.compile(r"`funnelbeat (?=([a-z][a-z-]*|--help))")


def command_for(place: Path) -> str:
    """Our command with the project that it needs where the person is now, and the target that they named."""
    words = [_program()]
    here = Path.cwd()
    if place not in {here, Path()}:
        words += ["--project", os.path.relpath(place, here) if place.is_relative_to(here) else str(place)]
    return shlex.join([*words, *(["--target", _TARGET.get()] if _TARGET.get() else [])])


def copyable(text: str) -> str:
    """The text with every command in it completed."""
    return _HINT.sub(lambda found: f"`{_command(found[1])} ", text) if "`funnelbeat " in text else text


def begin(target: str | None) -> None:
    """Call before a command. `target`: as given on the command line."""
    _TARGET.set(target or "")
    _GIVEN.set("")


def remember(place: Path) -> None:
    """Call once it is known which project the command is about."""
    _GIVEN.set(command_for(place))


def _command(name: str) -> str:
    given = "" if name in {*ALONE, "--help"} else _GIVEN.get()
    return given or shlex.quote(_program())


def _program() -> str:
    """A person who has no link to it in PATH has called it by its path."""
    called = Path(sys.argv[0])
    if called.name != PROGRAM or shutil.which(PROGRAM) is not None:
        return PROGRAM
    here = Path.cwd()
    return os.path.relpath(called, here) if called.is_relative_to(here) else str(called)
