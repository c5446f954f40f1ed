"""What a reader sees and does by the links in a message."""

from datetime import timedelta
from typing import Protocol

from worker.domain.links import Purpose
from worker.domain.reader_page import ALLOWED, PAUSES, Act, ReaderPage
from worker.domain.subscription import Choice, Origin, Preference, is_shared
from worker.errors import ClaimLost
from worker.flow.deployed import bundle_of
from worker.flow.run.readers import entries, entry_of, is_notice
from worker.flow.uses import UsesClock, UsesConnectors, UsesDeployments, UsesLinks, UsesSubscriptions

READER = "the reader"


class PageUses(UsesClock, UsesConnectors, UsesDeployments, UsesLinks, UsesSubscriptions, Protocol): ...


async def reader_page(uses: PageUses, token: str, purpose: Purpose) -> ReaderPage | None:
    """None for a token that was not signed for this purpose or has expired, for an address that several people read,
    and if nothing is deployed. Nothing changes.
    """
    link = uses.links.read(token)
    if link is None or link.purpose is not purpose:
        return None
    now = await uses.clock.now()
    if link.expires is not None and link.expires <= now:
        return None
    deployed = await uses.deployments.deployed()
    bundle = await bundle_of(uses.deployments, deployed.bundle) if deployed else None
    if bundle is None or is_shared(bundle, link.reader.address) or is_notice(link.reader.id):
        return None
    name = await uses.subscriptions.current(link.reader.schedule)
    schedule = bundle.schedules.get(name)
    if schedule is None:
        return ReaderPage(link, now, bundle.defaults)
    records = [one for one in await uses.subscriptions.records(name) if one.ended(now) is None]
    known = {**{one.reader.id: one.entry for one in records}, **entries(schedule)}
    entry = entry_of(uses.connectors, bundle, known, link.reader.id)
    said = (await uses.subscriptions.preferences(name)).get(link.reader.id)
    standing = said if said is not None and said.reason(now) is not None else None
    return ReaderPage(link, now, bundle.defaults, schedule, entry, standing)


async def act(uses: PageUses, page: ReaderPage, what: Act, pause: timedelta = PAUSES[0]) -> bool:
    """Does what the reader asked for; twice is the same as once. False if the link does not allow it, or if nothing
    sends to this reader.
    """
    if what not in ALLOWED[page.link.purpose] or page.schedule is None or page.entry is None:
        return False
    schedule, reader, said = page.schedule.id, page.link.reader.id, (Origin.LINK, READER, page.now)
    match what:
        case Act.STOP:
            await uses.subscriptions.prefer(schedule, reader, Preference(Choice.UNSUBSCRIBED, *said))
        case Act.START:
            await uses.subscriptions.clear(schedule, reader, Choice.UNSUBSCRIBED)
        case Act.RESUME:
            await uses.subscriptions.clear(schedule, reader, Choice.PAUSED)
        case Act.PAUSE:
            return await _pause(uses, schedule, reader, Preference(Choice.PAUSED, *said, page.now + pause))
    return True


async def _pause(uses: UsesSubscriptions, schedule: str, reader: str, pause: Preference) -> bool:
    """Whoever unsubscribed meanwhile stays unsubscribed."""
    try:
        await uses.subscriptions.prefer(schedule, reader, pause)
    except ClaimLost:
        return False
    return True
