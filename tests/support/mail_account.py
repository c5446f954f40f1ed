"""A mail account that is opened by a token: mail server, mailbox and token endpoint, in a thread of their own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass

from tests.support.imap_server import ImapRoom, imap_server
from tests.support.smtp_server import BearerLogins, MailRoom, mail_room
from tests.support.token_endpoint import TokenEndpoint, token_endpoint


@dataclass(frozen=True)
class MailAccount:
    endpoint: TokenEndpoint
    logins: BearerLogins
    mails: MailRoom
    mailbox: ImapRoom


@contextmanager
def mail_account() -> Iterator[MailAccount]:
    """For tests that run no loop. Its parts may be read and changed."""
    opened: list[MailAccount] = []
    ready, done = threading.Event(), threading.Event()

    async def serve() -> None:
        async with AsyncExitStack() as stack:
            endpoint = await stack.enter_async_context(token_endpoint())
            logins = BearerLogins(endpoint.valid)
            mails = await stack.enter_async_context(mail_room(bearer=logins))
            mailbox = await stack.enter_async_context(imap_server())
            mailbox.capabilities, mailbox.good = "IMAP4rev1 AUTH=XOAUTH2", endpoint.valid
            opened.append(MailAccount(endpoint, logins, mails, mailbox))
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield opened[0]
    finally:
        done.set()
        thread.join()
