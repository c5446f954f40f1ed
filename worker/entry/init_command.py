"""init: a first project, on the sandbox, or for the person's own service if somebody can be asked.

A key that is typed here is used once, to list what the connection holds. The project gets a reference to an environment
variable, never the key itself.
"""

import asyncio
import json
import os
import shlex
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from worker.connectors import wall_clock
from worker.documents.project import project_document
from worker.domain.snapshot.snapshot import Row, Table
from worker.entry import console
from worker.entry.new_project import own_project, refuse_overwriting, write_new, write_project
from worker.entry.options import Json
from worker.errors import RequestError, SourceError
from worker.plugins import SANDBOX, connections
from worker.ports import Catalog
from worker.ports.init_forms import CHOSEN, InitField, InitForm
from worker.ports.kinds import SourceKind
from worker.sources.common.calls import somebody_waits


@dataclass(frozen=True, slots=True)
class ServiceAccess:
    """Options by name. `plain`: they are written to the project. `secrets`: the project gets a reference to the
    environment variable in `variables` instead, never the value.
    """

    plain: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)
    variables: Mapping[str, str]

    @property
    def resolved(self) -> dict[str, str]:
        return {**self.plain, **self.secrets}

    def written(self, kind: str) -> str:
        """One line of YAML. A JSON string is also a YAML string."""
        plain = {name: value.replace("${", "$${") for name, value in self.plain.items()}
        references = {name: f"${{{variable}}}" for name, variable in self.variables.items()}
        options = {"type": kind, **plain, **references}
        return ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in options.items())


def init(target: Annotated[Path, typer.Argument(metavar="DIR")], as_json: Json = False) -> None:
    """Write a project that needs no account for a preview. On a terminal you can choose your own service instead."""
    with console.guarded(as_json=as_json):
        refuse_overwriting(target)
        offered = _offered()
        service = SANDBOX if as_json or not at_a_terminal() else _service(offered)
        if service in offered:
            _ask_and_write(target, *offered[service])
            return
        write_project(target, target.resolve().name)
    if as_json:
        console.show_json(project_document(str(target), _next(target, "weekly-pipeline")))
        return
    console.out.print(f"Wrote {target}. Next:\n  {_next(target, 'weekly-pipeline')} --open", markup=False)


def _next(target: Path, schedule: str) -> str:
    """As it can be pasted into a shell."""
    return f"funnelbeat --project {shlex.quote(str(target))} preview {schedule}"


def at_a_terminal() -> bool:
    """Whether a person can answer questions."""
    return console.can_ask() and console.out.is_terminal


def _offered() -> dict[str, tuple[SourceKind, InitForm]]:
    """The services that can be asked for, by type. A stand-in takes no options and belongs to the sandbox."""
    return {
        kind.type: (kind, kind.ask_for_init)
        for kind in connections().values()
        if kind.options and kind.ask_for_init is not None and kind.first_schedules
    }


def _ask_and_write(target: Path, kind: SourceKind, form: InitForm) -> None:
    """Asks everything before anything is written. If an answer does not come, nothing has been written."""
    refuse_overwriting(target, [schedule.id for schedule in kind.first_schedules])
    access = _access(form)
    try:
        with console.progress(f"Asking {kind.type}"):
            held = asyncio.run(_held(kind, access, form.choose))
    except (SourceError, RequestError) as error:
        console.err.print(f"{error}; nothing was written", markup=False)
        raise typer.Exit(console.status_of(error)) from None
    chosen = _choice(kind.type, held)
    identity = chosen if chosen.isascii() and chosen.isdecimal() else json.dumps(chosen)
    project = own_project(target.resolve().name, kind.type, access.written(kind.type))
    write_new(target, project, {one.id: one.text.replace(CHOSEN, identity) for one in kind.first_schedules})
    unset = (variable for variable in access.variables.values() if not os.environ.get(variable))
    exports = "".join(f"  export {variable}=…   # the key is not kept\n" for variable in unset)
    first = kind.first_schedules[0].id
    console.out.print(f"Wrote {target}. Next:\n{exports}  {_next(target, first)} --open", markup=False)


async def _held(kind: SourceKind, access: ServiceAccess, what: str) -> Table:
    """What the connection holds. Raises RequestError, SourceError."""
    source = kind.open(access.resolved, clock=wall_clock)
    async with aclosing(source):
        if not isinstance(source, Catalog):
            raise RequestError(f"{kind.type}: a connection of this type cannot list what it holds")
        with somebody_waits():
            held = await source.holds(what)
    if not _there(held):
        raise RequestError(f"{kind.type} shows this key no {what}: make one there, or use another key")
    return held


def _there(held: Table) -> list[Row]:
    """The entries that are not deleted. A service may also list deleted ones."""
    return [row for row in held.rows if not held.record(row).get("is_deleted")]


def _choice(service: str, held: Table) -> str:
    """The id of the chosen entry."""
    rows = _there(held)
    console.out.print(f"{service} holds these {held.id}:", markup=False)
    for number, row in enumerate(rows, 1):
        name = "".join(letter if letter.isprintable() else " " for letter in str(held.record(row)["name"]))
        console.out.print(f"{number:4}  {name}  ({row.key})", markup=False)

    def chosen(answer: str) -> str:
        if not (answer.isascii() and answer.isdecimal() and len(answer) < 10 and 1 <= int(answer) <= len(rows)):
            raise typer.BadParameter(f"expected a number from 1 to {len(rows)}")
        return rows[int(answer) - 1].key

    return str(typer.prompt("Which one is the first schedule about", default="1", value_proc=chosen))


def _service(services: Mapping[str, Any]) -> str:
    offered = (SANDBOX, *services)

    def chosen(answer: str) -> str:
        if answer.strip().lower() not in offered:
            raise typer.BadParameter(f"expected one of {', '.join(offered)}")
        return answer.strip().lower()

    return str(typer.prompt(f"Which service ({', '.join(offered)})", default=SANDBOX, value_proc=chosen))


def _access(form: InitForm) -> ServiceAccess:
    """The answers to a form's questions."""
    plain: dict[str, str] = {}
    secrets: dict[str, str] = {}
    variables: dict[str, str] = {}
    for one in form.fields:
        if not one.asked(plain):
            continue
        if one.variable:
            secrets[one.option], variables[one.option] = _secret(one), one.variable
            continue
        answer = _text(one)
        if answer != one.default:
            plain[one.address if one.address and "://" in answer else one.option] = answer
    return ServiceAccess(plain, secrets, variables)


def _secret(one: InitField) -> str:
    """The value of the environment variable if it is set. Then nobody has to type it."""
    if value := os.environ.get(one.variable):
        console.out.print(f"{one.variable} is set, and used.", markup=False)
        return value
    return str(typer.prompt(f"{one.words} (hidden; used now, and kept nowhere)", hide_input=True)).strip()


def _text(one: InitField) -> str:
    return str(typer.prompt(one.words, default=one.default)).strip()


COMMANDS: dict[str, Any] = {"init": init}
