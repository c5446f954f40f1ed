"""The command that ends a run."""

from typing import Annotated

import typer

from worker.documents.runs import cancelled_document
from worker.domain.run import RunKey, RunState
from worker.entry import console
from worker.entry.actor import command_line_actor
from worker.entry.options import Json, Project, directory
from worker.entry.with_ledger import with_ledger
from worker.flow.operate import acts
from worker.flow.services import Services
from worker.ports import CancelResult


def cancel(
    ctx: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's key, a unique prefix, ID@latest or ID@-1.")],
    project: Project = None,
    as_json: Json = False,
) -> None:
    """End a run that is not finished. Messages that were sent stay sent, and no more digests are sent. Notifications of
    alerts that the run found are still sent. The slot does not fire again.
    """
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> tuple[RunKey, CancelResult]:
            return await acts.cancel_run(services, command_line_actor(), run)

        key, ended = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(cancelled_document(str(key), str(ended.was), ended.deliveries))
    elif ended.was is RunState.DELIVERING:
        left = f"{ended.deliveries} deliveries are not sent" if ended.deliveries else "nothing of it waited"
        console.out.print(f"{key} is cancelled: {left}. What was sent stays.", markup=False)
    else:
        console.out.print(f"{key} is cancelled. Nothing of it is sent.", markup=False)


COMMANDS = {"cancel": cancel}
