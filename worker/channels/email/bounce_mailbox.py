"""The mailbox that bounces come to, and mails in it by which readers unsubscribe (RFC 2369).

Anybody can write to it. A report counts only with the identity of a message, and a mail to unsubscribe only with the
token that was signed for one reader. Nothing is ever answered, so that no loop can begin.
"""

import re
from collections.abc import Sequence
from email import policy
from email.parser import BytesHeaderParser

from worker.adapters.imap_mailbox import ImapMailbox, StoredMail
from worker.channels.email.bounce import UNREADABLE, bounce_report
from worker.ports.bounces import MailboxPage, Mark, ReturnedMail

WORD = "unsubscribe"
LONGEST_SUBJECT = 4000
_HEADERS = BytesHeaderParser(policy=policy.default)
_ASKED = re.compile(rf"\b{WORD}\s+(?P<token>[\w.\s-]+)", re.IGNORECASE | re.ASCII)


class EmailBounceMailbox:
    """Keeps worker.ports.bounces.BounceMailbox."""

    def __init__(self, mailbox: ImapMailbox) -> None:
        self._mailbox = mailbox

    async def page(self, after: Mark | None, limit: int) -> MailboxPage:
        validity, numbers = await self._mailbox.numbers(after)
        now, later = numbers[:limit], numbers[limit:]
        mails = [returned_mail(mail) for number in now for mail in await self._mailbox.mails([number])]
        known = after.number if after is not None and after.validity == validity else 0
        return MailboxPage(tuple(mails), Mark(validity, max([known, *now])), more=bool(later))

    async def mark_read(self, numbers: Sequence[int]) -> None:
        await self._mailbox.mark_read(numbers)

    async def check(self) -> str:
        return f"logged in; {await self._mailbox.count()} mail(s) are there"

    async def aclose(self) -> None:
        await self._mailbox.aclose()


def returned_mail(mail: StoredMail) -> ReturnedMail:
    report = bounce_report(mail.raw)
    return ReturnedMail(mail.number, report, "" if report is not None else unsubscribe_token(mail.raw))


def unsubscribe_token(raw: bytes) -> str:
    """The token behind "unsubscribe" in the subject; empty if there is none. Mail programs fold long subjects, and
    encode them in words; so the token may hold blanks here.
    """
    try:
        subject = str(_HEADERS.parsebytes(raw).get("Subject", ""))
    except UNREADABLE:
        return ""  # not a mail that anybody could read
    found = _ASKED.search(subject[:LONGEST_SUBJECT])
    return "".join(found["token"].split()) if found is not None else ""
