"""Reads the mailbox in which a channel's bounces arrive: suspends dead addresses, and unsubscribes readers who ask for
it.

What a mail leads to is written first. Then the mail is marked as read, then the ledger notes how far it was read. A
process that is killed in between leaves mails to the next one, and dealing with a mail twice is the same as once.
"""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from worker.domain.events import MailboxRead, MailboxUnreadable
from worker.domain.links import Purpose
from worker.domain.reader_page import Act
from worker.domain.schedule import Bundle
from worker.errors import MailboxError, RequestError
from worker.flow.deployed import bundle_of
from worker.flow.operate.bounces import BouncesUses, Followed, suspend_bounced
from worker.flow.operate.reader_page import PageUses, act, reader_page
from worker.flow.uses import UsesMailboxes
from worker.ports.bounces import BounceMailbox, MailboxPage, MailboxTurn, ReturnedMail

PAGE = 50
"""Mails that are dealt with together: the ledger is searched once for all of them."""

PAGES = 20
"""Pages of one look, so that a flooded mailbox does not keep a worker."""


class MailFollowed(StrEnum):
    """The result of a mail that is not a report of a failure."""

    UNSUBSCRIBED = "unsubscribed"
    NO_LINK = "nothing: its token opens no link"
    NO_REPORT = "nothing: neither a report nor a wish to unsubscribe"


ACTED = frozenset({str(Followed.SUSPENDED), str(Followed.ALREADY), str(MailFollowed.UNSUBSCRIBED)})
"""Mails that had an effect are marked as read. All other mails are left for people."""


class ReadMailboxUses(BouncesUses, PageUses, UsesMailboxes, Protocol): ...


async def read_mailbox(uses: ReadMailboxUses, channel: str) -> Mapping[str, int] | None:
    """How many mails had which result. None if another process reads the mailbox, if the deployed channel has none, or
    if it cannot be read now, which a fact reports.
    """
    deployed = await uses.deployments.deployed()
    bundle = await bundle_of(uses.deployments, deployed.bundle) if deployed else None
    if bundle is None or channel not in bundle.channels:
        return None
    turn = await uses.mailboxes.take(channel)
    if turn is None:
        return None
    trouble, counts = "", Counter[str]()
    try:
        await _read(uses, bundle, channel, turn, counts)
    except (MailboxError, RequestError) as error:
        trouble = str(error)
        uses.events.emit(MailboxUnreadable(None, channel, trouble))
    await uses.mailboxes.leave(channel, turn, trouble)
    if counts:
        told = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
        uses.events.emit(MailboxRead(None, channel, counts.total(), told))
    return None if trouble else counts


async def _read(uses: ReadMailboxUses, bundle: Bundle, channel: str, turn: MailboxTurn, counts: Counter[str]) -> None:
    """Adds to `counts`, page by page."""
    mailbox = uses.connectors.bounce_mailbox(bundle, channel)
    if mailbox is None:
        return
    try:
        mark = turn.mark
        for _ in range(PAGES):
            page = await mailbox.page(mark, PAGE)
            counts += await _dealt_with(uses, mailbox, channel, turn, page)
            mark = page.mark
            if not page.more:
                return
    finally:
        await mailbox.aclose()


async def _dealt_with(
    uses: ReadMailboxUses, mailbox: BounceMailbox, channel: str, turn: MailboxTurn, page: MailboxPage
) -> Counter[str]:
    followed = await followed_by_mail(uses, page)
    await mailbox.mark_read([number for number, what in followed.items() if what in ACTED])
    counts = Counter(followed.values())
    await uses.mailboxes.read_to(channel, turn, page.mark, counts)
    return counts


async def followed_by_mail(uses: ReadMailboxUses, page: MailboxPage) -> Mapping[int, str]:
    """The result of each mail, by its number."""
    reported = [mail for mail in page.mails if mail.report is not None]
    results = await suspend_bounced(uses, [mail.report for mail in reported if mail.report is not None])
    followed = {mail.number: str(result.followed) for mail, result in zip(reported, results, strict=True)}
    others = [mail for mail in page.mails if mail.report is None]
    return {**followed, **{mail.number: str(await _unsubscribed(uses, mail)) for mail in others}}


async def _unsubscribed(uses: PageUses, mail: ReturnedMail) -> MailFollowed:
    if not mail.token:
        return MailFollowed.NO_REPORT
    page = await reader_page(uses, mail.token, Purpose.UNSUBSCRIBE)
    if page is None:
        return MailFollowed.NO_LINK
    return MailFollowed.UNSUBSCRIBED if await act(uses, page, Act.STOP) else MailFollowed.NO_LINK
