"""Mails in the mailbox of bounces: reports, wishes to unsubscribe, and everything else that people and robots send."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.channels.email.test_bounce import REPORT
from tests.support.imap_server import PASSWORD, imap_server
from worker.adapters.imap_mailbox import LONGEST_READ, ImapMailbox, StoredMail, parse_imap_url
from worker.channels.email.bounce_mailbox import EmailBounceMailbox, returned_mail, unsubscribe_token
from worker.channels.email.channel import EMAIL
from worker.ports.bounces import MailboxPage, Mark, ReturnedMail
from worker.ports.tokens import Renewal

TOKEN = "d841c914." + "WyJ1IiwiZXUvd2Vla2x5IiwidGVhbSIsImFkYUBhY21lLmV4YW1wbGUiLG51bGxd" * 4 + ".s-i_g"
OPTIONS = {"url": "smtp://mx.acme.example", "from": "reports@acme.example"}
MAILBOX = {"bounces.mailbox": "imaps://bounces%40acme.example@mail.acme.example/INBOX"}


def asking(subject: str) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "ada@acme.example", "stop@acme.example", subject
    mail.set_content("")
    return mail.as_bytes()


@pytest.mark.parametrize("subject", [f"unsubscribe {TOKEN}", f"Re: Unsubscribe {TOKEN}", f"AW: UNSUBSCRIBE  {TOKEN} "])
def test_a_token_survives_what_mail_programs_do_to_a_long_subject(subject: str) -> None:
    """The standard library, like many programs, breaks it into encoded words."""
    assert unsubscribe_token(asking(subject)) == TOKEN


def test_a_token_that_was_folded_in_the_middle_is_read() -> None:
    folded = f"Subject: unsubscribe {TOKEN[:100]}\r\n {TOKEN[100:]}\r\n\r\n"
    assert unsubscribe_token(folded.encode()) == TOKEN


@pytest.mark.parametrize("raw", [
    b"", b"\0\xff\r\n\r\n", b"Subject: \r\n\r\n", b"Subject: I am on holiday\r\n\r\n", b"Subject: unsubscribe\r\n\r\n",
    b"Subject: =?utf-8?b?////?=\r\n\r\n", b"Subject: =?no-such-charset?q?unsubscribe?=\r\n\r\n",
    b"Subject: unsubscribe" + b" " * 100_000 + b"\r\n\r\n", b'From: "' + b"(" * 20_000 + b"\r\nSubject: x\r\n\r\n",
])  # fmt: skip
def test_other_mails_hold_no_token(raw: bytes) -> None:
    assert unsubscribe_token(raw) == ""


def test_a_report_is_read_although_the_mail_behind_it_is_cut() -> None:
    whole = REPORT.replace("Hi\n", "Hi\n" * 1_000_000).encode()
    found = returned_mail(StoredMail(3, whole[:LONGEST_READ]))
    assert found.report is not None
    assert (found.number, found.report.identity, found.token) == (3, "0123abcd", "")
    assert found.report.address_at_fault


@given(
    st.lists(st.tuples(st.integers(0, len(REPORT)), st.binary(max_size=12), st.integers(0, 40)), max_size=8),
    st.sampled_from([REPORT.encode(), asking(f"unsubscribe {TOKEN}")]),
)
def test_no_mail_stops_those_behind_it(changes: list[tuple[int, bytes, int]], raw: bytes) -> None:
    """Whatever a mail holds, it is a report, a wish to unsubscribe, or neither."""
    for at, new, length in changes:
        raw = raw[:at] + new + raw[at + length :]
    found = returned_mail(StoredMail(1, raw))
    assert found.report is None or not found.token


async def test_pages_follow_each_other_and_nothing_is_marked() -> None:
    async with imap_server() as room:
        for raw in (REPORT.encode(), asking(f"unsubscribe {TOKEN}"), b"Subject: hello\r\n\r\n"):
            room.add(raw)
        box = EmailBounceMailbox(ImapMailbox(parse_imap_url(room.url), PASSWORD))
        assert await box.check() == "logged in; 3 mails are there"
        first = await box.page(None, 2)
        assert (first.mark, first.more, first.mails[1]) == (Mark(7, 2), True, ReturnedMail(2, None, TOKEN))
        assert await box.page(first.mark, 2) == MailboxPage((ReturnedMail(3),), Mark(7, 3))
        assert await box.page(Mark(7, 3), 2) == MailboxPage((), Mark(7, 3))
        assert room.seen == []
        await box.aclose()


async def test_a_page_of_a_slow_server_is_short_and_the_next_goes_on_behind_it() -> None:
    now = iter(range(0, 10_000, 40))
    async with imap_server() as room:
        for number in range(1, 6):
            room.add(b"Subject: %d\r\n\r\n" % number)
        box = EmailBounceMailbox(ImapMailbox(parse_imap_url(room.url), PASSWORD), lambda: float(next(now)))
        pages = [await box.page(None, 50)]
        while pages[-1].more:
            pages.append(await box.page(pages[-1].mark, 50))
        assert [[mail.number for mail in page.mails] for page in pages] == [[1, 2], [3, 4], [5]]
        await box.aclose()


@pytest.mark.parametrize(("options", "path"), [
    ({"bounces.every": "5m"}, ("bounces",)),
    ({"bounces.mailbox": "pop3://ann@mail.acme.example"}, ("bounces", "mailbox")),
    (MAILBOX | {"bounces.every": "often"}, ("bounces", "every")),
    (MAILBOX | {"bounces.every": "0s"}, ("bounces", "every")),
    ({"bounces.secret": "${S}", "bounces.password": "${P}"}, ("bounces", "password")),
    (MAILBOX | {"bounces.secret_previous": "${S}"}, ("bounces", "secret_previous")),
    (MAILBOX | {"unsubscribe_mailbox": "nobody"}, ("unsubscribe_mailbox",)),
    (MAILBOX | {"unsubscribe_mailbox": "jörg@acme.example"}, ("unsubscribe_mailbox",)),
    ({"unsubscribe_mailbox": "stop@acme.example"}, ("unsubscribe_mailbox",)),
])  # fmt: skip
def test_options_that_cannot_work_are_refused(options: dict[str, str], path: tuple[str, ...]) -> None:
    assert path in [fault.path for fault in EMAIL.faults(OPTIONS | options)]
    assert all(fault.expected for fault in EMAIL.faults(OPTIONS | options))


def test_options_that_work() -> None:
    assert EMAIL.faults(OPTIONS | MAILBOX | {"unsubscribe_mailbox": "stop@acme.example"}) == ()
    assert EMAIL.faults(OPTIONS | {"bounces.secret": "${S}"}) == ()
    assert EMAIL.look_every(OPTIONS) is None
    assert EMAIL.look_every(OPTIONS | MAILBOX) == 300
    assert EMAIL.look_every(OPTIONS | MAILBOX | {"bounces.every": "1h"}) == 3600
    assert EMAIL.bounce_mailbox(OPTIONS, Renewal(dict), lambda: datetime.now(UTC)) is None
    assert EMAIL.bounce_webhook(OPTIONS) is None
