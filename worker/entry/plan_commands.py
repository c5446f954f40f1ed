"""Commands for what will fire: plan, pause, resume."""

import os
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from worker.documents.pauses import paused_document, resumed_document
from worker.documents.plan import plan_document
from worker.domain.due.pauses import Pause
from worker.domain.run import stamp
from worker.domain.schedule import Bundle
from worker.entry import console
from worker.entry.actor import command_line_actor
from worker.entry.instants import For, after, instant
from worker.entry.markdown_plan import markdown_plan
from worker.entry.options import TARGET, Json, Project, directory
from worker.entry.plan_output import show, until_words
from worker.entry.project_dir import bundle_of
from worker.entry.run_commands import ScheduleId
from worker.entry.with_ledger import with_ledger
from worker.errors import RequestError
from worker.flow.deploy.plan import Plan
from worker.flow.deploy.plan import plan as planned
from worker.flow.deployed import bundle_of as stored_bundle
from worker.flow.operate import acts
from worker.flow.services import Services

ERROR, CHANGED = 1, 2
"""With --detailed-exitcode, as Terraform has them: https://developer.hashicorp.com/terraform/cli/commands/plan"""


class PlanFormat(StrEnum):
    TEXT = "text"
    MARKDOWN = "markdown"


def plan(
    ctx: typer.Context,
    project: Project = None,
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="How many days to show.")] = 14,
    format_: Annotated[
        PlanFormat, typer.Option("--format", help="text, or markdown for the comment of a pull request.")
    ] = PlanFormat.TEXT,
    detailed: Annotated[
        bool,
        typer.Option("--detailed-exitcode", help="Exit with 0 if nothing changes, 2 if something does, 1 on an error."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Show which runs will fire, for whom, at what cost, and what a deployment of these files would change."""
    with console.guarded(as_json=as_json, wrong=ERROR if detailed else None):
        if as_json and format_ is not PlanFormat.TEXT:
            raise RequestError("found --format beside --json; write one of them")
        place = directory(ctx, project)
        bundle = bundle_of(place)

        async def work(services: Services) -> Plan:
            return await planned(services, bundle, days)

        with console.progress("Reckoning", quiet=as_json):
            found = with_ledger(place, work)
    if as_json:
        console.show_json(plan_document(found, os.environ.get(TARGET) or None))
    elif format_ is PlanFormat.MARKDOWN:
        for line in markdown_plan(found, os.environ.get(TARGET, ""), bundle.project):
            console.out.print(line, markup=False)
    else:
        show(found)
    if detailed and found.changes:
        raise typer.Exit(CHANGED)


def pause(
    ctx: typer.Context,
    schedule: ScheduleId,
    project: Project = None,
    until: Annotated[
        str | None,
        typer.Option("--until", help="When it resumes by itself; in the schedule's zone if it has no offset."),
    ] = None,
    lasting: For = "",
    as_json: Json = False,
) -> None:
    """Pause a schedule. Slots that come during the pause are listed as missed."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> datetime | None:
            if lasting and until:
                raise RequestError("found --for beside --until; write one of them")
            named = instant(await _in_force(services), schedule, until, option="--until")
            end = await after(services, lasting) if lasting else named
            await acts.pause_schedule(services, command_line_actor(), schedule, end)
            return end

        end = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(paused_document(schedule, end))
    else:
        console.out.print(f"{schedule} is paused{until_words(Pause(end))}.", markup=False)


def resume(ctx: typer.Context, schedule: ScheduleId, project: Project = None, as_json: Json = False) -> None:
    """End a pause. The schedule fires again from its next slot on."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> tuple[bool, datetime | None]:
            ended = await acts.resume_schedule(services, command_line_actor(), schedule)
            return ended, (await services.clock.pending([schedule])).get(schedule)

        ended, due = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(resumed_document(schedule, due, was_paused=ended))
        return
    words = "fires again" if ended else "was not paused"
    console.out.print(f"{schedule} {words}; next: {stamp(due) if due else 'never'}.", markup=False)


async def _in_force(services: Services) -> Bundle | None:
    deployed = await services.deployments.deployed()
    return await stored_bundle(services.deployments, deployed.bundle) if deployed else None


COMMANDS = {"plan": plan, "pause": pause, "resume": resume}
