"""Commands about the webhooks of events: list, dead, retry."""

from collections.abc import Mapping
from typing import Annotated

import typer

from worker.documents.event_webhooks import dead_document, retried_document, webhooks_document
from worker.domain.run import stamp
from worker.entry import console
from worker.entry.actor import command_line_actor
from worker.entry.options import Json, Project, directory
from worker.entry.with_ledger import with_ledger
from worker.flow.operate.event_webhooks import dead_events, retry_events, webhook_states
from worker.flow.services import Services
from worker.ports.event_webhooks import DeadEvent, WebhookState

webhooks = typer.Typer(help="Webhooks of the project, which are told of events.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A webhook of funnelbeat.yaml.")]


@webhooks.command("list")
def list_webhooks(ctx: typer.Context, project: Project = None, as_json: Json = False) -> None:
    """List webhooks: how many events wait, were sent and were given up, and the last failure."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> Mapping[str, WebhookState]:
            return await webhook_states(services)

        found = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(webhooks_document(found))
    elif not found:
        console.out.print("No webhook is deployed: `webhooks:` in funnelbeat.yaml names them.")
    else:
        heads = ("Name", "Waiting", "Sent", "Given up", "Lost", "Trouble")
        console.print_columns(heads, [_cells(name, one) for name, one in found.items()])


@webhooks.command("dead")
def dead(
    ctx: typer.Context,
    name: Name,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many events to print, at most.")] = 50,
    project: Project = None,
    as_json: Json = False,
) -> None:
    """List the events of a webhook that were given up, the oldest first."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> tuple[DeadEvent, ...]:
            return await dead_events(services, name, limit)

        found = with_ledger(directory(ctx, project), work)
    documents = dead_document(found)
    if as_json:
        console.show_json(documents)
    elif not found:
        console.out.print("No event was given up.")
    else:
        rows = [(one["id"], one["at"], one["type"], one["sentence"]) for one in documents]
        console.print_columns(("Id", "At", "Event", "Why"), rows)


@webhooks.command("retry")
def retry(
    ctx: typer.Context,
    name: Name,
    event: Annotated[str, typer.Argument(metavar="[ID]", help="The id of one event; all of them without it.")] = "",
    project: Project = None,
    as_json: Json = False,
) -> None:
    """Send again the events that were given up, and send waiting events at once. A running clock sends them."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> int:
            return await retry_events(services, command_line_actor(), name, event)

        count = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(retried_document(name, count))
    else:
        console.out.print(f"{count} {'event waits' if count == 1 else 'events wait'} to be sent again.", markup=False)


def _cells(name: str, one: WebhookState) -> tuple[str, ...]:
    again = f", again at {stamp(one.retry_at)}" if one.retry_at else ""
    trouble = f"{one.failures} × {one.trouble}{again}" if one.failures else ""
    return name, str(one.waiting), str(one.sent), str(one.dead), str(one.lost), trouble


GROUPS = {"webhooks": webhooks}
