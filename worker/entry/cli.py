"""The command line. `command_table` lists the commands; each is a function in the module of its group."""

import os
from typing import Annotated

import typer

from worker import __version__
from worker.entry.command_hints import begin
from worker.entry.lazy_commands import Commands
from worker.entry.options import TARGET, Project

app = typer.Typer(
    cls=Commands,
    name="funnelbeat",
    help="Scheduled sales digests that say what changed since the last one each reader received.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"funnelbeat {__version__}")
        raise typer.Exit


@app.callback()
def _before(
    ctx: typer.Context,
    project: Project = None,
    target: Annotated[
        str | None, typer.Option("--target", metavar="NAME", help="One of `targets` of funnelbeat.yaml, such as dev.")
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    ctx.obj = project
    begin(target)
    if target is not None:
        os.environ[TARGET] = target


def main() -> None:
    """Entry point of the `funnelbeat` script."""
    app(prog_name="funnelbeat")
