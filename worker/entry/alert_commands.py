"""Commands for alerts: list, show, ack, unack, snooze, silence, silences, expire, explain."""

from datetime import datetime
from typing import Annotated

import typer

from worker.documents import alerts as documents
from worker.domain.alert.listed import ListedAlert
from worker.domain.alert.matcher_text import parse_matcher, silence_fault, written
from worker.domain.alert.silence import Silence
from worker.domain.run import stamp
from worker.entry import console
from worker.entry.actor import command_line_actor
from worker.entry.alert_words import alert_cells, alert_lines, rule_lines
from worker.entry.backtest_command import backtest
from worker.entry.instants import For, after, instant, local_words
from worker.entry.options import Json, Project, directory
from worker.entry.with_ledger import with_ledger
from worker.errors import RequestError
from worker.flow.alert import acts
from worker.flow.alert.current import current, find_alert
from worker.flow.alert.deployed_rules import bundle_in_force, event_rules
from worker.flow.alert.explain_rules import RuleExplained, explain_rule
from worker.flow.services import Services

SUBJECTS = 20
"""Subjects of a rule that `explain` shows of those that fire, of those that do not, and so on. --json has LISTED."""

LISTED = 1_000

EVENTS_ELSEWHERE = (
    "Not listed: events, which are told once and keep no state ({rules}). "
    "`funnelbeat deliveries` lists what was sent of them."
)

Fingerprint = Annotated[str, typer.Argument(metavar="FINGERPRINT", help="An alert's fingerprint, or its beginning.")]
Matchers = Annotated[
    list[str], typer.Argument(metavar="MATCHER...", help='Such as rule=big-deal-stalled owner="Ann Lee" team=~"a|b".')
]
Until = Annotated[str | None, typer.Option("--until", help="When it ends; in UTC if it has no offset.")]
Comment = Annotated[str, typer.Option("--comment", help="Why; others read it.")]

alerts = typer.Typer(help="Alerts: what fires, why, and what mutes it.", no_args_is_help=True)
alerts.command("backtest")(backtest)


@alerts.command("list")
def list_alerts(
    ctx: typer.Context,
    schedule: Annotated[str | None, typer.Argument(metavar="ID", help="Only this schedule's.")] = None,
    matching: Annotated[
        list[str] | None,
        typer.Option(
            "--match",
            metavar="MATCHER",
            help="Only alerts that match, such as rule=big-deal; with several, all must match.",
        ),
    ] = None,
    project: Project = None,
    as_json: Json = False,
) -> None:
    """List the alerts that fire or are pending."""
    with console.guarded(as_json=as_json):
        matchers = [parse_matcher(text) for text in matching or ()]

        async def work(services: Services) -> tuple[tuple[ListedAlert, ...], list[str]]:
            found = await current(services, schedule, matchers)
            return found, event_rules(await bundle_in_force(services.deployments), schedule)

        rows, events = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(documents.alerts_document(rows))
    elif not rows:
        console.out.print("No alert fires.", markup=False)
    else:
        _print_alerts(rows)
    if not as_json and events:
        console.out.print(EVENTS_ELSEWHERE.format(rules=", ".join(events)), markup=False)


@alerts.command("show")
def show(ctx: typer.Context, fingerprint: Fingerprint, project: Project = None, as_json: Json = False) -> None:
    """Show one alert: its subject, since when it fires, who was notified, and what keeps it quiet."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> ListedAlert:
            return await find_alert(services, fingerprint)

        document = documents.alert_document(with_ledger(directory(ctx, project), work))
    if as_json:
        console.show_json(document)
        return
    for line in alert_lines(document):
        console.out.print(line, markup=False)


@alerts.command("ack")
def ack(
    ctx: typer.Context, fingerprint: Fingerprint, comment: Comment = "", project: Project = None, as_json: Json = False
) -> None:
    """Acknowledge an alert: it is not repeated until it is resolved.

    Readers are still notified when it gets worse or ends.
    """
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> ListedAlert:
            return await acts.acknowledge(services, command_line_actor(), fingerprint, comment)

        row = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(documents.alert_document(row))
    else:
        console.out.print(f"{row.fingerprint} ({row.state.facts.name}) is acknowledged.", markup=False)


@alerts.command("unack")
def unack(ctx: typer.Context, fingerprint: Fingerprint, project: Project = None, as_json: Json = False) -> None:
    """Take an acknowledgement back: the alert is repeated again."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> tuple[ListedAlert, bool]:
            return await acts.unacknowledge(services, command_line_actor(), fingerprint)

        row, ended = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(documents.unacknowledged_document(row, was_acknowledged=ended))
    else:
        words = "is no longer acknowledged" if ended else "was not acknowledged"
        console.out.print(f"{row.fingerprint} ({row.state.facts.name}) {words}.", markup=False)


@alerts.command("snooze")
def snooze(
    ctx: typer.Context,
    fingerprint: Fingerprint,
    lasting: For = "",
    until: Until = None,
    comment: Comment = "",
    project: Project = None,
    as_json: Json = False,
) -> None:
    """Keep one alert quiet for a time. If it still fires after that, its readers are notified."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> acts.Silenced:
            end = await _end(services, lasting, until)
            return await acts.snooze(services, command_line_actor(), fingerprint, end, comment)

        made = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(documents.silenced_document(made))
    else:
        (row,) = made.muted.mutes
        end = stamp(made.silence.until)
        console.out.print(f"{row.fingerprint} ({row.state.facts.name}) is quiet until {end}.", markup=False)


@alerts.command("silence")
def silence(  # noqa: PLR0913, PLR0917  # one option for each part of a silence
    ctx: typer.Context,
    matcher: Matchers,
    comment: Comment = "",
    lasting: For = "",
    until: Until = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what it would mute, and create no silence.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needed where nobody can be asked.")] = False,
    project: Project = None,
    as_json: Json = False,
) -> None:
    """Show which alerts match now, and mute all alerts that match until a given time."""
    with console.guarded(as_json=as_json):
        place, matchers = directory(ctx, project), [parse_matcher(text) for text in matcher]

        async def look(services: Services) -> tuple[acts.Muted, datetime | None]:
            end = None if dry_run and not (lasting or until) else await _end(services, lasting, until)
            return await acts.muted_by(services, matchers), end

        async def work(services: Services) -> acts.Silenced:
            end = await _end(services, lasting, until)
            return await acts.silence(services, command_line_actor(), matchers, end, comment)

        muted, end = with_ledger(place, look)
        for warning in muted.warnings:
            console.err.print(f"warning: {warning}", markup=False)
        if dry_run:
            _show_muted(muted, as_json=as_json)
            return
        if not comment.strip():
            raise RequestError("--comment: say why, so that others know whether it may end")
        if not as_json:
            _show_muted(muted, as_json=False)
        ends = stamp(end) if end is not None else ""
        console.confirm(f"Silence until {ends}?", "not silenced", yes=yes, as_json=as_json)
        made = with_ledger(place, work)
    if as_json:
        console.show_json(documents.silenced_document(made))
    else:
        words = " ".join(map(written, made.silence.matchers))
        console.out.print(f"Silence {made.silence.id}: {words} until {stamp(made.silence.until)}.", markup=False)


@alerts.command("silences")
def silences(
    ctx: typer.Context,
    ended: Annotated[bool, typer.Option("--ended", help="Include those that have ended.")] = False,
    project: Project = None,
    as_json: Json = False,
) -> None:
    """List the active silences and snoozes, oldest first."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> tuple[Silence, ...]:
            now, known = await services.clock.now(), await services.alerts.silences()
            return tuple(one for one in known if ended or now < one.until)

        found = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(documents.silences_document(found))
    elif not found:
        console.out.print("There are no silences.", markup=False)
    else:
        heads = ("Id", "Matchers", "By", "Until", "Comment")
        console.print_columns(heads, [_silence_cells(one) for one in found])


@alerts.command("expire")
def expire(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="SILENCE", help="Its id, or the beginning of it.")],
    project: Project = None,
    as_json: Json = False,
) -> None:
    """End a silence or a snooze now. The next run reports what still fires."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> Silence:
            return await acts.expire(services, command_line_actor(), name)

        gone = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(documents.silence_document(gone))
    else:
        console.out.print(f"Silence {gone.id} is over.", markup=False)


@alerts.command("explain")
def explain(
    ctx: typer.Context,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="SCHEDULE/RULE, or a rule's id if only one has it.")],
    subject: Annotated[
        str | None, typer.Argument(metavar="SUBJECT", help="A key, a name or a fingerprint: only this one.")
    ] = None,
    project: Project = None,
    as_json: Json = False,
) -> None:
    """Say for each subject of a rule why it fires or not, with the values seen, and what would change it."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> RuleExplained:
            return await explain_rule(services, rule, subject)

        found = with_ledger(directory(ctx, project), work)
    document = documents.rule_explained_document(found, LISTED if as_json else SUBJECTS)
    if as_json:
        console.show_json(document)
        return
    for line in rule_lines(document):
        console.out.print(line, markup=False)


async def _end(services: Services, lasting: str, until: str | None) -> datetime:
    """Raises RequestError unless exactly one of the two is given."""
    if bool(lasting) == bool(until):
        raise RequestError("write an end: either --for, such as --for 7d, or --until, such as --until 2026-12-01T09:00")
    if lasting:
        return await after(services, lasting)
    end = instant(None, "", until, option="--until")
    if end is None:
        raise RequestError("--until: found nothing, expected an instant such as 2026-12-01T09:00")
    return end


def _show_muted(muted: acts.Muted, *, as_json: bool) -> None:
    rows = muted.mutes
    if as_json:
        console.show_json(documents.preview_of_silence(muted))
    elif rows:
        console.out.print(f"It mutes {len(rows)} alert{'' if len(rows) == 1 else 's'} now:", markup=False)
        _print_alerts(rows)
    else:
        console.out.print("It mutes nothing now.", markup=False)


def _print_alerts(rows: tuple[ListedAlert, ...]) -> None:
    heads = ("Fingerprint", "Rule", "Subject", "Amount", "Owner", "Severity", "State", "Since", "Quiet")
    console.print_columns(heads, [alert_cells(documents.alert_document(row)) for row in rows])


def _silence_cells(one: Silence) -> tuple[str, ...]:
    fault = silence_fault(one)
    comment = f"keeps nothing quiet: {fault}" if fault else one.comment
    return one.id, " ".join(map(written, one.matchers)), one.by, local_words(one.until), comment


GROUPS = {"alerts": alerts}
