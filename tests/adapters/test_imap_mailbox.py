"""Reads a mailbox over a real socket: page by page, in part, encrypted, and with a sentence for each fault."""

import ssl

import pytest

from tests.support.imap_server import PASSWORD, ImapRoom, imap_server
from tests.support.smtp_server import CERTIFICATE
from worker.adapters.imap_mailbox import LONGEST_READ, ImapMailbox, ImapServer, parse_imap_url
from worker.errors import MailboxError
from worker.ports.bounces import Mark


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATE))


def opened(room: ImapRoom, password: str = PASSWORD, *, timeout: float = 30.0) -> ImapMailbox:
    return ImapMailbox(parse_imap_url(room.url), password, timeout=timeout)


async def test_it_begins_with_what_nobody_has_read_and_goes_on_behind_the_mark() -> None:
    async with imap_server() as room:
        for number in range(1, 4):
            room.add(b"%d" % number)
        room.mails[1].seen = True
        box = opened(room)
        assert await box.numbers(None) == (7, [2, 3])
        assert [mail.raw for mail in await box.mails([2, 3])] == [b"2", b"3"]
        assert room.seen == [1]
        await box.mark_read([2])
        assert room.seen == [1, 2]
        assert await box.numbers(Mark(7, 2)) == (7, [3])
        assert await box.numbers(Mark(7, 3)) == (7, [])
        assert await box.numbers(Mark(6, 3)) == (7, [3])
        assert await box.count() == 3
        await box.aclose()
        assert room.commands[-1] == "LOGOUT"


async def test_a_mail_is_read_in_part_and_one_that_is_gone_is_left_out() -> None:
    async with imap_server() as room:
        room.add(b"x" * 10_000_000)
        box = opened(room)
        (mail,) = await box.mails([1, 99])
        assert (len(mail.raw), room.sent) == (LONGEST_READ, LONGEST_READ)
        await box.aclose()


async def test_a_server_without_sasl_takes_a_login() -> None:
    async with imap_server() as room:
        room.capabilities = "IMAP4rev1"
        box = opened(room, "plain")
        assert await box.count() == 0
        await box.aclose()
        with pytest.raises(MailboxError, match="control character"):
            await opened(room, "a\r\nb").count()


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_the_connection_is_encrypted_and_the_certificate_is_checked(tls: str) -> None:
    async with imap_server(implicit=tls == "implicit", starttls=tls == "starttls") as room:
        server = ImapServer("localhost", room.port, "bounces@acme.example", "INBOX", tls)
        box = ImapMailbox(server, PASSWORD, tls=trusting())
        assert await box.count() == 0
        await box.aclose()
        with pytest.raises(MailboxError, match="CERTIFICATE_VERIFY_FAILED"):
            await ImapMailbox(server, PASSWORD).count()


async def test_a_server_that_offers_no_encryption_gets_no_password() -> None:
    async with imap_server() as room:
        server = ImapServer("127.0.0.1", room.port, "bounces@acme.example", "INBOX", "starttls")
        with pytest.raises(MailboxError, match="TLS not supported"):
            await ImapMailbox(server, PASSWORD).count()
        assert set(room.commands) <= {"CAPABILITY", "LOGOUT"}


@pytest.mark.parametrize(("step", "fault", "words"), [
    ("AUTHENTICATE", "no entry", "no entry"),
    ("SELECT", "no such mailbox", "no such mailbox"),
    ("SEARCH", "broken index", "broken index"),
    ("SEARCH", "break", "EOF"),
    ("SEARCH", "silence", "timed out"),
])  # fmt: skip
async def test_every_fault_is_one_sentence(step: str, fault: str, words: str) -> None:
    async with imap_server() as room:
        room.faults[step] = fault
        box = opened(room, timeout=0.5 if fault == "silence" else 30.0)
        with pytest.raises(MailboxError, match=f"mailbox INBOX at 127.0.0.1: search: .*{words}"):
            await box.numbers(None)
        await box.aclose()


async def test_a_server_that_repeats_the_password_is_not_quoted() -> None:
    async with imap_server() as room:
        with pytest.raises(MailboxError) as told:
            await opened(room, "secret-wrong").count()
        assert "secret-wrong" not in str(told.value)
        assert "***" in str(told.value)


async def test_nobody_listens() -> None:
    async with imap_server() as room:
        pass
    with pytest.raises(MailboxError, match="refused"):
        await opened(room).count()


@pytest.mark.parametrize(("url", "server"), [
    ("imaps://ann@mail.acme.example/INBOX", ImapServer("mail.acme.example", 993, "ann", "INBOX", "implicit")),
    ("imaps://ann%40acme.example@mx.example", ImapServer("mx.example", 993, "ann@acme.example", "INBOX", "implicit")),
    ("imap://ann@mail.acme.example/Old%2Fnew", ImapServer("mail.acme.example", 143, "ann", "Old/new", "starttls")),
    ("imap://ann@127.0.0.1:1143/INBOX?tls=never", ImapServer("127.0.0.1", 1143, "ann", "INBOX", "never")),
])  # fmt: skip
def test_urls(url: str, server: ImapServer) -> None:
    assert parse_imap_url(url) == server


@pytest.mark.parametrize(("url", "sentence"), [
    ("pop3://ann@mail.acme.example", "expected imaps://"),
    ("imaps://mail.acme.example/INBOX", "expected imaps://"),
    ("imaps://ann:secret@mail.acme.example/INBOX", "found a password in the URL"),
    ("imaps://ann@mail.acme.example/Rückläufer", "beyond ASCII"),
    ("imaps://ann@mail.acme.example/INBOX?tls=no", "expected nothing behind the folder"),
    ("imaps://ann@127.0.0.1/INBOX?tls=never", "expected one of them"),
    ("imap://ann@mail.acme.example/INBOX?tls=never", "for this machine only"),
])  # fmt: skip
def test_wrong_urls_get_a_sentence_without_the_password(url: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as told:
        parse_imap_url(url)
    assert "secret" not in str(told.value)
