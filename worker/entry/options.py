"""Options that several commands take. `--project` may stand before or after the command's name."""

import os
from pathlib import Path
from typing import Annotated

import typer

from worker.adapters.dotenv_file import NAME, variables
from worker.entry.command_hints import remember

TARGET = "FUNNELBEAT_TARGET"
SET_BY = "set by"
"""In the meta of a command's context: the variables that a file has set."""

Project = Annotated[
    Path | None, typer.Option("--project", help="The project's directory (default: here).", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output and nothing else.")]
Out = Annotated[Path | None, typer.Option("--out", help="Also write each message there, as it was delivered.")]


def directory(ctx: typer.Context, project: Path | None) -> Path:
    """The project directory: given to the command, else given before its name, else the current directory.

    The variables of its `.env` are set, unless the environment has them. Raises RequestError for a `.env` that is not
    as it should be.
    """
    before: Path | None = ctx.obj
    place = (project or before or Path()).resolve()
    remember(place)
    told = ctx.find_root().meta
    for name, value in variables(place).items():
        if name not in os.environ:
            os.environ[name] = value
            told.setdefault(SET_BY, {})[name] = place / NAME
    if target := os.environ.get(TARGET):
        if not told.get(TARGET):
            typer.echo(f"Target: {target}", err=True)
        told[TARGET] = target
    return place
