"""Options that several commands take. `--project` may stand before or after the command's name."""

import os
from pathlib import Path
from typing import Annotated

import typer

from worker.adapters.dotenv_file import variables

TARGET = "FUNNELBEAT_TARGET"

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
    for name, value in variables(place).items():
        os.environ.setdefault(name, value)
    told = ctx.find_root().meta
    if target := os.environ.get(TARGET):
        if not told.get(TARGET):
            typer.echo(f"Target: {target}", err=True)
        told[TARGET] = target
    return place
