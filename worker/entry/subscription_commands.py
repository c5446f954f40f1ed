"""Commands for who gets what: subscriptions list, add, remove, pause, resume."""

from datetime import datetime
from typing import Annotated, Any

import typer

from worker.documents.subscriptions import (
    added_document,
    reader_paused_document,
    reader_resumed_document,
    removed_document,
    subscriptions_document,
)
from worker.domain.delivery import shown_reader
from worker.domain.quiet import WEEK
from worker.domain.run import stamp
from worker.domain.schedule import Bundle
from worker.entry import console
from worker.entry.actor import command_line_actor
from worker.entry.instants import instant
from worker.entry.options import Json, Project, directory
from worker.entry.run_commands import ScheduleId
from worker.entry.with_ledger import with_ledger
from worker.flow.deployed import bundle_of
from worker.flow.operate import acts
from worker.flow.operate import subscriptions as flow
from worker.flow.operate.subscriptions import Added, State, SubscriptionRow
from worker.flow.services import Services

Which = Annotated[str, typer.Argument(metavar="READER", help="An entry's id, an address, or ENTRY|ADDRESS.")]
OneSchedule = Annotated[str | None, typer.Argument(metavar="ID", help="Only of this schedule.")]

subscriptions = typer.Typer(
    help="Who gets what: entries of definitions, and further subscriptions.", no_args_is_help=True
)


@subscriptions.command("list")
def list_subscriptions(
    ctx: typer.Context, schedule: OneSchedule = None, project: Project = None, as_json: Json = False
) -> None:
    """List every subscription, where it comes from, and whether something stops it."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> tuple[SubscriptionRow, ...]:
            return await flow.listed(services, schedule)

        rows = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(subscriptions_document(rows))
    elif not rows:
        console.out.print("Nobody is subscribed to anything.", markup=False)
    else:
        heads = ("Schedule", "Reader", "Channel", "State", "Source", "Chosen by the reader")
        console.print_columns(heads, [_cells(row) for row in rows])


def _cells(row: SubscriptionRow) -> tuple[str, ...]:
    source = f"{_source(row)}, cc" if row.copy else _source(row)
    return row.reader.schedule, shown_reader(row.reader.id), row.entry.channel, _state(row), source, _chosen(row)


def _chosen(row: SubscriptionRow) -> str:
    """`quiet_hours 19:00-08:00, send on_change; by the reader, 2026-11-23T08:00:00Z`."""
    made = row.choices
    if made is None:
        return ""
    hours = made.quiet_hours
    quiet = "" if hours is None else "none" if hours.begins is None else f"{hours.begins:%H:%M}-{hours.ends:%H:%M}"
    days = "" if made.days is None else ",".join(WEEK[day] for day in made.days)
    told = {"quiet_hours": quiet, "days": days, "send": made.send or "", "locale": made.locale, "rows": made.rows}
    words = ", ".join(f"{name} {text}" for name, text in told.items() if text)
    return f"{words}; by {made.by}, {stamp(made.at)}"


def _state(row: SubscriptionRow) -> str:
    stopped = row.preference
    if row.state is State.PAUSED and stopped is not None:
        return f"paused until {stamp(stopped.until)}" if stopped.until else "paused"
    if row.state is State.UNSUBSCRIBED and stopped is not None:
        return f"unsubscribed {stamp(stopped.at)}"
    if row.state is State.ACTIVE and row.expires is not None:
        return f"active until {stamp(row.expires)}"
    return f"{row.state.replace('_', ' ')}{f': {row.sentence}' if row.sentence else ''}"


def _source(row: SubscriptionRow) -> str:
    return row.origin if row.at is None else f"{row.origin}, {row.by}, {stamp(row.at)}"


@subscriptions.command("add")
def add(  # noqa: PLR0913, PLR0917  # one option for each key of an entry
    ctx: typer.Context,
    schedule: ScheduleId,
    channel: Annotated[str, typer.Option("--channel", help="A channel of funnelbeat.yaml.")],
    address: Annotated[str, typer.Option("--address", help="Where the channel sends it.")],
    name: Annotated[str, typer.Option("--id", help="The subscription's name (default: channel:address).")] = "",
    rows: Annotated[str, typer.Option("--rows", help="A condition on the deals that are shown.")] = "",
    send: Annotated[str, typer.Option("--send", help="always or on_change.")] = "",
    quiet_hours: Annotated[
        str, typer.Option("--quiet-hours", help="When nothing is sent, such as 19:00-08:00; `none` for no quiet hours.")
    ] = "",
    holidays: Annotated[
        str, typer.Option("--holidays", help="A country on whose public holidays nothing is sent, such as DE-BE.")
    ] = "",
    days: Annotated[str, typer.Option("--days", help="The weekdays on which it is sent, such as MON-FRI.")] = "",
    collect: Annotated[str, typer.Option("--collect", help="daily or weekly: sent at 08:00 in one digest.")] = "",
    attach: Annotated[list[str] | None, typer.Option("--attach", help="A query whose file is attached.")] = None,
    template: Annotated[str, typer.Option("--template", help="A template family.")] = "",
    thread: Annotated[str, typer.Option("--thread", help="run or series.")] = "",
    alert: Annotated[
        list[str] | None, typer.Option("--alert", help="A rule whose alerts are sent instead of digests.")
    ] = None,
    alert_label: Annotated[
        list[str] | None,
        typer.Option("--alert-label", help="Alerts with this label, such as team=north, instead of digests."),
    ] = None,
    locale: Annotated[str, typer.Option("--locale", help="language_TERRITORY, such as de_DE.")] = "",
    timezone: Annotated[str, typer.Option("--timezone", help="An IANA zone, such as Europe/Berlin.")] = "",
    expires: Annotated[
        str | None,
        typer.Option("--expires", help="When it ends by itself; in the schedule's zone if it has no offset."),
    ] = None,
    project: Project = None,
    as_json: Json = False,
) -> None:
    """Subscribe an address to a schedule without changing its definition. Options are the keys of an entry of `to:`."""
    keys = {"id": name, "channel": channel, "address": address, "rows": rows}
    more = {"send": send, "locale": locale, "timezone": timezone, "days": days, "collect": collect}
    form = {"template": template, "thread": thread, "attach": attach, "quiet_hours": _quiet(quiet_hours, holidays)}
    asked = {"alerts": alert, "alert_labels": alert_label}
    written: dict[str, Any] = {key: value for key, value in (keys | more | form | asked).items() if value}
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> Added:
            end = instant(await _in_force(services), schedule, expires, option="--expires")
            return await acts.subscribe(services, command_line_actor(), schedule, written, end)

        made = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(added_document(made))
        return
    console.out.print(
        f"{shown_reader(made.record.reader.id)} is subscribed to {schedule}, from its next run on.", markup=False
    )
    for words in made.warnings:
        console.err.print(f"warning: {words}", markup=False, soft_wrap=True)
    if made.same:
        others = ", ".join(map(shown_reader, made.same))
        console.err.print(f"{address} also gets it through {others}: two readers, two messages.", markup=False)


@subscriptions.command("remove")
def remove(
    ctx: typer.Context, schedule: ScheduleId, reader: Which, project: Project = None, as_json: Json = False
) -> None:
    """Remove a subscription that was added with this command. To remove an entry of a definition, edit its file."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> SubscriptionRow:
            return await acts.unsubscribe(services, command_line_actor(), schedule, reader)

        row = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(removed_document(row))
    else:
        console.out.print(f"{shown_reader(row.reader.id)} is no longer subscribed to {schedule}.", markup=False)


@subscriptions.command("pause")
def pause(
    ctx: typer.Context,
    schedule: ScheduleId,
    reader: Which,
    until: Annotated[
        str | None,
        typer.Option("--until", help="When it resumes by itself; in the schedule's zone if it has no offset."),
    ] = None,
    project: Project = None,
    as_json: Json = False,
) -> None:
    """Pause one reader's messages.

    The next message after the pause says what changed since the last message before it.
    """
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> tuple[SubscriptionRow, datetime | None]:
            end = instant(await _in_force(services), schedule, until, option="--until")
            return await acts.pause_reader(services, command_line_actor(), schedule, reader, end), end

        row, end = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(reader_paused_document(row, end))
    else:
        words = f" until {stamp(end)}" if end else ""
        console.out.print(f"{shown_reader(row.reader.id)} of {schedule} is paused{words}.", markup=False)


@subscriptions.command("resume")
def resume(
    ctx: typer.Context, schedule: ScheduleId, reader: Which, project: Project = None, as_json: Json = False
) -> None:
    """End the pause of one reader's messages."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> tuple[SubscriptionRow, bool]:
            return await acts.resume_reader(services, command_line_actor(), schedule, reader)

        row, ended = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(reader_resumed_document(row, was_paused=ended))
    else:
        words = "gets messages again" if ended else "was not paused"
        console.out.print(f"{shown_reader(row.reader.id)} of {schedule} {words}.", markup=False)


def _quiet(hours: str, holidays: str) -> str | dict[str, str]:
    """As `quiet_hours:` is written. What is no pair of times is left for the check of the entry."""
    if not holidays and (not hours or "-" not in hours):
        return hours
    begins, _, ends = hours.partition("-")
    told = {"from": begins.strip(), "to": ends.strip(), "holidays": holidays}
    return {name: text for name, text in told.items() if text}


async def _in_force(services: Services) -> Bundle | None:
    deployed = await services.deployments.deployed()
    return await bundle_of(services.deployments, deployed.bundle) if deployed else None


GROUPS = {"subscriptions": subscriptions}
