"""The command line. Each command is a function in the module of its group; this module only collects them."""

import sys
from collections.abc import Sequence
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup

from worker import __version__
from worker.adapters.event_log import configure
from worker.documents.problem import problem_document
from worker.entry import (
    ask_commands,
    baseline_commands,
    bounce_commands,
    console,
    demo,
    doctor_commands,
    init_command,
    ops_commands,
    plan_commands,
    processes,
    project_commands,
    run_commands,
    source_commands,
    subscription_commands,
    template_commands,
    web_command,
)
from worker.entry.options import Project
from worker.errors import RequestError

_USAGE = cast("type[typer.BadParameter]", typer.BadParameter.__bases__[0])
"""Every error about the words of a command; typer exports only this one kind of it."""


class Commands(TyperGroup):
    """With --json, a word too many or an option that does not exist is answered with a problem document as well."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **more: Any,
    ) -> Any:
        console.make_streams_safe()
        words = sys.argv[1:] if args is None else list(args)
        named: dict[str, Any] = {
            "prog_name": prog_name,
            "complete_var": complete_var,
            "windows_expand_args": windows_expand_args,
        }
        if not standalone_mode or "--json" not in words:
            return super().main(args, standalone_mode=standalone_mode, **named, **more)
        try:
            status = super().main(args, standalone_mode=False, **named, **more)
        except _USAGE as error:
            console.show_json(problem_document(RequestError(error.format_message()), console.WRONG))
            sys.exit(console.WRONG)
        except typer.Abort:
            sys.exit(console.TROUBLE)
        sys.exit(status if isinstance(status, int) else console.OK)


app = typer.Typer(
    cls=Commands,
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


GROUPS = {
    **ops_commands.GROUPS,
    **baseline_commands.GROUPS,
    **subscription_commands.GROUPS,
    **template_commands.GROUPS,
}

for module in (
    init_command,
    project_commands,
    plan_commands,
    processes,
    web_command,
    run_commands,
    ask_commands,
    ops_commands,
    bounce_commands,
    doctor_commands,
    source_commands,
    demo,
):
    for name, command in module.COMMANDS.items():
        app.command(name)(command)
for name, group in GROUPS.items():
    app.add_typer(group, name=name)


def main() -> None:
    """Entry point of the `funnelbeat` script."""
    app()
