"""Commands for a project's files: check, deploy, preview."""

import asyncio
import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from worker.adapters.definitions.schema import schema
from worker.app import open_services, registry
from worker.documents.definitions import check_document
from worker.documents.deployment import deployed_document
from worker.documents.preview import preview_document
from worker.entry import console
from worker.entry.actor import command_line_actor
from worker.entry.local_queue import LocalQueue
from worker.entry.options import Json, Project, directory
from worker.entry.ownership import own
from worker.entry.plan_commands import show
from worker.entry.project_dir import bundle_of, definitions, deployable, redis_for, refuse_unset_secrets, sandbox_for
from worker.entry.rule_output import show_rules
from worker.entry.template_check import template_complaints, unused
from worker.errors import RequestError
from worker.flow.deploy.deploy import Changes
from worker.flow.deploy.plan import Plan, plan
from worker.flow.operate.notes import notes_in
from worker.flow.operate.preview import Preview, preview
from worker.flow.operate.upkeep_acts import deploy_definitions

PLANNED_DAYS = 14
"""Days of the plan that `deploy` shows before it asks."""


def check(
    ctx: typer.Context,
    project: Project = None,
    strict: Annotated[bool, typer.Option("--strict", help="Unset secrets and warnings are faults.")] = False,
    print_schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema for editors.")] = False,
    explain: Annotated[
        str | None,
        typer.Option("--explain", metavar="ID", help="Print alerts written out: a rule's, or all of a schedule."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Report everything that is wrong with the project's files in one pass, as file:line:column."""
    with console.guarded(as_json=as_json):
        if print_schema:
            console.show_json(schema(registry()))
            return
        loaded = definitions(directory(ctx, project))
        if loaded.bundle is not None:
            faults, lost = template_complaints(loaded.bundle), unused(loaded.bundle)
            loaded = replace(loaded, complaints=(*loaded.complaints, *faults), warnings=(*loaded.warnings, *lost))
    if explain is not None and loaded.bundle is not None and not loaded.complaints:
        with console.guarded(as_json=as_json):
            show_rules(loaded.bundle, explain, as_json=as_json)
        return
    unset = [secret for secret in loaded.secrets if not secret.set]
    if as_json:
        console.show_json(check_document(loaded.complaints, loaded.warnings, [secret.name for secret in unset]))
    else:
        for line in (*loaded.complaints, *(f"warning: {w}" for w in loaded.warnings)):
            console.err.print(str(line), markup=False)
        for secret in unset:
            sentence = f"{secret.place}: {secret.name} is not set; {secret.holder} needs it"
            console.err.print(sentence, markup=False)
        if not loaded.complaints and loaded.bundle is not None and not (strict and (unset or loaded.warnings)):
            count = len(loaded.bundle.schedules)
            console.out.print(f"{count} schedule{'' if count == 1 else 's'}, no complaints.")
    if loaded.complaints or (strict and (unset or loaded.warnings)):
        raise typer.Exit(console.WRONG)


def deploy_command(
    ctx: typer.Context,
    project: Project = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needed where nobody can be asked.")] = False,
    as_json: Json = False,
) -> None:
    """Check the definitions, show what will fire and what changes, and activate them in one step."""
    with console.guarded(as_json=as_json):
        place = directory(ctx, project)
        bundle = deployable(place)
        with redis_for(place) as settings:

            async def compare() -> Plan:
                async with open_services(settings, bundle.project, queue=LocalQueue(), directory=place) as services:
                    return await plan(services, bundle, PLANNED_DAYS)

            async def activate() -> tuple[str, Changes]:
                await own(settings, bundle.project, place, bundle.schedules)
                async with open_services(settings, bundle.project, queue=LocalQueue(), directory=place) as services:
                    deployment, found = await deploy_definitions(services, command_line_actor(), bundle)
                    return deployment.bundle, found

            if not as_json:
                show(asyncio.run(compare()))
            console.confirm("Deploy?", "not deployed", yes=yes, as_json=as_json)
            bundle_id, found = asyncio.run(activate())
    if as_json:
        console.show_json(deployed_document(bundle_id, found))
    else:
        console.out.print(f"Deployed {bundle_id[:12]}.")


def preview_command(
    ctx: typer.Context,
    schedule: Annotated[str, typer.Argument(metavar="ID")],
    project: Project = None,
    entry: Annotated[str | None, typer.Option("--entry", help="An entry of `to:` (default: the first email).")] = None,
    reader: Annotated[
        str | None, typer.Option("--reader", metavar="ADDRESS", help="Which reader of an entry with `each`.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Where to write the page.")] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Show it in a browser.")] = False,
    as_json: Json = False,
) -> None:
    """Fetch now and render what a reader would get. Nothing is sent and nothing is stored."""
    with console.guarded(as_json=as_json):
        place = directory(ctx, project)
        bundle = bundle_of(place)
        if schedule not in bundle.schedules:
            raise RequestError(f"there is no schedule {schedule!r}; there are: {', '.join(sorted(bundle.schedules))}")
        refuse_unset_secrets(place, replace(bundle, schedules={schedule: bundle.schedules[schedule]}))
        with redis_for(place, may_be_empty=True) as base, sandbox_for(bundle, base) as settings:

            async def look() -> Preview:
                async with open_services(settings, bundle.project, queue=LocalQueue(), directory=place) as services:
                    return await preview(services, bundle, bundle.schedules[schedule], entry, reader)

            with console.progress(f"Fetching {schedule}", quiet=as_json):
                seen = asyncio.run(look())
        target = out or Path(f"preview-{schedule.replace('/', '-')}.{seen.suffix}")
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


COMMANDS = {"check": check, "deploy": deploy_command, "preview": preview_command}
