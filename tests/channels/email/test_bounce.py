"""Delivery status notifications. Those that a real Postfix writes are read in tests/mta/test_bounces.py."""

import pytest

from worker.channels.email.bounce import Bounce, bounce_report, parse_dsn
from worker.ports.bounces import BounceReport

REPORT = """From: MAILER-DAEMON@mx.initech.example
To: reports@acme.example
Message-ID: <of-the-report@mx.initech.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.initech.example

Original-Recipient: rfc822;ann@initech.example
Final-Recipient: rfc822; ann@initech.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <ann@initech.example>: User
    unknown

--b
Content-Type: message/rfc822

Message-ID: <0123abcd@acme.example>
Subject: Week

Hi
--b--
"""
FOUND = Bounce("ann@initech.example", "5.1.1", "550 5.1.1 <ann@initech.example>: User unknown", "0123abcd@acme.example")


def read(text: str) -> Bounce | None:
    return parse_dsn(text.encode())


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_bounce_says_who_why_and_which_mail(end: str) -> None:
    assert read(REPORT.replace("\n", end)) == FOUND


def test_the_headers_of_the_mail_are_enough() -> None:
    assert read(REPORT.replace("message/rfc822", "text/rfc822-headers")) == FOUND


def test_a_bounce_without_the_mail_has_no_identity() -> None:
    found = read(REPORT.partition("--b\nContent-Type: message/rfc822")[0] + "--b--\n")
    assert found is not None
    assert found.message_id == ""


@pytest.mark.parametrize(("old", "new"), [
    ("multipart/report", "multipart/mixed"),
    ("message/delivery-status", "text/plain"),
    ("Action: failed", "Action: delayed"),
    ("Action: failed", "Action: delivered"),
    ("Status: 5.1.1", "Status: 4.4.1"),
    ("Status: 5.1.1", "Status: five"),
    ("Status: 5.1.1\n", ""),
    ("Recipient: rfc822", "Nobody: rfc822"),
    ('boundary="b"', 'boundary="c"'),
    ('boundary="b"', ""),
])  # fmt: skip
def test_any_other_mail_is_none(old: str, new: str) -> None:
    assert read(REPORT.replace(old, new)) is None


@pytest.mark.parametrize("raw", [b"", b"\0\xff", b"Content-Type: multipart/report\n\n", b"Subject: hello\n\nhello"])
def test_what_is_hardly_a_mail_is_none(raw: bytes) -> None:
    assert parse_dsn(raw) is None


def test_words_of_a_server_are_cut_and_hold_no_control_characters() -> None:
    found = read(REPORT.replace("User\n", "\u202eUser\x1b[31m " + "x" * 900 + "\n"))
    assert found is not None
    assert len(found.diagnostic) <= 300
    assert found.diagnostic.isprintable()


@pytest.mark.parametrize(("status", "words", "dead"), [
    ("5.1.1", "550 5.1.1 User unknown", True),
    ("5.1.1", "550-5.1.1 User unknown", True),
    ("5.1.1", "550 User unknown", True),
    ("5.1.10", "550 5.1.10 Recipient not found", True),
    ("5.0.0", "550 spam", False),
    ("5.7.1", "554 5.7.1 Client host [192.0.2.7] blocked using zen.spamhaus.org", False),
    ("5.7.26", "550 5.7.26 Unauthenticated email", False),
    ("5.2.2", "552 5.2.2 Mailbox full", False),
    ("5.1.8", "550 5.1.8 Sender address rejected: Domain not found", False),
    ("5.4.0", "554 5.4.0 Error: too many hops", False),
])  # fmt: skip
def test_only_a_code_of_the_recipients_address_blames_the_address(status: str, words: str, dead: bool) -> None:
    text = REPORT.replace("Status: 5.1.1", f"Status: {status}")
    text = text.replace("550 5.1.1 <ann@initech.example>: User\n    unknown", words)
    told = words if status in words else f"{status} {words}"
    assert bounce_report(text.encode()) == BounceReport("0123abcd", "ann@initech.example", told, dead)


def test_a_mail_that_is_no_bounce_is_no_report() -> None:
    assert bounce_report(b"Subject: hello\n\nhello") is None
