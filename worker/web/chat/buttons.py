"""What a click on a button does. The message then says who did it, in place of the buttons; a second click changes
nothing.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from worker.domain.access import TokenScope
from worker.domain.alert.listed import ListedAlert
from worker.domain.alert.state import Phase
from worker.errors import NotFound
from worker.flow.alert import acts as alert_acts
from worker.flow.alert.current import find_alert
from worker.flow.operate import acts
from worker.flow.operate.own_view import alert_reaches, known_entries
from worker.flow.operate.subscriptions import State, SubscriptionRow, listed, named
from worker.flow.run.readers import entry_of
from worker.ports.chat import PERSON, ChatAnswer
from worker.web.chat.visit import ChatRefused, ChatVisit

SNOOZE = timedelta(days=7)
MUTE = timedelta(days=28)


async def acknowledge(asked: ChatVisit) -> ChatAnswer:
    row, locale = await _alert(asked)
    if row.ack is not None:
        return _instead(asked, locale, "chat.acked", row.ack.at, by=row.ack.by)
    await alert_acts.acknowledge(asked.uses, asked.actor, row.fingerprint)
    return _instead(asked, locale, "chat.acked", asked.now)


async def snooze(asked: ChatVisit) -> ChatAnswer:
    row, locale = await _alert(asked)
    if row.quiet is not None and row.quiet.silence and row.quiet.until is not None:
        return _instead(asked, locale, "chat.snoozed", row.quiet.until, by=row.quiet.by)
    until = (asked.now + SNOOZE).replace(microsecond=0)
    await alert_acts.snooze(asked.uses, asked.actor, row.fingerprint, until)
    return _instead(asked, locale, "chat.snoozed", until)


async def _alert(asked: ChatVisit) -> tuple[ListedAlert, str]:
    """The alert, and the locale of its message. Raises ChatRefused for an alert that is over, and for a person who was
    not notified of it.
    """
    bundle = asked.view.bundle
    try:
        row = await find_alert(asked.uses, asked.request.argument)
        schedule = bundle.schedules[row.schedule]
    except (NotFound, KeyError):  # a deployment meanwhile may have renamed the schedule
        raise ChatRefused(asked.w.say("chat.over")) from None
    known = await known_entries(asked.uses, asked.view, schedule)
    if not alert_reaches(asked.uses, asked.view, known, row) and not asked.actor.may(TokenScope.MANAGE):
        raise ChatRefused(asked.w.say("chat.not_told"))
    if row.state.phase is not Phase.FIRING:
        raise ChatRefused(asked.w.say("chat.over"))
    told = (reader for reader in row.state.readers if asked.view.reaches(asked.uses.connectors, known, reader))
    entry = entry_of(asked.uses.connectors, bundle, known, next(told, ""))
    return row, entry.locale if entry is not None else bundle.defaults.locale


async def mute(asked: ChatVisit) -> ChatAnswer:
    """The digests of one reader: the person's own, or with the scope `manage` those of a conversation."""
    schedule, row = await _reader(asked)
    said = row.preference
    if row.state is State.PAUSED and said is not None and said.until is not None:
        return _instead(asked, row.entry.locale, "chat.muted", said.until, by=said.by)
    until = (asked.now + MUTE).replace(microsecond=0)
    await acts.pause_reader(asked.uses, asked.actor, schedule, row.reader.id, until)
    return _instead(asked, row.entry.locale, "chat.muted", until)


async def _reader(asked: ChatVisit) -> tuple[str, SubscriptionRow]:
    """Raises ChatRefused for a reader who no longer exists, and for a person who may not mute this one."""
    schedule, _, reader = asked.request.argument.partition(" ")
    try:
        row = named(await listed(asked.uses, schedule), schedule, reader)
    except NotFound:
        raise ChatRefused(asked.w.say("chat.gone")) from None
    own = (row.entry.channel, row.reader.address) == (asked.view.channel, asked.request.person)
    if not own and not asked.actor.may(TokenScope.MANAGE):
        raise ChatRefused(asked.w.say("chat.mute_room"))
    return schedule, row


def _instead(asked: ChatVisit, locale: str, key: str, at: datetime, by: str = "") -> ChatAnswer:
    """In the language of the message. `by`: who did it before."""
    w = asked.words(locale)
    return ChatAnswer(w.say(key, who=w.clean(by) or PERSON, date=w.stamp(at)), instead=True, who=asked.request.person)


BUTTONS: Mapping[str, Callable[[ChatVisit], Awaitable[ChatAnswer]]] = {
    "ack": acknowledge,
    "snooze": snooze,
    "mute": mute,
}
