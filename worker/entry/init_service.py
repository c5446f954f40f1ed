"""The part of `init` that talks to the person's service: its options, and what the first schedule is about."""

import asyncio
import os
from contextlib import aclosing

import typer

from worker.connectors import wall_clock
from worker.domain.snapshot.snapshot import Row, Table
from worker.entry import console
from worker.entry.init_answers import Given, ServiceAccess, answered, fill
from worker.errors import RequestError, SourceError
from worker.plugins import connections
from worker.ports import Catalog
from worker.ports.init_forms import InitForm
from worker.ports.kinds import SourceKind
from worker.sources.common.calls import somebody_waits


def offered_services() -> dict[str, tuple[SourceKind, InitForm]]:
    """The services that can be asked for, by type. A stand-in takes no options and belongs to the sandbox."""
    return {
        kind.type: (kind, kind.ask_for_init)
        for kind in connections().values()
        if kind.options and kind.ask_for_init is not None and kind.first_schedules
    }


def connect(given: Given, kind: SourceKind, form: InitForm) -> tuple[ServiceAccess, Table]:
    """The options of the connection, and what it holds. If the service refuses them, a person is asked again. Raises
    RequestError, SourceError.
    """
    while True:
        access = fill(form, given, kind.type)
        try:
            with console.progress(f"Asking {kind.type}", quiet=not given.asks):
                return access, asyncio.run(_held(kind, access, form.choose))
        except (SourceError, RequestError) as error:
            if not given.asks or any(os.environ.get(name) for name in access.variables.values()):
                console.err.print(f"{error}; nothing was written", markup=False)
                raise typer.Exit(console.status_of(error)) from None
            console.err.print(
                f"{error}\nPlease answer again, or end with Ctrl-C; nothing is written yet.", markup=False
            )


async def _held(kind: SourceKind, access: ServiceAccess, what: str) -> Table:
    """What the connection holds. Raises RequestError, SourceError."""
    source = kind.open(access.resolved, clock=wall_clock)
    async with aclosing(source):
        if not isinstance(source, Catalog):
            raise RequestError(f"{kind.type}: a connection of this type cannot list what it holds")
        with somebody_waits():
            held = await source.holds(what)
    if not _there(held):
        raise RequestError(f"this key sees no {what} at {kind.type}: create one there, or use another key")
    return held


def _there(held: Table) -> list[Row]:
    """The entries that are not deleted. A service may also list deleted ones."""
    return [row for row in held.rows if not held.record(row).get("is_deleted")]


def choose(service: str, held: Table, given: Given) -> str:
    """The id of the chosen entry. Raises RequestError without a person if it is not clear which."""
    rows = _there(held)
    ids = [row.key for row in rows]
    if given.chosen is not None or not given.asks:
        chosen = given.chosen if given.chosen is not None else ids[0] if len(ids) == 1 else ""
        if chosen not in ids:
            raise RequestError(f"--pipeline: found {chosen or 'nothing'}, expected one of {service}: {', '.join(ids)}")
        return chosen
    console.out.print(f"{service} holds these {held.id}:", markup=False)
    for number, row in enumerate(rows, 1):
        name = "".join(letter if letter.isprintable() else " " for letter in str(held.record(row)["name"]))
        console.out.print(f"{number:4}  {name}  ({row.key})", markup=False)

    def numbered(answer: str) -> str:
        if not (answer.isascii() and answer.isdecimal() and len(answer) < 10 and 1 <= int(answer) <= len(rows)):
            raise ValueError(f"expected a number from 1 to {len(rows)}")
        return ids[int(answer) - 1]

    return answered(None, "--pipeline", "1", numbered, "Which one is the first schedule about", asks=True)
