"""Commands for deployments: deploy, deployments, rollback."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from worker.app import open_services
from worker.documents.deployment import deployed_document, deployments_document
from worker.domain.schedule import Bundle
from worker.entry import console
from worker.entry.instants import local_words
from worker.entry.local_queue import LocalQueue
from worker.entry.options import Json, Project, directory
from worker.entry.ownership import deploy_as_owner
from worker.entry.plan_output import show
from worker.entry.project_dir import deployable
from worker.entry.project_redis import redis_for
from worker.entry.with_ledger import with_ledger
from worker.flow.deploy.deploy import Changes
from worker.flow.deploy.plan import Plan, plan
from worker.flow.operate.rollback import DeploymentRow, rollback_target
from worker.flow.operate.rollback import deployments as past_deployments
from worker.flow.operate.upkeep_acts import DeployAct
from worker.flow.services import Services
from worker.settings import Settings

PLANNED_DAYS = 14
"""Days of the plan that is shown before it asks."""

SHORT = 12
"""Characters of a bundle's id that are printed; `rollback` takes them."""

FILES_STAY = "Your files are not changed. The next `funnelbeat deploy`, or a save while `up` runs, deploys them again."

WORDS = {
    DeployAct.DEPLOY: ("Deploy?", "not deployed", "Deployed {bundle}."),
    DeployAct.ROLLBACK: (
        f"{FILES_STAY}\nRoll back?",
        "not rolled back",
        f"Rolled back to {{bundle}}.\n{FILES_STAY}",
    ),
}
"""The question, what did not happen, and what did."""

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; needed where nobody can be asked.")]


def deploy_command(ctx: typer.Context, project: Project = None, yes: Yes = False, as_json: Json = False) -> None:
    """Check the definitions, show what will fire and what changes, and activate them in one step."""
    with console.guarded(as_json=as_json):
        place = directory(ctx, project)
        bundle = deployable(place)
        with redis_for(place) as settings:
            _activate(settings, place, bundle, DeployAct.DEPLOY, yes=yes, as_json=as_json)


def rollback(
    ctx: typer.Context,
    reference: Annotated[
        str | None, typer.Argument(metavar="BUNDLE", help="A name that `deployments` lists (default: the one before).")
    ] = None,
    project: Project = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Activate an earlier deployment again. It shows what changes and asks before it acts; your files do not change."""
    with console.guarded(as_json=as_json):
        place = directory(ctx, project)

        async def find(services: Services) -> Bundle:
            return await rollback_target(services, reference)

        bundle = with_ledger(place, find)
        with redis_for(place) as settings:
            _activate(settings, place, bundle, DeployAct.ROLLBACK, yes=yes, as_json=as_json)


def _activate(settings: Settings, place: Path, bundle: Bundle, act: DeployAct, *, yes: bool, as_json: bool) -> None:
    """Shows the plan, asks, and activates the bundle."""

    async def compare() -> Plan:
        async with open_services(settings, bundle.project, queue=LocalQueue(), directory=place) as services:
            return await plan(services, bundle, PLANNED_DAYS)

    async def activate() -> tuple[str, Changes]:
        async with open_services(settings, bundle.project, queue=LocalQueue(), directory=place) as services:
            deployment, found = await deploy_as_owner(services, bundle, place, act)
            return deployment.bundle, found

    if not as_json:
        show(asyncio.run(compare()))
    question, undone, done = WORDS[act]
    console.confirm(question, undone, yes=yes, as_json=as_json)
    bundle_id, found = asyncio.run(activate())
    if as_json:
        console.show_json(deployed_document(bundle_id, found))
    else:
        console.out.print(done.format(bundle=bundle_id[:SHORT]))


def deployments(ctx: typer.Context, project: Project = None, as_json: Json = False) -> None:
    """List the last deployments, newest first."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> tuple[DeploymentRow, ...]:
            return await past_deployments(services)

        rows = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(deployments_document(rows))
    elif not rows:
        console.out.print("Nothing is deployed yet: `funnelbeat deploy` first.")
    else:
        console.print_columns(("Bundle", "Since", "Schedules", ""), [_cells(row) for row in rows])


def _cells(row: DeploymentRow) -> tuple[str, ...]:
    made = row.deployment
    return made.bundle[:SHORT], local_words(made.activated_at), str(row.schedules), "current" if row.in_force else ""


COMMANDS = {"deploy": deploy_command, "deployments": deployments, "rollback": rollback}
