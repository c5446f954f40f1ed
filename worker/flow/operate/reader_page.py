"""What a reader sees and does with the links in a message."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState, Reader
from worker.domain.links import Link, Purpose
from worker.domain.reader_page import ALLOWED, PAUSES, Act, PreferencesForm, ReaderPage, SameAddress, SendingTime
from worker.domain.schedule import Bundle, Schedule, Send, Subscription
from worker.domain.subscription import Choice, Origin, Preference, is_shared
from worker.errors import ClaimLost, RequestError
from worker.flow.deployed import bundle_of
from worker.flow.operate.reader_choices import choices_of
from worker.flow.operate.same_address import same_address
from worker.flow.run.copies import copy_readers
from worker.flow.run.readers import entries, entry_of, is_notice
from worker.flow.uses import (
    UsesClock,
    UsesConnectors,
    UsesDeployments,
    UsesEntryChecks,
    UsesLinks,
    UsesLookups,
    UsesRuns,
    UsesSubscriptions,
)
from worker.together import together

READER = "the reader"


LOCALES = ("en_GB", "de_DE")
"""In the languages that Funnelbeat ships. A project's own languages stand beside them."""

LOOKED_AT = (20, 500)
"""The newest runs in which the last digest that a reader was sent is looked for: a few, and if it is in none, more."""


class PageUses(
    UsesClock,
    UsesConnectors,
    UsesDeployments,
    UsesEntryChecks,
    UsesLinks,
    UsesLookups,
    UsesRuns,
    UsesSubscriptions,
    Protocol,
): ...


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
    bundle = await bundle_in_force(uses)
    if bundle is None or is_shared(bundle, link.reader.address) or is_notice(link.reader.id):
        return None
    name = await uses.subscriptions.current(link.reader.schedule)
    schedule = bundle.schedules.get(name)
    if schedule is None:
        return ReaderPage(link, now, bundle.defaults)
    link, entry = await _as_now(uses, bundle, schedule, link, now)
    said = (await uses.subscriptions.preferences(name)).get(link.reader.id)
    standing = said if said is not None and said.reason(now) is not None else None
    chosen = (await uses.subscriptions.choices(name)).get(link.reader.id)
    others = await _others(uses, bundle, link, name) if purpose is Purpose.PREFERENCES else ()
    locales = tuple(dict.fromkeys([*([entry.locale] if entry else []), *LOCALES, *bundle.languages]))
    outdated = entry is None and await _still_sent(uses, bundle, schedule, link)
    page = ReaderPage(link, now, bundle.defaults, schedule, entry, standing, chosen, others, locales, outdated=outdated)
    return replace(page, last_sent=await _last_sent(uses, page))


async def _as_now(
    uses: PageUses, bundle: Bundle, schedule: Schedule, link: Link, now: datetime
) -> tuple[Link, Subscription | None]:
    """The link with the id that its reader has now, and the reader's entry. Copies can only be stopped, not changed."""
    records = [one for one in await uses.subscriptions.records(schedule.id) if one.ended(now) is None]
    known = {**{one.reader.id: one.entry for one in records}, **entries(schedule)}
    entry = entry_of(uses.connectors, bundle, known, link.reader.id)
    if entry is not None:
        return link, entry
    if link.purpose is Purpose.UNSUBSCRIBE:
        known |= {copy.id: replace(one, address=copy.address) for copy, one in copy_readers(schedule).items()}
    name = (await uses.subscriptions.continued(schedule.id)).get(link.reader.id, link.reader.id)
    entry_id, _, address = name.partition("|")
    return replace(link, reader=Reader(schedule.id, entry_id, address)), known.get(name)


async def _still_sent(uses: PageUses, bundle: Bundle, schedule: Schedule, link: Link) -> bool:
    """Whether anything of the schedule comes to the reader's address."""
    alone = replace(bundle, schedules={schedule.id: schedule})
    return bool(await same_address(uses, alone, link.reader.address))


async def _last_sent(uses: PageUses, page: ReaderPage) -> datetime | None:
    """When the newest digest was sent. A baseline does not say it: it moves without a message if nothing changed, and
    somebody may reset it. A link to unsubscribe never expires and may be passed on, so its page does not show this.
    """
    if page.link.purpose is not Purpose.PREFERENCES or page.entry is None or page.schedule is None or page.alerts:
        return None
    sent = await sent_rows(uses, page, lambda row: row.state is DeliveryState.SENT, 1)
    return max((row.settled_at or row.key.run.slot for row in sent), default=None)


async def sent_rows(uses: PageUses, page: ReaderPage, fits: Callable[[Delivery], bool], enough: int) -> list[Delivery]:
    """The newest deliveries to the reader that fit, the newest first, also those under an earlier id. More runs are
    read if there are not enough.
    """
    schedule, reader, found = page.link.reader.schedule, page.link.reader.id, list[Delivery]()
    if page.schedule is not None:
        schedule = page.schedule.id
    ids = await uses.subscriptions.continued(schedule)
    names = [reader, *(old for old, now in ids.items() if now == reader)]
    for limit in LOOKED_AT:
        runs = await uses.lookups.runs(schedule, limit)
        rows = await together(uses.lookups.delivery(DeliveryKey(run.key, name)) for run in runs for name in names)
        found = [row for row in rows if row is not None and fits(row)]
        if len(found) >= enough or len(runs) < limit:
            break
    return found


async def bundle_in_force(uses: PageUses) -> Bundle | None:
    deployed = await uses.deployments.deployed()
    return await bundle_of(uses.deployments, deployed.bundle) if deployed else None


async def _others(uses: PageUses, bundle: Bundle, link: Link, schedule: str) -> tuple[SameAddress, ...]:
    """Their links end with the link that led here."""
    found = await same_address(uses, bundle, link.reader.address)
    own = link.reader.id
    return tuple(
        SameAddress(
            reader,
            sent.schedule.name,
            paused=sent.stops is not None,
            token="" if sent.copy else _token(uses, replace(link, reader=reader)),
            alerts=sent.schedule.only_alerts(sent.entry),
            when=SendingTime.of(sent.schedule, sent.entry),
        )
        for reader, sent in found.items()
        if (reader.schedule, reader.id) != (schedule, own)
    )


def _token(uses: UsesLinks, link: Link) -> str:
    return uses.links.sign(link, uses.links.key_id) if uses.links.key_id else ""


async def save(uses: PageUses, page: ReaderPage, form: PreferencesForm) -> ReaderPage:
    """Stores what the reader chose, and returns the page. If a choice is not possible, the page has the problem and
    nothing is stored. The condition of the definition still applies in addition to the reader's own.
    """
    bundle = await bundle_in_force(uses)
    if Act.SAVE not in ALLOWED[page.link.purpose] or bundle is None or page.schedule is None or page.entry is None:
        return page
    try:
        chosen = choices_of(uses, bundle, page.schedule, page.entry, page, form, READER)
    except RequestError as error:
        return replace(page, problem=str(error))
    await uses.subscriptions.choose(page.schedule.id, page.link.reader.id, chosen)
    if form.send in set(Send):
        await act(uses, page, Act.RESUME)
    pause = next((one for one in PAUSES if form.send == f"{Act.PAUSE}-{one.days}"), None)
    if pause is not None:
        await act(uses, page, Act.PAUSE, pause)
    return replace(page, choices=chosen if chosen.any else None, saved=True)


async def act(uses: PageUses, page: ReaderPage, what: Act, pause: timedelta = PAUSES[0]) -> bool:
    """Does what the reader requested with a button; a second request changes nothing more. False if the link does not
    allow it, or if nothing sends to this reader.
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
        case Act.STOP_ALL:
            everything = [(one.reader.schedule, one.reader.id) for one in page.others]
            await uses.subscriptions.stop_all([(schedule, reader), *everything], Preference(Choice.UNSUBSCRIBED, *said))
        case Act.SAVE | Act.TRY:
            return False
        case Act.PAUSE:
            return await _pause(uses, schedule, reader, Preference(Choice.PAUSED, *said, page.now + pause))
    return True


async def _pause(uses: UsesSubscriptions, schedule: str, reader: str, pause: Preference) -> bool:
    """A reader who unsubscribed meanwhile stays unsubscribed."""
    try:
        await uses.subscriptions.prefer(schedule, reader, pause)
    except ClaimLost:
        return False
    return True
