"""The command line. Each command is a function in the module of its group; this module only collects them."""

from typing import Annotated

import typer

from worker import __version__
from worker.adapters.event_log import configure
from worker.entry import (
    ask_commands,
    demo,
    doctor_commands,
    init_command,
    ops_commands,
    plan_commands,
    processes,
    project_commands,
    run_commands,
    source_commands,
)
from worker.entry.options import Project

app = typer.Typer(
    name="funnelbeat",
    help="Scheduled sales digests that say what moved since the last one this reader received.",
    no_args_is_help=True,
    add_completion=False,
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
    _version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True)] = False,
) -> None:
    ctx.obj = project
    configure("error")  # a command reports its result itself; only long-running processes log more


for module in (
    init_command,
    project_commands,
    plan_commands,
    processes,
    run_commands,
    ask_commands,
    ops_commands,
    doctor_commands,
    source_commands,
    demo,
):
    for name, command in module.COMMANDS.items():
        app.command(name)(command)
for name, group in ops_commands.GROUPS.items():
    app.add_typer(group, name=name)


def main() -> None:
    """Entry point of the `funnelbeat` script."""
    app()
