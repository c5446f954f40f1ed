"""init: a first project, on the sandbox, or for the person's own service if somebody can be asked.

A key that is typed here is used once, to list what the connection holds. The project gets a reference to an environment
variable, never the key itself.
"""

import asyncio
import json
import os
import shlex
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from worker.app import wall_clock
from worker.documents.project import project_document
from worker.domain.snapshot.snapshot import Row, Table
from worker.entry import console
from worker.entry.first_schedules import PROJECT, SCHEDULES
from worker.entry.new_project import refuse_overwriting, slug, write_new, write_project
from worker.entry.options import Json
from worker.errors import RequestError, SourceError
from worker.plugins import SANDBOX, open_source
from worker.ports import Catalog
from worker.sources.close.source import BASE_URL
from worker.sources.umami.source import CLOUD


@dataclass(frozen=True, slots=True)
class ServiceAccess:
    """`plain`: options that are written to the project. `secret`: the option that becomes a reference to `variable`.
    `value`: what this reference stands for.
    """

    plain: Mapping[str, str]
    secret: str
    variable: str
    value: str = field(repr=False)

    @property
    def resolved(self) -> dict[str, str]:
        return {**self.plain, self.secret: self.value}

    def written(self, kind: str) -> str:
        """One line of YAML. A JSON string is also a YAML string."""
        plain = {name: value.replace("${", "$${") for name, value in self.plain.items()}
        options = {"type": kind, **plain, self.secret: f"${{{self.variable}}}"}
        return ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in options.items())


def init(target: Annotated[Path, typer.Argument(metavar="DIR")], as_json: Json = False) -> None:
    """Write a project that needs no account for a preview. On a terminal you can choose your own service instead."""
    with console.guarded(as_json=as_json):
        refuse_overwriting(target)
        service = SANDBOX if as_json or not at_a_terminal() else _service()
        if service != SANDBOX:
            _ask_and_write(target, service)
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


def _ask_and_write(target: Path, service: str) -> None:
    """Asks everything before anything is written. If an answer does not come, nothing has been written."""
    kind, schedule, text = SCHEDULES[service]
    refuse_overwriting(target, [schedule])
    connection = _ASKS[service]()
    try:
        with console.progress(f"Asking {service}"):
            held = asyncio.run(_held(service, connection, kind))
    except (SourceError, RequestError) as error:
        console.err.print(f"{error}; nothing was written", markup=False)
        raise typer.Exit(console.status_of(error)) from None
    chosen = _choice(service, held)
    identity = chosen if chosen.isascii() and chosen.isdecimal() else json.dumps(chosen)
    project = PROJECT.format(name=slug(target.resolve().name), service=service, options=connection.written(service))
    write_new(target, project, {schedule: text.replace("CHOSEN", identity)})
    unset = "" if os.environ.get(connection.variable) else f"  export {connection.variable}=…   # the key is not kept\n"
    console.out.print(f"Wrote {target}. Next:\n{unset}  {_next(target, schedule)} --open", markup=False)


async def _held(service: str, connection: ServiceAccess, kind: str) -> Table:
    """What the connection holds. Raises RequestError, SourceError."""
    source = open_source(service, connection.resolved, {}, wall_clock)
    async with aclosing(source):
        if not isinstance(source, Catalog):
            raise RequestError(f"{service}: a connection of this type cannot list what it holds")
        held = await source.holds(kind)
    if not _there(held):
        raise RequestError(f"{service} shows this key no {kind}: make one there, or use another key")
    return held


def _there(held: Table) -> list[Row]:
    """The entries that are not deleted. Pipedrive also lists deleted pipelines."""
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


def _service() -> str:
    offered = (SANDBOX, *_ASKS)

    def chosen(answer: str) -> str:
        if answer.strip().lower() not in offered:
            raise typer.BadParameter(f"expected one of {', '.join(offered)}")
        return answer.strip().lower()

    return str(typer.prompt(f"Which service ({', '.join(offered)})", default=SANDBOX, value_proc=chosen))


def _secret(words: str, variable: str) -> str:
    """The value of the environment variable if it is set. Then nobody has to type it."""
    if value := os.environ.get(variable):
        console.out.print(f"{variable} is set, and used.", markup=False)
        return value
    return str(typer.prompt(f"{words} (hidden; used now, and kept nowhere)", hide_input=True)).strip()


def _text(words: str, default: str | None = None) -> str:
    return str(typer.prompt(words, default=default)).strip()


def _close() -> ServiceAccess:
    base_url = _text("Address of the API", BASE_URL)
    plain = {} if base_url == BASE_URL else {"base_url": base_url}
    return ServiceAccess(plain, "api_key", "CLOSE_API_KEY", _secret("API key", "CLOSE_API_KEY"))


def _pipedrive() -> ServiceAccess:
    where = _text("Company (acme, where you open https://acme.pipedrive.com), or an address")
    plain = {"base_url" if "://" in where else "company_domain": where}
    return ServiceAccess(plain, "api_token", "PIPEDRIVE_API_TOKEN", _secret("API token", "PIPEDRIVE_API_TOKEN"))


def _umami() -> ServiceAccess:
    """Umami Cloud uses keys. A person's own server uses accounts."""
    base_url = _text("Where your Umami is served (Enter: Umami Cloud)", CLOUD)
    if base_url == CLOUD:
        return ServiceAccess({}, "api_key", "UMAMI_API_KEY", _secret("API key", "UMAMI_API_KEY"))
    plain = {"base_url": base_url, "username": _text("User name")}
    return ServiceAccess(plain, "password", "UMAMI_PASSWORD", _secret("Password", "UMAMI_PASSWORD"))


_ASKS: dict[str, Callable[[], ServiceAccess]] = {"close": _close, "pipedrive": _pipedrive, "umami": _umami}

COMMANDS: dict[str, Any] = {"init": init}
