"""The command that prints what happened, and follows what happens."""

import asyncio
import json
import sys
from collections import deque
from collections.abc import AsyncIterator
from typing import Annotated

import typer

from worker.adapters.readable_log import words
from worker.documents.events import event_document, events_document
from worker.domain.run import CLOSED, RunKey
from worker.entry import console
from worker.entry.options import Json, Project, directory
from worker.entry.with_ledger import with_ledger
from worker.errors import RequestError
from worker.flow.operate.find_run import find_run
from worker.flow.services import Services
from worker.ports.event_stream import FactPage, StreamedFact

LINES = 50
"""Facts that are printed first, unless a run is named: then all that are known of it."""

AT_ONCE = 500

LOOK = 0.25
"""Seconds between two looks at the stream."""


def logs(
    ctx: typer.Context,
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="Only this run: a key, a unique prefix, ID@latest or ID@-1.")
    ] = None,
    project: Project = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C, or until the run ends.")] = False,
    schedule: Annotated[str | None, typer.Option("--schedule", metavar="ID", help="Only this schedule's runs.")] = None,
    lines: Annotated[
        int | None, typer.Option("--lines", "-n", min=0, help="How many of the newest facts to print first.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print what happened to runs and deliveries, oldest first, in local time. About 20,000 events are kept. --follow
    also prints new events. With --json, it prints one document in each line.
    """
    with console.guarded(as_json=as_json):
        if run is not None and schedule is not None:
            raise RequestError("found --schedule beside RUN; write one of them")

        async def work(services: Services) -> None:
            key = (await find_run(services, run)).key if run is not None else None
            most = lines if lines is not None else None if run is not None else LINES
            last, begin = await _newest(services, key, schedule, most)
            if not follow:
                _show(begin, as_json=as_json)
                return
            for one in begin:
                _print(one, as_json=as_json)
            async for one in _followed(services, last, key, schedule):
                _print(one, as_json=as_json)

        try:
            with_ledger(directory(ctx, project), work)
        except KeyboardInterrupt:
            raise typer.Exit(console.OK) from None


async def _newest(
    services: Services, run: RunKey | None, schedule: str | None, most: int | None
) -> tuple[str, tuple[StreamedFact, ...]]:
    """The id of the newest fact of all, and the newest `most` of those that are wanted."""
    kept, page = deque[StreamedFact](maxlen=most), FactPage((), "", full=True)
    while page.full:
        page = await services.event_stream.after(page.last, AT_ONCE)
        kept.extend(one for one in page.facts if _wanted(one, run, schedule))
    return page.last, tuple(kept)


async def _followed(
    services: Services, last: str, run: RunKey | None, schedule: str | None
) -> AsyncIterator[StreamedFact]:
    """What happens after `last`. It ends when the run has ended and its last fact was read."""
    while True:
        over = run is not None and ((row := await services.lookups.run(run)) is None or row.state in CLOSED)
        page = await services.event_stream.after(last, AT_ONCE)
        for one in page.facts:
            if _wanted(one, run, schedule):
                yield one
        if over and page.last == last:
            return
        last = page.last
        if not page.full:
            await asyncio.sleep(LOOK)


def _wanted(one: StreamedFact, run: RunKey | None, schedule: str | None) -> bool:
    if run is not None:
        return one.fact.run == run
    named = one.fact.run.schedule if one.fact.run is not None else getattr(one.fact, "schedule", None)
    return schedule is None or named == schedule


def _show(found: tuple[StreamedFact, ...], *, as_json: bool) -> None:
    if as_json:
        console.show_json(events_document(found))
        return
    for one in found:
        _print(one, as_json=False)


def _print(one: StreamedFact, *, as_json: bool) -> None:
    document = event_document(one)
    if as_json:
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        at = f"{one.at.astimezone():%Y-%m-%d %H:%M:%S}"
        console.out.print(f"{at}  {words(document)}", markup=False)
    sys.stdout.flush()


COMMANDS = {"logs": logs}
