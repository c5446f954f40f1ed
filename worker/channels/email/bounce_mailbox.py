"""The mailbox for bounces, and for mails with which readers unsubscribe (RFC 2369).

Anybody can write to it. A report is accepted only with the identity of a message, and a mail to unsubscribe only with
the token that was signed for one reader. No mail is ever answered, so that no loop can begin.
"""

import re
import time
from collections.abc import Callable, Sequence
from email import policy
from email.parser import BytesHeaderParser

from worker.adapters.imap_mailbox import ImapMailbox, StoredMail
from worker.channels.email.bounce import UNREADABLE, bounce_report
from worker.ports.bounces import MailboxPage, Mark, ReturnedMail

WORD = "unsubscribe"
LONGEST_SUBJECT = 4000
PAGE_TIME = 60.0
"""Seconds. The lease for reading a mailbox lasts five minutes from one page to the next."""

_HEADERS = BytesHeaderParser(policy=policy.default)
_ASKED = re.compile(rf"\b{WORD}\s+(?P<token>[\w.\s-]+)", re.IGNORECASE | re.ASCII)


class EmailBounceMailbox:
    """Implements worker.ports.bounces.BounceMailbox."""

    def __init__(self, mailbox: ImapMailbox, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._mailbox = mailbox
        self._monotonic = monotonic

    async def page(self, after: Mark | None, limit: int) -> MailboxPage:
        """A page of a slow server ends after PAGE_TIME, so that it is processed while the lease lasts."""
        validity, numbers = await self._mailbox.numbers(after)
        mails, began = list[ReturnedMail](), self._monotonic()
        last = after.number if after is not None and after.validity == validity else 0
        for last in numbers[:limit]:
            mails += [returned_mail(mail) for mail in await self._mailbox.mails([last])]
            if self._monotonic() - began > PAGE_TIME:
                break
        return MailboxPage(tuple(mails), Mark(validity, last), more=any(number > last for number in numbers))

    async def mark_read(self, numbers: Sequence[int]) -> None:
        await self._mailbox.mark_read(numbers)

    async def check(self) -> str:
        count = await self._mailbox.count()
        return f"logged in; {count} {'mail is' if count == 1 else 'mails are'} there"

    async def aclose(self) -> None:
        await self._mailbox.aclose()


def returned_mail(mail: StoredMail) -> ReturnedMail:
    report = bounce_report(mail.raw)
    return ReturnedMail(mail.number, report, "" if report is not None else unsubscribe_token(mail.raw))


def unsubscribe_token(raw: bytes) -> str:
    """The token behind "unsubscribe" in the subject; empty if there is none. Mail clients fold and encode long
    subjects, so that the token may contain blanks here.
    """
    try:
        subject = str(_HEADERS.parsebytes(raw).get("Subject", ""))
    except UNREADABLE:
        return ""  # not a readable mail
    found = _ASKED.search(subject[:LONGEST_SUBJECT])
    return "".join(found["token"].split()) if found is not None else ""
