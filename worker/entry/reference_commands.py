"""Describes the command line as a page of the reference, read from the commands themselves."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from worker.entry.command_table import LISTED
from worker.entry.lazy_commands import command_of

Table = Callable[[Sequence[str], Iterable[Sequence[str]]], str]
STATUSES = (
    ("0", "All that was due was sent, or skipped by a rule."),
    (
        "1",
        "A delivery failed, is unknown or still deferred, a reader is suspended, or a part or an answer is missing.",
    ),
    ("2", "The request or a definition is wrong."),
    ("3", "Nothing could be fetched, or Redis cannot be reached."),
)


def every_command(commands: Mapping[str, Any] | None = None, before: str = "funnelbeat") -> Iterator[tuple[str, Any]]:
    """Each command with its words, including groups that do something themselves, and commands of groups."""
    found = commands if commands is not None else {name: command_of(name) for name in LISTED}
    for name, command in found.items():
        words = f"{before} {name}"
        if hasattr(command, "commands"):
            if command.invoke_without_command:
                yield words, command
            yield from every_command(command.commands, words)
        else:
            yield words, command


def commands(table: Table) -> Iterator[str]:
    """Parts of the page."""
    yield (
        "Every command takes `--project DIR` (default: here), before or after its name. With `--json` it prints one "
        "JSON document on standard output and nothing else, a problem document on failure. RUN is a run's key, a "
        "unique prefix of one, `ID@latest` or `ID@-1`."
    )
    yield table(("exit status", "means"), STATUSES)
    for words, command in every_command():
        rows = [[_spelling(p), _default(p), p.help or ""] for p in command.params if p.name != "project"]
        body = f"\n\n{table(('', 'default', 'what it says'), rows)}" if rows else ""
        yield f"## `{words}`\n\n{_whole(command.help)}{body}"


def _whole(text: str | None) -> str:
    return " ".join((text or "").split())


def _spelling(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar or parameter.name.upper()}`"
    value = "" if getattr(parameter, "is_flag", False) else f" {parameter.metavar or parameter.name.upper()}"
    return f"`{', '.join(parameter.opts)}{value}`"


def _default(parameter: Any) -> str:
    shown = parameter.default
    if parameter.required:
        return "required"
    return f"`{shown}`" if isinstance(shown, str | int | float) and not isinstance(shown, bool) and shown != "" else ""
