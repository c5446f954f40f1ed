"""The mailbox of bounces by an access token, over real sockets."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from tests.support.imap_server import PASSWORD, ImapRoom, imap_server
from tests.support.scripted_http import Said
from tests.support.smtp_server import BearerLogins, mail_room, tls_of_client
from tests.support.token_endpoint import CLIENT, PADDING, REFRESH, SECRET, TokenEndpoint, token_endpoint
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.connection import connect
from worker.adapters.redis_store.tokens import RedisTokens
from worker.channels.email.channel import EMAIL, open_email
from worker.errors import MailboxError
from worker.ports.bounces import BounceMailbox
from worker.ports.tokens import Renewal, TokenStore


def now() -> datetime:
    return datetime.now(UTC)


def options(endpoint: TokenEndpoint, room: ImapRoom, secret: str = SECRET) -> dict[str, str]:
    given = {"oauth.token_url": endpoint.url, "oauth.client_id": CLIENT, "oauth.client_secret": secret}
    return {"url": "smtp://r@mail.example", "from": "r@acme.example", "bounces.mailbox": room.url, **given}


@asynccontextmanager
async def both(
    capabilities: str = "IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2",
) -> AsyncIterator[tuple[TokenEndpoint, ImapRoom]]:
    async with token_endpoint() as endpoint, imap_server() as room:
        room.capabilities, room.good = capabilities, endpoint.valid
        yield endpoint, room


@asynccontextmanager
async def opened(given: dict[str, str], kept: TokenStore | None = None) -> AsyncIterator[BounceMailbox]:
    box = EMAIL.bounce_mailbox(given, Renewal(dict, kept), now)
    assert box is not None
    try:
        yield box
    finally:
        await box.aclose()


async def test_a_mailbox_without_a_password_is_read_with_a_token() -> None:
    async with both() as (endpoint, room):
        room.add(b"Subject: hello\r\n\r\n")
        endpoint.long = True
        async with opened(options(endpoint, room)) as box:
            assert [mail.number for mail in (await box.page(None, 5)).mails] == [1]
    assert room.shown == [f"user=bounces@acme.example\1auth=Bearer ya29.0{PADDING}\1\1"]


async def test_oauthbearer_where_the_server_offers_that_alone() -> None:
    async with both("IMAP4rev1 AUTH=OAUTHBEARER") as (endpoint, room), opened(options(endpoint, room)) as box:
        assert await box.check() == "logged in; 0 mails are there"
    port = room.port
    assert room.shown == [f"n,a=bounces@acme.example,\1host=127.0.0.1\1port={port}\1auth=Bearer ya29.0\1\1"]


async def test_a_password_of_its_own_stands_before_the_token() -> None:
    async with both() as (endpoint, room), opened({**options(endpoint, room), "bounces.password": PASSWORD}) as box:
        assert "logged in" in await box.check()
    assert (endpoint.forms, room.shown) == ([], [])


@pytest.mark.parametrize(("mechanism", "dismissal"), [("XOAUTH2", b""), ("OAUTHBEARER", base64.b64encode(b"\1"))])
async def test_a_token_that_was_withdrawn_is_renewed_once(mechanism: str, dismissal: bytes) -> None:
    refused = iter([True, False])
    async with both(f"IMAP4rev1 AUTH={mechanism}") as (endpoint, room), opened(options(endpoint, room)) as box:
        room.good = lambda token: not next(refused) and endpoint.valid(token)
        assert "logged in" in await box.check()
    assert room.dismissed == [dismissal]
    assert endpoint.granted == ["ya29.0", "ya29.1"]


async def test_a_token_that_is_refused_again_is_told_without_it() -> None:
    async with both() as (endpoint, room), opened(options(endpoint, room)) as box:
        room.good = None
        with pytest.raises(MailboxError) as told:
            await box.check()
    assert str(told.value) == (
        "mailbox INBOX at 127.0.0.1: select: [AUTHENTICATIONFAILED] no: *** (status 400, scope mail.all)"
    )
    assert len(endpoint.granted) == 2


async def test_every_other_fault_is_one_sentence() -> None:
    async with both("IMAP4rev1 AUTH=PLAIN") as (endpoint, room):
        async with opened(options(endpoint, room)) as box:
            with pytest.raises(MailboxError, match="neither XOAUTH2 nor OAUTHBEARER"):
                await box.check()
        async with opened(options(endpoint, room, "hush-hush")) as box:
            with pytest.raises(MailboxError, match=r"select: the token endpoint at .*: client_id or client_secret"):
                await box.check()
        endpoint.replies = [Said(b"", 500)]
        async with opened(options(endpoint, room)) as box:
            with pytest.raises(MailboxError, match=r"select: the token endpoint at .* \(500\)"):
                await box.check()


async def test_mails_and_mailbox_share_a_refresh_token_that_works_once(empty_redis: EmbeddedRedis) -> None:
    client = connect(empty_redis.url)
    kept = RedisTokens(client, "acme", "grant", base64.b64encode(b"k" * 32).decode())
    async with both() as (endpoint, room):
        endpoint.rotates = True
        logins = BearerLogins(endpoint.valid)
        async with mail_room(starttls=True, bearer=logins) as mails:
            url = f"smtp://reports%40acme.example@localhost:{mails.port}"
            given = {**options(endpoint, room), "url": url, "oauth.refresh_token": REFRESH}
            mail = open_email(given, Renewal(dict, kept), now, tls=tls_of_client())
            async with opened(given, kept) as box:
                for _ in range(2):
                    await mail.check(())
                    assert "logged in" in await box.check()
                    endpoint.good.clear()
                await mail.check(())
            await mail.aclose()
    await client.aclose()
    assert endpoint.granted == ["ya29.0", "ya29.1", "ya29.2"][: len(endpoint.granted)]
    assert len({form["refresh_token"] for form in endpoint.forms}) == len(endpoint.forms), "none was used twice"
