"""The answers of each command. All of them are limited to what the person may see."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from worker.domain.access import TokenScope
from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.schedule import Subscription
from worker.errors import FunnelbeatError
from worker.flow.alert.current import current
from worker.flow.operate import acts
from worker.flow.operate.own_view import alert_reaches, own_deliveries
from worker.flow.operate.schedules import ScheduleRow, schedules
from worker.flow.operate.stored_message import stored_message
from worker.flow.operate.subscriptions import State, SubscriptionRow, listed
from worker.flow.run.readers import is_alert, is_notice
from worker.ports.chat import ChatAnswer
from worker.rendering.amount_words import amount_words
from worker.web.chat.visit import LISTED, ChatRefused, ChatVisit
from worker.web.console.states import delivery_mark

RUNS = 10
"""Runs of a schedule in which `why` looks for a message to the person who asks."""


async def run(asked: ChatVisit) -> ChatAnswer:
    """The same request twice is one run."""
    schedule, _ = await asked.schedule()
    asked.needs(TokenScope.TRIGGER)
    once = f"{asked.view.channel} {asked.request.person} {asked.request.id}"
    key = await acts.trigger(asked.uses, asked.actor, schedule, None, once)
    return replace(asked.say("chat.queued", name=asked.name(schedule)), run=key)


async def upcoming(asked: ChatVisit) -> ChatAnswer:
    seen = await asked.schedules()
    rows = [row for row in await schedules(asked.uses) if row.schedule.id in seen]
    due = sorted(rows, key=lambda row: (row.next_slot is None, row.next_slot, row.schedule.id))
    return ChatAnswer(_lines(asked, [_next(asked, row) for row in due]))


def _next(asked: ChatVisit, row: ScheduleRow) -> str:
    at, key = row.next_slot, "chat.next" if row.next_slot is not None else "chat.next_none"
    if row.pause is not None:
        at, key = row.pause.until, "chat.next_paused_until" if row.pause.until is not None else "chat.next_paused"
    date = asked.w.stamp(at) if at is not None else ""
    return asked.w.say(key, name=asked.name(row.schedule.id), id=row.schedule.id, date=date)


async def why(asked: ChatVisit) -> ChatAnswer:
    """For each schedule, the newest message to the person who asks, as it was made for this audience."""
    if asked.request.argument:
        name, known = await asked.schedule()
        seen: Mapping[str, Mapping[str, Subscription]] = {name: known}
    else:
        seen = await asked.schedules()
    told = [await _why(asked, name, known) for name, known in list(seen.items())[:LISTED]]
    return ChatAnswer(_lines(asked, told, len(seen) - len(told)))


async def _why(asked: ChatVisit, schedule: str, known: Mapping[str, Subscription]) -> str:
    w, name = asked.w, asked.name(schedule)
    for one in await asked.uses.lookups.runs(schedule, RUNS):
        rows = tuple(row for row in await asked.uses.lookups.deliveries(one.key) if _is_digest(row))
        own = own_deliveries(asked.uses, asked.view, known, rows)
        if own:
            said = w.say("chat.why", name=name, date=w.stamp(one.key.slot), state=_state(asked, own[0]))
            moved = await _subject(asked, own[0])
            return f"{said}. {moved}" if moved else said
    return w.say("chat.why_none", name=name)


def _is_digest(row: Delivery) -> bool:
    return not is_notice(row.key.reader) and not is_alert(row.key.reader)


def _state(asked: ChatVisit, row: Delivery) -> str:
    key = f"chat.why.{row.reason.value}" if row.state is DeliveryState.SKIPPED and row.reason else ""
    return asked.w.say(key if asked.w.knows(key) else f"console.state.{delivery_mark(row).name}")


async def _subject(asked: ChatVisit, row: Delivery) -> str:
    """The first line of the message; empty if its data is no longer stored."""
    try:
        return asked.w.clean((await stored_message(asked.uses, row)).subject, 300)
    except FunnelbeatError:
        return ""


async def firing(asked: ChatVisit) -> ChatAnswer:
    seen = await asked.schedules()
    lines = []
    for row in await current(asked.uses):
        known = seen.get(row.schedule)
        if known is None or not (asked.view.everything or alert_reaches(asked.uses, asked.view, known, row)):
            continue
        w, amount = asked.w, amount_words(asked.w, row.state.facts.amount)
        note = "chat.alert_acked" if row.ack else "chat.alert_quiet" if row.quiet else ""
        lines.append(
            w.say(
                "chat.alert",
                name=w.named(row.state.facts.name, row.state.facts.key),
                amount=f", {amount}" if amount else "",
                rule=w.clean(row.rule.name or row.rule.id),
                date=w.stamp(row.state.since),
                note=w.say(note) if note else "",
            )
        )
    return ChatAnswer(_lines(asked, lines[:LISTED], len(lines) - LISTED)) if lines else asked.say("chat.alerts_none")


async def subscribe(asked: ChatVisit) -> ChatAnswer:
    """Subscribes the person who asks to direct messages; a paused subscription continues."""
    schedule, _ = await asked.schedule()
    asked.needs(TokenScope.SUBSCRIBE)
    own = await _own(asked, schedule)
    if own is None:
        entry = {"channel": asked.view.channel, "address": asked.request.person, "locale": asked.view.locale}
        await acts.subscribe(asked.uses, asked.actor, schedule, entry)
        return asked.say("chat.subscribed", name=asked.name(schedule))
    if own.state is not State.PAUSED:
        return asked.say("chat.subscribed_already", name=asked.name(schedule))
    await acts.resume_reader(asked.uses, asked.actor, schedule, own.reader.id)
    return asked.say("chat.subscribed_again", name=asked.name(schedule))


async def unsubscribe(asked: ChatVisit) -> ChatAnswer:
    """The person's own address needs no scope. An entry of a definition stays: it can be muted."""
    schedule, _ = await asked.schedule()
    own = await _own(asked, schedule)
    if own is None or own.at is None:
        raise ChatRefused(asked.w.say("chat.not_subscribed", name=asked.name(schedule)))
    await acts.unsubscribe(asked.uses, asked.actor, schedule, own.reader.id)
    return asked.say("chat.unsubscribed", name=asked.name(schedule))


async def _own(asked: ChatVisit, schedule: str) -> SubscriptionRow | None:
    """The subscription through which the person who asks gets digests as direct messages."""
    rows = [
        row
        for row in await listed(asked.uses, schedule)
        if (row.entry.channel, row.reader.address) == (asked.view.channel, asked.request.person)
        and row.entry.alerts is None
        and row.state not in {State.EXPIRED, State.SCHEDULE_GONE}
    ]
    return min(rows, key=lambda row: row.at is None, default=None)


async def help_words(asked: ChatVisit) -> ChatAnswer:
    return asked.say("chat.help")


def _lines(asked: ChatVisit, lines: list[str], more: int = 0) -> str:
    return "\n".join([*lines, *([asked.w.more(more)] if more > 0 else [])])


Command = Callable[[ChatVisit], Awaitable[ChatAnswer]]
COMMANDS: Mapping[str, Command] = {
    "run": run,
    "next": upcoming,
    "why": why,
    "subscribe": subscribe,
    "unsubscribe": unsubscribe,
    "alerts": firing,
    "help": help_words,
    "": help_words,
}
