"""Commands that read the ledger: runs, show, explain."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from worker.documents.alerts import run_alerts_document
from worker.documents.bridge import bridge_document
from worker.documents.explained import explained_document
from worker.documents.runs import missed_document, run_list_document, shown_run_document
from worker.domain.delivery import Delivery, shown_reader
from worker.domain.diff.bridge import Bridge
from worker.domain.missed import MissedRow
from worker.domain.reason import SENTENCES
from worker.domain.run import Run, stamp
from worker.domain.schedule import Schedule
from worker.entry import console
from worker.entry.alert_words import run_alert_lines
from worker.entry.bridge_words import bridge_lines
from worker.entry.delivery_lines import copy_lines, delivery_line
from worker.entry.options import Json, Project, directory
from worker.entry.with_ledger import with_ledger
from worker.flow.alert.explain import explain_run
from worker.flow.alert.explain_rules import explain_rules
from worker.flow.deployed import bundle_of
from worker.flow.operate.explain import explain as explained
from worker.flow.operate.find_run import deployed_schedule, find_run
from worker.flow.operate.notes import Noted, notes_of
from worker.flow.operate.preview import bridge_of
from worker.flow.services import Services

SUBJECTS = 5
"""Subjects of a rule that are shown of those that fire, of those that do not, and so on. --json has LISTED."""

LISTED = 1_000

ShownRun = tuple[Run, tuple[Delivery, ...], Bridge | None, tuple[Noted, ...], Schedule | None]

RunRef = Annotated[str, typer.Argument(metavar="RUN", help="A run's key, a unique prefix, ID@latest or ID@-1.")]


def runs(
    ctx: typer.Context,
    schedule: Annotated[str | None, typer.Argument(metavar="ID", help="Only this schedule's.")] = None,
    project: Project = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many rows to print, at most.")] = 20,
    as_json: Json = False,
) -> None:
    """List runs and missed slots, newest first."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> tuple[Sequence[Run], Sequence[MissedRow]]:
            found = await services.lookups.runs(schedule, limit), await services.lookups.missed(schedule, limit)
            if schedule is not None and not any(found):
                await deployed_schedule(services.deployments, schedule)
            return found

        found, missed = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(run_list_document(found, missed))
        return
    if not found and not missed:
        console.out.print(
            "There is no run yet: `funnelbeat trigger ID` or `funnelbeat run ID` starts one.", markup=False
        )
        return
    console.print_columns(
        ("Run", "Trigger", "State", "Gaps", "Reason"),
        [(str(run.key), run.trigger, run.state, str(len(run.gaps) or ""), run.reason or "") for run in found],
    )
    for row in missed:
        between, sentence = f"{stamp(row.first)} to {stamp(row.last)}", SENTENCES[row.reason]
        console.out.print(f"missed {row.count} of {row.schedule}: {between}. {sentence}")


def show(ctx: typer.Context, run: RunRef, project: Project = None, as_json: Json = False) -> None:
    """Show one run: its state, its bridge, and its deliveries with the receivers' answers."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> ShownRun:
            found = await find_run(services, run)
            rows = await services.lookups.deliveries(found.key)
            bridge, notes = await bridge_of(services, found, rows), await notes_of(services.snapshots, found)
            return found, rows, bridge, notes, await _schedule(services, found.key.schedule)

        found, rows, bridge, notes, now = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(shown_run_document(found, bridge, rows, notes))
    else:
        _print_run(found, rows, bridge, notes, now)


async def _schedule(services: Services, name: str) -> Schedule | None:
    deployed = await services.deployments.deployed()
    bundle = await bundle_of(services.deployments, deployed.bundle) if deployed is not None else None
    return bundle.schedules.get(name) if bundle is not None else None


def _labels(one: Schedule | None) -> str:
    """The owner and the tags that the schedule has now; empty if it has none."""
    if one is None:
        return ""
    said = (f"owner: {one.owner}" if one.owner else "", f"tags: {', '.join(one.tags)}" if one.tags else "")
    return "; ".join(filter(None, said))


def _print_run(
    found: Run,
    rows: tuple[Delivery, ...],
    bridge: Bridge | None,
    notes: tuple[Noted, ...],
    schedule: Schedule | None,
) -> None:
    """`schedule`: as it is deployed now; None if it is not deployed any more."""
    console.out.print(f"{found.key}  {found.state}, {found.trigger}, attempt {found.attempt}", markup=False)
    if labels := _labels(schedule):
        console.out.print(f"  {labels}", markup=False)
    for query, reason, sentence in found.gaps:
        console.out.print(f"  missing {query} ({reason}): {sentence}", markup=False)
    for query, sentence in notes:
        console.out.print(f"  note on {query}: {sentence}", markup=False)
    for row in rows:
        for line in (delivery_line(row), *copy_lines(row, schedule)):
            console.out.print(line, markup=False)
    for currency, terms in (bridge_document(bridge) if bridge is not None else {}).items():
        for line in bridge_lines(currency, terms):
            console.out.print(line, markup=False)


def explain(ctx: typer.Context, run: RunRef, project: Project = None, as_json: Json = False) -> None:
    """Say why a run was sent or not, and what it was compared with. For a missed slot (ID@slot): why it was missed."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> dict[str, Any]:
            found = await explained(services, run)
            if isinstance(found, MissedRow):
                return missed_document(found)
            one, rows = found
            alerts, rules = await explain_run(services, one.key), await explain_rules(services, one)
            told = run_alerts_document(alerts, rules, LISTED if as_json else SUBJECTS)
            return {**explained_document(one, rows, await notes_of(services.snapshots, one)), "alerts": told}

        document = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(document)
        return
    for line in _missed_lines(document) if "count" in document else _explained_lines(document):
        console.out.print(line, markup=False)


def _missed_lines(missed: dict[str, Any]) -> list[str]:
    several = f"{missed['count']} slots, {missed['first']} to {missed['last']},"
    slots = missed["first"] if missed["count"] == 1 else several
    return [f"{missed['schedule']}: {slots} missed. {missed['sentence']}"]


def _explained_lines(run: dict[str, Any]) -> list[str]:
    lines = [f"{run['key']} is {run['state']}. {run['sentence']}".rstrip()]
    lines += [f"  missing {gap['query']} ({gap['reason']}): {gap['sentence']}" for gap in run["gaps"]]
    lines += [f"  note on {note['query']}: {note['sentence']}" for note in run["notes"]]
    for row in run["deliveries"]:
        lines.append(f"{shown_reader(row['reader'])}: {row['why'].removesuffix(' –')}")
        if row["decision"] != row["reason"]:
            lines.append(f"  {row['decision_sentence']}")
        for query, past in row["past"].items():
            against = f"the digest of {past['slot']}" if "slot" in past else f"nothing: {past['sentence']}"
            lines.append(f"  {query} compared with {against}")
        lines += [
            f"  {query}: {count} rows not shown, because a value that `rows` needs is not known"
            for query, count in row["undecided"].items()
        ]
        lines += [f"  cc {one}: {why.replace('_', ' ') if why else 'sent'}" for one, why in row["copies"].items()]
        if row["possible_duplicate"]:
            lines.append("  It may have been sent twice under one identity: a possible duplicate.")
    return [*lines, *run_alert_lines(run["alerts"])] if run["alerts"] is not None else lines


COMMANDS = {"runs": runs, "show": show, "explain": explain}
