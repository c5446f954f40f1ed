"""source: lists what a connection holds, and changes the few things that can be changed."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from worker.app import open_services
from worker.documents.catalog import deleted_document, held_document, kinds_document
from worker.domain.known_names import known_names
from worker.domain.schedule import Bundle
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Table
from worker.entry import console
from worker.entry.actor import command_line_actor
from worker.entry.local_queue import LocalQueue
from worker.entry.options import Json, Project, directory
from worker.entry.project_dir import bundle_of, sandbox_for
from worker.entry.project_redis import redis_for
from worker.entry.source_webhooks import KIND as WEBHOOKS
from worker.entry.source_webhooks import webhook_work
from worker.errors import RequestError
from worker.flow.operate.audited import record
from worker.flow.services import Services
from worker.plugins import source_kind
from worker.ports import Catalog, Editable
from worker.sources.common.calls import somebody_waits

T = TypeVar("T")
ASKS_FIRST = ("create", "update", "delete")


def source(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A connection of funnelbeat.yaml.")],
    asked: Annotated[
        list[str] | None,
        typer.Argument(metavar="KIND [VERB [ID]]", help="As in: pipelines, reports read ID, webhooks add."),
    ] = None,
    project: Project = None,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="A value to write. Valid JSON is read as JSON, anything else as text."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a change.")] = False,
    as_json: Json = False,
) -> None:
    """List what a connection holds: its kinds, or one kind as a table. Change the few things that can be changed."""
    with console.guarded(as_json=as_json):
        place = directory(ctx, project)
        bundle = bundle_of(place)
        if name not in bundle.connections:
            raise RequestError(f"there is no connection {name!r}; {known_names(name, bundle.connections)}")
        kind, verb, key = _words(asked or [])
        values = dict(_value(text) for text in given or ())
        if kind == WEBHOOKS and verb is not None:
            said, hooks = webhook_work(bundle, name, verb, key)
            if said:
                console.confirm(f"{said} at {name}?", f"webhooks {verb} changes {name}", yes=yes, as_json=as_json)
            with console.progress(f"Asking {name}", quiet=as_json):
                found = with_catalog(place, bundle, name, hooks)
            _print_answer(found, as_json=as_json)
            return
        if verb in ASKS_FIRST:
            what = f"{verb} {kind} {key}".strip()
            console.confirm(f"{what} at {name}?", f"{what} changes {name}", yes=yes, as_json=as_json)

        async def work(services: Services, catalog: Catalog) -> Table | list[str] | None:
            if kind is None:
                return list(source_kind(bundle.connections[name].type).catalogue)
            if verb is None:
                return await catalog.holds(kind)
            if not isinstance(catalog, Editable):
                raise RequestError(f"{name}: found {verb!r}, expected nothing after {kind}, which can only be listed")
            answer = await catalog.apply(kind, verb, key, values)
            if verb in ASKS_FIRST:
                await _record(services, verb, f"{name} {kind} {key}".strip(), values)
            return answer

        with console.progress(f"Asking {name}", quiet=as_json):
            answer = with_catalog(place, bundle, name, work)
    _print_answer(answer, as_json=as_json)


async def _record(services: Services, verb: str, subject: str, values: Mapping[str, Any]) -> None:
    """The names of what was written, and no values: they are data of the service."""
    after = {"written": ", ".join(sorted(values))} if values else {}
    await record(services, command_line_actor(), f"source {verb}", subject, after=after)


def with_catalog(place: Path, bundle: Bundle, name: str, work: Callable[[Services, Catalog], Awaitable[T]]) -> T:
    """Calls `work` on what the connection holds, within the budget that runs share. Raises RequestError,
    SourceError.
    """
    with redis_for(place, may_be_empty=True) as base, sandbox_for(bundle, base, beside=place) as settings:

        async def opened() -> T:
            async with open_services(settings, bundle.project, queue=LocalQueue(), directory=place) as services:
                catalog = services.connectors.source(bundle, name)
                if not isinstance(catalog, Catalog):
                    raise RequestError(f"{name}: a connection of this type cannot list what it holds")
                with somebody_waits():
                    return await work(services, catalog)

        return asyncio.run(opened())


def _words(asked: list[str]) -> tuple[str | None, str | None, str]:
    if len(asked) > 3:
        raise RequestError(f"found {' '.join(asked[3:])!r} after the id, expected nothing more")
    words = dict(enumerate(asked))
    return words.get(0), words.get(1), words.get(2, "")


def _value(text: str) -> tuple[str, Any]:
    """NAME=VALUE. The value is read as JSON if it is valid JSON, otherwise as text."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise RequestError(f"--set: found {text!r}, expected NAME=VALUE")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value


def _print_answer(answer: Table | list[str] | None, *, as_json: bool) -> None:
    if isinstance(answer, Table):
        if as_json:
            console.show_json(held_document(answer))
        else:
            _print_table(answer)
    elif as_json:
        console.show_json(deleted_document() if answer is None else kinds_document(answer))
    else:
        console.out.print("Deleted." if answer is None else "\n".join(answer), markup=False)


def _print_table(answer: Table) -> None:
    console.print_columns(
        ("id", *(column.name for column in answer.columns)),
        [
            (row.key, *(_cell(column, cell) for column, cell in zip(answer.columns, row.cells, strict=True)))
            for row in answer.rows
        ],
    )
    if not answer.rows:
        console.out.print(f"no {answer.id}", markup=False)


def _cell(column: Column, cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if column.kind is Kind.INSTANT and isinstance(cell, int):
        return datetime.fromtimestamp(cell / 1000, UTC).strftime("%Y-%m-%d %H:%MZ")
    return str(cell)


COMMANDS: dict[str, Any] = {"source": source}
