"""Questions to the ledger: runs, show, explain."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from worker.domain.delivery import Delivery
from worker.domain.run import Missed, Run
from worker.entry import console
from worker.entry.options import Json, Project, directory
from worker.entry.told import (
    delivery_document,
    explained_document,
    explained_lines,
    missed_document,
    run_document,
)
from worker.entry.with_ledger import with_ledger
from worker.flow.operate.explain import explain as explained
from worker.flow.operate.find_run import find_run
from worker.flow.operate.preview import bridge_of
from worker.flow.services import Services

RunRef = Annotated[str, typer.Argument(metavar="RUN", help="A run's key, a unique prefix, ID@latest or ID@-1.")]


def runs(
    ctx: typer.Context,
    schedule: Annotated[str | None, typer.Argument(metavar="[ID]", help="Only this schedule's.")] = None,
    project: Project = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Rows, at most.")] = 20,
    as_json: Json = False,
) -> None:
    """Runs and missed slots, newest first."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
            found = [run_document(run) for run in await services.ledger.runs(schedule, limit)]
            return found, [missed_document(m) for m in await services.ledger.missed(schedule, limit)]

        found, missed = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json({"runs": found, "missed": missed})
        return
    table = Table("Run", "Trigger", "State", "Gaps", "Reason", box=None, pad_edge=False)
    for run in found:
        table.add_row(run["key"], run["trigger"], run["state"], str(len(run["gaps"]) or ""), run["reason"] or "")
    console.out.print(table)
    for row in missed:
        console.out.print(
            f"missed {row['count']} of {row['schedule']}: {row['first']} to {row['last']}. {row['sentence']}"
        )


async def _told(services: Services, reference: str) -> tuple[Run, tuple[Delivery, ...], dict[str, Any] | None]:
    run = await find_run(services.ledger, reference)
    rows = await services.ledger.deliveries(str(run.key))
    return run, rows, await bridge_of(services, run, rows)


def show(ctx: typer.Context, run: RunRef, project: Project = None, as_json: Json = False) -> None:
    """One run: its state, its bridge, its deliveries with the receivers' own words."""
    with console.guarded(as_json=as_json):
        found, rows, bridge = _ask(directory(ctx, project), run)
    if as_json:
        document = {**run_document(found), "bridge": bridge, "deliveries": [delivery_document(r) for r in rows]}
        console.show_json(document)
        return
    console.out.print(f"{found.key}  {found.state}, {found.trigger}, attempt {found.attempt}", markup=False)
    for query, reason, sentence in found.gaps:
        console.out.print(f"  missing {query} ({reason}): {sentence}", markup=False)
    for row in rows:
        console.out.print(f"  {row.state:9} {row.key.reader}  {' '.join(p.receipt for p in row.parts)}", markup=False)
    for currency, terms in (bridge or {}).items():
        moved = ", ".join(f"{term} {amount}" for term, amount in terms.items() if amount)
        console.out.print(f"  {currency} (minor units): {moved}")


def explain(ctx: typer.Context, run: RunRef, project: Project = None, as_json: Json = False) -> None:
    """Why it was sent, or was not, and what it was compared with; of a missed slot (ID@slot), why it was missed."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> dict[str, Any]:
            found = await explained(services, run)
            return missed_document(found) if isinstance(found, Missed) else explained_document(*found)

        told = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(told)
        return
    for line in explained_lines(told):
        console.out.print(line, markup=False)


def _ask(place: Path, reference: str) -> tuple[Run, tuple[Delivery, ...], dict[str, Any] | None]:
    async def work(services: Services) -> tuple[Run, tuple[Delivery, ...], dict[str, Any] | None]:
        return await _told(services, reference)

    return with_ledger(place, work)


COMMANDS = {"runs": runs, "show": show, "explain": explain}
