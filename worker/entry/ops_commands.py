"""Commands for messages that were sent: replay, retry, deliveries, deliveries settle, forget."""

import hashlib
from pathlib import Path
from typing import Annotated, Any

import typer

from worker.documents.deliveries import delivery_document, retried_document, why
from worker.documents.forgotten import forgotten_document
from worker.documents.replay import replayed_document
from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.reason import SENTENCES, Reason
from worker.entry import console
from worker.entry.actor import command_line_actor
from worker.entry.message_diff import difference
from worker.entry.message_folder import Folder
from worker.entry.options import Json, Project, directory
from worker.entry.with_ledger import with_ledger
from worker.errors import RequestError
from worker.flow.operate import acts
from worker.flow.operate.find_run import find_run
from worker.flow.operate.forget import Forgotten
from worker.flow.operate.replay import Replayed
from worker.flow.operate.replay import replay as made_again
from worker.flow.operate.retry import Retried
from worker.flow.services import Services

RunRef = Annotated[str, typer.Argument(metavar="RUN", help="A run's key, a unique prefix, ID@latest or ID@-1.")]
Again = Annotated[Path | None, typer.Option("--out", help="Write each message there as it was made again.")]
Against = Annotated[
    Path | None,
    typer.Option("--against", help="A folder of messages as they were delivered: differences are shown line by line."),
]

RETRIED = (
    "Only a delivery that was refused, failed or expired is tried again, unless a newer run has replaced its message."
)

SAME_TEMPLATE = (
    "A template that failed is filled as it was deployed when the run began. "
    "To use a corrected one, deploy it and run the schedule again."
)


def replay(
    ctx: typer.Context,
    run: RunRef,
    project: Project = None,
    out: Again = None,
    against: Against = None,
    as_json: Json = False,
) -> None:
    """Render every closed delivery again from stored data, offline, and compare it with what was sent."""
    with console.guarded(as_json=as_json):
        folder, sent = Folder(out) if out else None, _by_hash(against or out)

        async def work(services: Services) -> list[dict[str, Any]]:
            found = await find_run(services, run)
            documents = []
            async for again in made_again(services, found):
                _keep(folder, again)
                documents.append(replayed_document(again, _differences(again, sent)))
            return documents

        with console.progress(f"Rendering {run} again", quiet=as_json):
            documents = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(documents)
    else:
        _print_replay(run, documents)
    if not all(one["equal"] for one in documents):
        raise typer.Exit(console.TROUBLE)


def _by_hash(folder: Path | None) -> dict[str, bytes]:
    """Files that may be the sent messages. They are read before anything is written to the folder."""
    if folder is None or not folder.is_dir():
        return {}
    bodies = [path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()]
    return {hashlib.sha256(body).hexdigest(): body for body in bodies}


def _keep(folder: Folder | None, again: Replayed) -> None:
    for copy in again.copies:
        if folder is not None and copy.part is not None and copy.saved is not None:
            folder.keep(str(again.row.key), copy.part, copy.saved)


def _differences(again: Replayed, sent: dict[str, bytes]) -> dict[int, list[str]]:
    """Part number → lines that differ, for parts whose sent bytes are available and differ."""
    return {
        copy.number: difference(copy.part.name, sent[copy.recorded], copy.sealed)
        for copy in again.copies
        if not copy.equal and copy.part is not None and copy.sealed is not None and copy.recorded in sent
    }


def _print_replay(run: str, documents: list[dict[str, Any]]) -> None:
    if not documents:
        console.out.print(f"{run}: nothing was sent to anybody", markup=False)
    for one in documents:
        verdict = "equal, byte for byte" if one["equal"] else "DIFFERS"
        parts = "1 part" if len(one["parts"]) == 1 else f"{len(one['parts'])} parts"
        console.out.print(f"{one['key']}: {parts}, {verdict}", markup=False)
        for cause in one["causes"]:
            console.out.print(f"  {cause}", markup=False)
        for part in one["parts"]:
            _print_part(part)


def _print_part(part: dict[str, Any]) -> None:
    if part["note"]:
        console.out.print(f"  part {part['number']}: {part['note']}", markup=False)
    if not part["equal"]:
        again = part["again"][:16] or "nothing"
        console.out.print(f"  part {part['number']}: sent {part['sha256'][:16]}, now {again}", markup=False)
    for line in part["difference"]:
        console.out.print(f"    {line}", markup=False)


def retry(ctx: typer.Context, run: RunRef, project: Project = None, as_json: Json = False) -> None:
    """Try again the messages that a run could not deliver. Messages that were sent are not sent again. The templates
    are those that were deployed when the run began.
    """
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> tuple[str, Retried, bool]:
            found = await find_run(services, run)
            before = await services.lookups.deliveries(found.key)
            _, retried = await acts.retry_run(services, command_line_actor(), str(found.key))
            return str(found.key), retried, any(row.reason is Reason.RENDER for row in before)

        key, retried, rendered = with_ledger(directory(ctx, project), work, publish=True)
    if rendered:
        console.err.print(SAME_TEMPLATE, markup=False)
    if as_json:
        left_out = {str(one): str(why) for one, why in retried.left_out.items()}
        console.show_json(retried_document(key, [str(one) for one in retried.again], left_out))
        return
    if not retried.again and not retried.left_out:
        console.out.print(f"{key} has nothing to retry. {RETRIED}", markup=False)
    for delivery in retried.again:
        console.out.print(f"{delivery.shown} is queued again", markup=False)
    for delivery, why_not in retried.left_out.items():
        console.out.print(f"{delivery.shown} is left out: {SENTENCES[why_not]}", markup=False)


deliveries = typer.Typer(help="List deliveries, newest first. `settle` records what happened to an unknown one.")


@deliveries.callback(invoke_without_command=True)
def list_deliveries(
    ctx: typer.Context,
    project: Project = None,
    state: Annotated[DeliveryState | None, typer.Option("--state", help="Only those in this state.")] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=1000, help="How many runs to look through, newest first.")
    ] = 100,
    as_json: Json = False,
) -> None:
    if ctx.invoked_subcommand is not None:
        ctx.obj = project or ctx.obj
        return
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> list[Delivery]:
            rows = [await services.lookups.deliveries(run.key) for run in await services.lookups.runs(None, limit)]
            return [row for of_run in rows for row in of_run if state is None or row.state is state]

        found = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json([delivery_document(row) for row in found])
        return
    if not found:
        kind = f"is {state}" if state is not None else "is there yet"
        console.out.print(f"No delivery {kind} among the last {limit} runs.", markup=False)
        return
    console.print_columns(("Delivery", "State and why"), [(row.key.shown, why(row)) for row in found])


@deliveries.command("settle")
def settle(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="RUN/READER, as `deliveries` lists it.")],
    outcome: Annotated[str, typer.Argument(metavar="sent|not-sent", help="What happened to it.")],
    project: Project = None,
    as_json: Json = False,
) -> None:
    """Record what happened to an unknown delivery: `sent` changes the reader's baseline, `not-sent` sends the message
    again.
    """
    with console.guarded(as_json=as_json):
        if outcome not in {"sent", "not-sent"}:
            raise RequestError(f"found {outcome!r}, expected sent or not-sent")

        async def work(services: Services) -> Delivery:
            return await acts.settle_unknown(services, command_line_actor(), key, arrived=outcome == "sent")

        row = with_ledger(directory(ctx, project), work, publish=True)
    if as_json:
        console.show_json(delivery_document(row))
    else:
        console.out.print(f"{row.key.shown}  {why(row)}", markup=False)


def forget(
    ctx: typer.Context,
    what: Annotated[str, typer.Argument(metavar="ADDRESS|ROWKEY", help="A reader's address, or a deal's id.")],
    project: Project = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needed where nobody can be asked.")] = False,
    as_json: Json = False,
) -> None:
    """Remove a reader's baselines and deliveries, or a deal from every stored answer."""
    with console.guarded(as_json=as_json):
        console.confirm(f"Forget {what}? It cannot be undone.", "nothing was forgotten", yes=yes, as_json=as_json)

        async def work(services: Services) -> Forgotten:
            return await acts.forget_subject(services, command_line_actor(), what)

        with console.progress(f"Forgetting {what}", quiet=as_json):
            gone = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(forgotten_document(gone))
        return
    for sentence in _forgotten_lines(gone, what):
        console.out.print(sentence, markup=False)


def _forgotten_lines(gone: Forgotten, what: str) -> list[str]:
    counts = (
        (gone.baselines, "baselines"),
        (gone.deliveries, "deliveries"),
        (gone.suspensions, "suspensions"),
        (gone.alerts, "records of alerts"),
        (gone.answers, "stored answers that held its row"),
    )
    removed = [f"{what}: removed {count} {noun}" for count, noun in counts if count]
    if gone.answers:
        removed.append("a run fetches it again for as long as the service lists it")
    still = [f"{name} still names {what}: remove it there and deploy" for name in gone.named]
    return (removed or [f"{what}: nothing was stored under that address or id"]) + still


COMMANDS = {"replay": replay, "retry": retry, "forget": forget}
GROUPS = {"deliveries": deliveries}
