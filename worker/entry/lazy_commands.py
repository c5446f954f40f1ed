"""The root of the command line. A command's module is imported when the command is called, and not before: importing
all of them costs a second of processor time, which `--version`, `--help` and completion do not need.
"""

import importlib
import re
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, cast

import typer
from typer.core import TyperGroup

from worker.documents.problem import problem_document
from worker.domain.known_names import nearest
from worker.entry import console
from worker.entry.command_table import LISTED, Section
from worker.errors import RequestError

_USAGE = cast("type[typer.BadParameter]", typer.BadParameter.__bases__[0])
"""Every error about the words of a command; typer exports only this one kind of it."""

CHAT = "chat"
_ITEM: Any = vars(typer.core)["CompletionItem"]
"""One completion; typer exports none of its own."""

_TYPES = {"<int range>": "N", "<int>": "N", "<float>": "N", "<str>": "TEXT", "<list[str]>": "TEXT", "<path>": "PATH"}
"""What the help writes for a value's type: Python's names mean nothing to most readers."""


_WORDS = (
    (re.compile(r"Value error, (.*) is not one of (.*)\."), r"found \1, expected one of \2."),
    (re.compile(r"Input should be a valid integer.*"), "expected a whole number."),
    (re.compile(r"Input should be a valid number.*"), "expected a number."),
    (re.compile(r"Input should be greater than or equal to (\S+)"), r"expected \1 or more."),
    (re.compile(r"Input should be less than or equal to (\S+)"), r"expected \1 or less."),
    (re.compile(r"Got unexpected extra argument\(s\) \((.*)\)"), r"Found more than the command takes: \1."),
)
"""What libraries say of a value, and what a person is told."""


def plain_words(message: str) -> str:
    for pattern, words in _WORDS:
        message = pattern.sub(words, message)
    return message


class Commands(TyperGroup):
    """With --json, a surplus word or an unknown option also gives a problem document."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        _refuse_strange_values(self)

    def list_commands(self, _ctx: Any) -> list[str]:
        return list(LISTED)

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in LISTED and not _is_chat(cmd_name):
            return None
        # A command reports its result itself; long-running processes configure the log again, to say more.
        importlib.import_module("worker.adapters.event_log").configure("error")
        return command_of(cmd_name if cmd_name in LISTED else CHAT)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0]
        if not name.startswith("-") and not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            close = nearest(name, LISTED)
            expected = f"did you mean `{close}`?" if close else "`funnelbeat --help` lists the commands."
            raise _USAGE(f"There is no command {name!r}; {expected}", ctx=ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Names of commands are listed, and no command is imported for its summary: a shell waits for the answer."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [_ITEM(name, help=one.summary) for name, one in LISTED.items() if name.startswith(incomplete)]

    def format_commands(self, _ctx: Any, formatter: Any) -> None:
        """Each section with its commands. Nothing is cut: a summary fits beside its name."""
        for section in Section:
            rows = [(name, listed.summary) for name, listed in LISTED.items() if listed.section is section]
            with formatter.section(section.value):
                formatter.write_dl(rows)

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
        if not standalone_mode:
            return super().main(args, standalone_mode=False, **named, **more)
        as_json = "--json" in words
        try:
            status = super().main(args, standalone_mode=False, **named, **more)
        except _USAGE as error:
            error.message = plain_words(error.message)
            if as_json:
                console.show_json(problem_document(RequestError(error.format_message()), console.WRONG))
            else:
                error.show()
            sys.exit(console.WRONG)
        except typer.Abort:
            if not as_json:
                typer.echo("Aborted!", err=True)
            sys.exit(console.TROUBLE)
        sys.exit(status if isinstance(status, int) else console.OK)


def _is_chat(name: str) -> bool:
    """Whether it is a type of channel that people ask through: another name of `chat`. Only the registry knows."""
    kinds = importlib.import_module("worker.plugins").channels()
    return name in kinds and kinds[name].chat is not None


@cache
def command_of(name: str) -> Any:
    """The command, or the group of commands, which typer makes from its function. Raises KeyError for an unknown
    name.
    """
    module = importlib.import_module(f"worker.entry.{LISTED[name].module}")
    parent = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    parent.callback()(lambda: None)
    group = getattr(module, "GROUPS", {}).get(name)
    if group is not None:
        parent.add_typer(group, name=name)
    else:
        parent.command(name)(module.COMMANDS[name])
    whole: Any = typer.main.get_command(parent)
    made = whole.commands[name]
    _write_types(made)
    _refuse_strange_values(made)
    for command in getattr(made, "commands", {}).values():
        command.short_help = _first_sentence(command.help or "")
    return made


def _first_sentence(text: str) -> str:
    """A group lists its commands with it. The library would cut a long one within."""
    whole = " ".join(text.split())
    return whole.partition(". ")[0].removesuffix(".") + "." if whole else ""


def _refuse_strange_values(command: Any) -> None:
    """The parser takes the next word as an option's value, whatever it is: in `--key --json`, a key of that name. An
    empty value is mostly a variable of the shell that is not set: `--owner "$OWNER"` would list everybody's.
    """
    for parameter in command.params:
        if not getattr(parameter, "is_flag", False):
            parameter.process_value = _checked(parameter, parameter.process_value)
    for part in getattr(command, "commands", {}).values():
        _refuse_strange_values(part)


def _checked(parameter: Any, process: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def checked(ctx: Any, value: Any) -> Any:
        written = getattr(ctx.get_parameter_source(parameter.name), "name", "") == "COMMANDLINE"
        for one in (value if isinstance(value, list | tuple) else (value,)) if written else ():
            if isinstance(one, str) and not one.strip():
                raise typer.BadParameter("found an empty value, expected one.", ctx=ctx, param=parameter)
            if isinstance(one, str) and one.startswith("--") and parameter.param_type_name == "option":
                raise typer.BadParameter(f"found the option {one}, expected a value.", ctx=ctx, param=parameter)
        return process(ctx, value)

    return checked


def _write_types(command: Any) -> None:
    for parameter in command.params:
        parameter.display_type = _plain(parameter.display_type)
    for part in getattr(command, "commands", {}).values():
        _write_types(part)


def _plain(display: Callable[[Any], str]) -> Callable[[Any], str]:
    def shown(ctx: Any) -> str:
        written = display(ctx)
        return _TYPES.get(written, written)

    return shown
