"""Runs on demand: run (in this process) and trigger (through the queue)."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from worker.documents.preview import dry_run_document
from worker.documents.runs import finished_run_document, queued_run_document
from worker.domain.delivery import Delivery, DeliveryState, shown_reader
from worker.domain.known_names import known_names
from worker.domain.reason import Reason
from worker.domain.run import Run, RunState
from worker.domain.schedule import Bundle
from worker.entry import console
from worker.entry.actor import command_line_actor
from worker.entry.delivery_lines import delivery_line
from worker.entry.instants import instant
from worker.entry.message_folder import Folder
from worker.entry.options import Json, Out, Project, directory
from worker.entry.project_dir import bundle_of, refuse_unset_secrets
from worker.entry.with_services import with_services
from worker.entry.worker_words import run_waits
from worker.errors import RequestError
from worker.flow.deployed import bundle_of as stored_bundle
from worker.flow.operate import acts
from worker.flow.operate.notes import Noted, notes_of
from worker.flow.operate.on_demand import run_here
from worker.flow.operate.preview import DryRun, dry_run
from worker.flow.operate.trial_acts import send_trial
from worker.flow.services import Services

ScheduleId = Annotated[str, typer.Argument(metavar="ID", help="A schedule's id.")]


def run(  # noqa: PLR0913, PLR0917 - each is an option of the command line
    ctx: typer.Context,
    schedule: ScheduleId,
    project: Project = None,
    at: Annotated[
        str | None, typer.Option("--at", help="An instant; in the schedule's zone if it has no offset.")
    ] = None,
    for_slot: Annotated[
        str | None,
        typer.Option(
            "--for-slot", metavar="SLOT", help="Run this missed slot, with the window that it would have had."
        ),
    ] = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="Fetch and decide. Nothing is sent or stored.")] = False,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="CHANNEL:ADDRESS", help="Send only to this address. No baseline changes."),
    ] = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Run a schedule now, in this process."""
    with console.guarded(as_json=as_json):
        place = directory(ctx, project)
        if for_slot is not None and (dry or to is not None or at is not None):
            raise RequestError("--for-slot beside --at, --dry-run or --to; leave one of them out")
        if dry or to is not None:
            _try_out(place, schedule, at, to, out, as_json=as_json)
        else:
            _run(place, schedule, at, for_slot, out, as_json=as_json)


def _run(place: Path, schedule: str, at: str | None, for_slot: str | None, out: Path | None, *, as_json: bool) -> None:
    async def work(services: Services) -> tuple[Run, tuple[Delivery, ...], tuple[Noted, ...]]:
        deployed = await services.deployments.deployed()
        bundle = await stored_bundle(services.deployments, deployed.bundle) if deployed else None
        slot = instant(bundle, schedule, for_slot, option="--for-slot")
        asked = instant(bundle, schedule, at, option="--at")
        key = await acts.claim_run(services, command_line_actor(), schedule, asked, slot)
        await run_here(services, key)
        found = await services.lookups.run(key)
        rows = await services.lookups.deliveries(key)
        if found is None:
            raise RequestError(f"{key} is gone from the ledger")
        return found, rows, await notes_of(services.snapshots, found)

    copies = Folder(out) if out is not None else None
    with console.progress(f"Running {schedule}", quiet=as_json):
        ended, rows, notes = with_services(place, work, copies=copies, schedule=schedule, compares=True)
    if as_json:
        console.show_json(finished_run_document(ended, rows, notes))
    else:
        _print_run(ended, rows, notes)
    lost = _print_lost(copies)
    raise typer.Exit(run_status(ended, rows) or lost)


def _print_lost(copies: Folder | None) -> int:
    """Prints which copies could not be written, on standard error. Returns the exit status for them."""
    for sentence in copies.failed if copies else ():
        console.err.print(sentence, markup=False)
    return console.TROUBLE if copies and copies.failed else console.OK


def run_status(ended: Run, rows: Iterable[Delivery]) -> int:
    """The exit status of a finished run. A gap, a suspended reader, a missing part or copy count as trouble even if
    everything else was sent, because no rule of the definitions asks for them.
    """
    if ended.state is RunState.FAILED and ended.reason is Reason.SOURCE:
        return console.NOTHING
    short = any(row.reason in {Reason.SUSPENDED, Reason.PARTS_MISSING, Reason.COPIES_MISSING} for row in rows)
    good = ended.state in {RunState.DELIVERED, RunState.SKIPPED} and not ended.gaps and not short
    return console.OK if good else console.TROUBLE


def _print_run(ended: Run, rows: tuple[Delivery, ...], notes: tuple[Noted, ...]) -> None:
    console.out.print(f"{ended.key}  {ended.state}", markup=False)
    for query, _, sentence in ended.gaps:
        console.out.print(f"  missing {query}: {sentence}", markup=False)
    for query, sentence in notes:
        console.out.print(f"  note on {query}: {sentence}", markup=False)
    for row in rows:
        later = row.state in {DeliveryState.DEFERRED, DeliveryState.PENDING, DeliveryState.UNKNOWN}
        console.out.print(delivery_line(row, "(a running clock will try it again)" if later else ""), markup=False)


def _try_out(place: Path, schedule: str, at: str | None, to: str | None, out: Path | None, *, as_json: bool) -> None:
    bundle = bundle_of(place)
    if schedule not in bundle.schedules:
        raise RequestError(f"there is no schedule {schedule!r}; {known_names(schedule, bundle.schedules)}")

    async def work(services: Services) -> list[DryRun]:
        chosen, slot = bundle.schedules[schedule], instant(bundle, schedule, at, option="--at")
        if to is None:
            return await dry_run(services, bundle, chosen, slot)
        channel, address = _target(bundle, to)
        return [await send_trial(services, command_line_actor(), bundle, chosen, slot, channel, address)]

    refuse_unset_secrets(place, replace(bundle, schedules={schedule: bundle.schedules[schedule]}))
    copies = Folder(out) if out is not None else None
    with console.progress(f"Fetching {schedule}", quiet=as_json):
        trials = with_services(place, work, copies=copies, bundle=bundle, compares=True)
    if as_json:
        console.show_json([dry_run_document(trial) for trial in trials])
    else:
        for trial in trials:
            console.out.print(_dry_run_line(trial), markup=False)
    lost = _print_lost(copies)
    raise typer.Exit(_look_status(trials, len(bundle.schedules[schedule].report)) or lost)


def _look_status(trials: list[DryRun], queries: int) -> int:
    gaps = max((len(trial.gaps) for trial in trials), default=0)
    found = console.look_status(gaps, queries)
    failed = any(trial.failed for trial in trials)
    return console.TROUBLE if failed and found == console.OK else found


def _dry_run_line(trial: DryRun) -> str:
    verdict = trial.outcome or ("would be sent" if trial.decision.send else "would not be sent")
    missing = "".join(f"\n  missing {gap.query_id}: {gap.sentence}" for gap in trial.gaps)
    noted = "".join(f"\n  note on {query}: {sentence}" for query, sentence in trial.notes)
    subject = f" {trial.subject}" if trial.subject else ""
    return f"{shown_reader(trial.reader)}: {verdict} ({trial.decision.reason}).{subject}{missing}{noted}"


def _target(bundle: Bundle, to: str) -> tuple[str, str]:
    channel, colon, address = to.partition(":")
    if not colon or channel not in bundle.channels or not address:
        known = ", ".join(sorted(bundle.channels))
        raise RequestError(f"--to: found {to!r}, expected CHANNEL:ADDRESS with one of the channels {known}")
    return channel, address


def trigger(
    ctx: typer.Context,
    schedule: ScheduleId,
    project: Project = None,
    key: Annotated[
        str | None, typer.Option("--key", help="Your own key: two triggers with one key are one run.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Queue a run for the workers and print its key."""
    with console.guarded(as_json=as_json):
        place = directory(ctx, project)

        async def work(services: Services) -> tuple[str, str]:
            claimed = await acts.trigger(services, command_line_actor(), schedule, None, key)
            return str(claimed), run_waits(await services.heartbeats.alive(), await services.clock.now())

        queued, waits = with_services(place, work, through_queue=True)
    if waits:
        console.err.print(waits, markup=False)
    if as_json:
        console.show_json(queued_run_document(queued))
    else:
        console.out.print(queued, markup=False)


COMMANDS = {"run": run, "trigger": trigger}
