"""preview: one reader's message as a file, fetched now or from a sample."""

import sys
import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from worker.documents.preview import preview_document
from worker.domain.known_names import known_names
from worker.domain.schedule import Bundle
from worker.entry import console
from worker.entry.options import Json, Project, directory
from worker.entry.project_dir import bundle_of, refuse_unset_secrets
from worker.entry.with_services import with_services
from worker.errors import RequestError
from worker.flow.operate.notes import notes_in
from worker.flow.operate.preview import Preview, preview
from worker.flow.operate.preview_sample import preview_sample
from worker.flow.services import Services
from worker.rendering.samples import digests

SAMPLE = "weekly-pipeline"
"""The sample for a schedule that has none of its own name."""


def preview_command(  # noqa: PLR0913, PLR0917 - each is an option of the command line
    ctx: typer.Context,
    schedule: Annotated[str, typer.Argument(metavar="ID")],
    project: Project = None,
    entry: Annotated[str | None, typer.Option("--entry", help="An entry of `to:` (default: the first email).")] = None,
    reader: Annotated[
        str | None, typer.Option("--reader", metavar="ADDRESS", help="Which reader of an entry with `each`.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Where to write the page; - for standard output.")] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Show it in a browser.")] = False,
    sample: Annotated[
        bool, typer.Option("--sample", help="Show a sample digest in which much changed. Nothing is fetched.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Fetch now and render what a reader would get. Nothing is sent and nothing is stored."""
    with console.guarded(as_json=as_json):
        place = directory(ctx, project)
        bundle = bundle_of(place)
        if schedule not in bundle.schedules:
            raise RequestError(f"there is no schedule {schedule!r}; {known_names(schedule, bundle.schedules)}")
        if sample and reader is not None:
            raise RequestError(
                "--sample beside --reader: a sample is made up and shows no reader's own digest; leave one of them out"
            )
        alone = replace(bundle, schedules={schedule: bundle.schedules[schedule]})
        if sample:
            seen = _sample(place, alone, schedule, entry)
        else:
            refuse_unset_secrets(place, alone)
            seen = _fetched(place, bundle, schedule, entry, reader, quiet=as_json)
        target = out or Path(f"preview-{schedule.replace('/', '-')}.{seen.suffix}")
        if str(target) == "-":
            refuse_two_outputs(as_json=as_json, opened=open_page)
            sys.stdout.write(seen.page)
            raise typer.Exit(console.look_status(len(seen.digest.gaps), len(bundle.schedules[schedule].report)))
        console.write_file(target, seen.page)
    if as_json:
        console.show_json(preview_document(str(target), seen))
    else:
        for gap in seen.digest.gaps:
            console.out.print(f"missing {gap.query_id}: {gap.sentence}", markup=False)
        for query, sentence in notes_in(seen.digest.sources):
            console.out.print(f"note on {query}: {sentence}", markup=False)
        console.out.print(f"{seen.subject}\nWrote {target}.", markup=False)
    if open_page:
        webbrowser.open(target.resolve().as_uri())
    raise typer.Exit(console.look_status(len(seen.digest.gaps), len(bundle.schedules[schedule].report)))


def refuse_two_outputs(*, as_json: bool, opened: bool) -> None:
    """Raises RequestError: standard output takes the page alone."""
    if as_json or opened:
        raise RequestError(f"--out - beside {'--json' if as_json else '--open'}; leave one of them out")


def _fetched(
    place: Path, bundle: Bundle, schedule: str, entry: str | None, reader: str | None, *, quiet: bool
) -> Preview:
    async def look(services: Services) -> Preview:
        return await preview(services, bundle, bundle.schedules[schedule], entry, reader)

    with console.progress(f"Fetching {schedule}", quiet=quiet):
        return with_services(place, look, bundle=bundle)


def _sample(place: Path, bundle: Bundle, schedule: str, entry: str | None) -> Preview:
    """With the project's own channel and templates. Secrets need not be set."""

    async def look(services: Services) -> Preview:
        shown = digests()
        return preview_sample(services, bundle, bundle.schedules[schedule], entry, shown.get(schedule, shown[SAMPLE]))

    return with_services(place, look, bundle=bundle, offline=True)


COMMANDS = {"preview": preview_command}
