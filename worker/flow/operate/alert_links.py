"""What a reader sees and does with the link in a message about alerts: only the alerts that were sent to this
reader.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from worker.domain.access import Actor, Door
from worker.domain.alert.alerts_page import AlertsPage
from worker.domain.alert.listed import ListedAlert
from worker.domain.alert.state import Phase
from worker.domain.delivery import plain_id
from worker.domain.links import Purpose
from worker.domain.schedule import Bundle, Subscription
from worker.domain.subscription import is_shared, live_records
from worker.errors import NotFound, RequestError
from worker.flow.alert.acts import ActUses, acknowledge, snooze
from worker.flow.alert.current import current
from worker.flow.deployed import bundle_of
from worker.flow.run.readers import entries, entry_of
from worker.flow.uses import UsesLinks, UsesSubscriptions

SNOOZE = timedelta(days=7)


class AlertLinkUses(ActUses, UsesLinks, UsesSubscriptions, Protocol): ...


async def alerts_page(uses: AlertLinkUses, token: str) -> AlertsPage | None:
    """None for a token that was not signed for this or has expired, for an address that several people read, and for a
    schedule that is gone. Nothing changes.
    """
    link = uses.links.read(token)
    if link is None or link.purpose is not Purpose.ALERTS:
        return None
    deployed, now = await uses.deployments.deployed(), await uses.clock.now()
    if deployed is None or (link.expires is not None and link.expires <= now):
        return None
    bundle = await bundle_of(uses.deployments, deployed.bundle)
    name = await uses.subscriptions.current(link.reader.schedule)
    if name not in bundle.schedules or is_shared(bundle, link.reader.address):
        return None
    try:
        rows = await current(uses, name) if bundle.schedules[name].alerts else ()
    except NotFound:  # a deployment meanwhile removed the schedule
        return None
    known = tuple(row for row in rows if row.state.phase is Phase.FIRING and _read_by(row, link.reader.id))
    entry = await _entry(uses, bundle, name, link.reader.id)
    return AlertsPage(link, now, bundle.defaults, bundle.schedules[name].name, entry, known)


def _read_by(row: ListedAlert, reader_id: str) -> bool:
    return any(plain_id(one) == reader_id for one in row.state.readers)


async def _entry(uses: AlertLinkUses, bundle: Bundle, schedule: str, reader_id: str) -> Subscription | None:
    records, now = await uses.subscriptions.records(schedule), await uses.clock.now()
    made = {
        reader.id: entry for reader, entry in live_records(records, bundle, bundle.schedules[schedule], now).items()
    }
    return entry_of(uses.connectors, bundle, {**made, **entries(bundle.schedules[schedule])}, reader_id)


class AlertAnswer(StrEnum):
    """The result of a reader's answer."""

    DONE = "done"
    NOTHING = "nothing"  # it was done before, or nothing was asked
    OVER = "over"  # the alert fires no more, or the reader was not told of it


async def answer_alert(uses: AlertLinkUses, page: AlertsPage, fingerprint: str, act: str) -> AlertAnswer:
    """Acknowledges ("ack") or snoozes ("snooze") one of the page's alerts; twice is the same as once. A run may end the
    alert at any moment.
    """
    row = next((one for one in page.alerts if one.fingerprint == fingerprint), None)
    reader = page.link.reader
    actor = Actor(Door.LINK, reader.address, frozenset(), reader.address)
    if not fingerprint or act not in {"ack", "snooze"}:
        return AlertAnswer.NOTHING
    if row is None:
        return AlertAnswer.OVER
    if (row.ack if act == "ack" else row.quiet) is not None:
        return AlertAnswer.NOTHING
    try:
        if act == "ack":
            await acknowledge(uses, actor, fingerprint)
        else:
            await snooze(uses, actor, fingerprint, (page.now + SNOOZE).replace(microsecond=0))
    except RequestError:
        return AlertAnswer.OVER
    return AlertAnswer.DONE
