"""Commands for baselines, which readers' digests are compared with: baselines list, baselines reset."""

from typing import Annotated

import typer

from worker.documents.baselines import baselines_document, reset_document
from worker.domain.delivery import DeliveryKey, shown_reader
from worker.domain.run import stamp
from worker.entry import console
from worker.entry.actor import command_line_actor
from worker.entry.options import Json, Project, directory
from worker.entry.with_ledger import with_ledger
from worker.flow.operate.reset_baselines import ResetPlan, Selection, held, plan_reset
from worker.flow.operate.upkeep_acts import reset_baselines
from worker.flow.services import Services
from worker.ports import HeldBaseline

Whose = Annotated[
    str | None, typer.Option("--reader", help="Only this reader: an address, an entry's id, or ENTRY|ADDRESS.")
]
ScheduleId = Annotated[str, typer.Argument(metavar="SCHEDULE", help="A schedule's id.")]
OfQuery = Annotated[str | None, typer.Option("--query", help="Only this query of the schedule.")]

baselines = typer.Typer(
    help="What each reader's next digest is compared with; `reset` undoes a mistake.", no_args_is_help=True
)


@baselines.command("list")
def list_baselines(
    ctx: typer.Context,
    schedule: ScheduleId,
    reader: Whose = None,
    query: OfQuery = None,
    project: Project = None,
    as_json: Json = False,
) -> None:
    """List what each reader's next digest is compared with, by query."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> tuple[HeldBaseline, ...]:
            return await held(services, Selection(schedule, reader, query))

        found = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(baselines_document(schedule, found))
    elif not found:
        console.out.print(f"No reader of {schedule} is compared with anything yet.", markup=False)
    else:
        console.print_columns(("Reader", "Query", "Compared with", "Reset"), [_cells(row) for row in found])


def _cells(row: HeldBaseline) -> tuple[str, ...]:
    reset = stamp(row.reset_at) if row.reset_at else ""
    return shown_reader(row.reader), row.query, stamp(row.at.slot) if row.at else "nothing", reset


@baselines.command("reset")
def reset(
    ctx: typer.Context,
    schedule: ScheduleId,
    reader: Whose = None,
    query: OfQuery = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="RUN", help="Compare with what this run sent to its readers, instead of with nothing."
        ),
    ] = None,
    project: Project = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needed where nobody can be asked.")] = False,
    as_json: Json = False,
) -> None:
    """Compare the next digest of a schedule's readers with nothing, or with an earlier run. Messages that were sent do
    not change.
    """
    with console.guarded(as_json=as_json):
        place = directory(ctx, project)

        async def look(services: Services) -> ResetPlan:
            return await plan_reset(services, Selection(schedule, reader, query), to)

        plan = with_ledger(place, look)
        for line in () if as_json else _lines(plan):
            console.err.print(line, markup=False)
        console.confirm("Reset?", "nothing was reset", yes=yes, as_json=as_json)

        async def work(services: Services) -> tuple[DeliveryKey, ...]:
            return await reset_baselines(services, command_line_actor(), plan)

        going = with_ledger(place, work)
    if as_json:
        console.show_json(reset_document(plan, going))
        return
    console.out.print(f"Reset {len(plan.changes)} baseline{'' if len(plan.changes) == 1 else 's'}.", markup=False)
    for key in going:
        console.out.print(f"{key} was decided before: it is sent as it is, and moves none of them.", markup=False)


def _lines(plan: ResetPlan) -> list[str]:
    """What will happen, before anybody is asked."""
    count = f"{plan.readers} reader{'' if plan.readers == 1 else 's'}"
    target = f"what {plan.run} told them" if plan.run else "nothing"
    lines = [f"The next digest of {count} of {plan.schedule} will be compared with {target}."]
    lines += [
        f"  {shown_reader(c.reader)}  {c.query}  was {stamp(c.was.slot) if c.was else 'nothing'}"
        for c in plan.changes[:SHOWN]
    ]
    if len(plan.changes) > SHOWN:
        lines.append(f"  and {len(plan.changes) - SHOWN} more")
    return lines + [
        f"  {shown_reader(one.reader)}  {one.query}  stays: {one.sentence}" for one in plan.unchanged[:SHOWN]
    ]


SHOWN = 20
"""Baselines that are named before the question. --json lists all."""

GROUPS = {"baselines": baselines}
