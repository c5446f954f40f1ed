"""Options that several commands take. `--project` may stand before or after the command's name."""

from pathlib import Path
from typing import Annotated

import typer

Project = Annotated[
    Path | None, typer.Option("--project", help="The project's directory (default: here).", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output and nothing else.")]
Out = Annotated[Path | None, typer.Option("--out", help="Also write each message there, as it was delivered.")]


def directory(ctx: typer.Context, project: Path | None) -> Path:
    """The project directory: given to the command, else given before its name, else the current directory."""
    before: Path | None = ctx.obj
    return (project or before or Path()).resolve()
