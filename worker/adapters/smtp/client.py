"""SMTP by aiosmtplib with a few reused connections. Mail is never sent in clear, except to this machine on request.

aiosmtplib's own STARTTLS is opportunistic: if the offer is stripped, it sends clear text. So connecting, TLS and login
are three separate steps here. Each failure names its step and whether the message may have been accepted.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence

from aiosmtplib import SMTP, SMTPException

from worker.adapters.oauth_tokens import OAuthTokens
from worker.adapters.smtp.connection_limit import ConnectionLimit
from worker.adapters.smtp.copies_left import CopiesLeft
from worker.adapters.smtp.failure import MailFailure, failure_of
from worker.adapters.smtp.in_turn import CommandsInTurn
from worker.adapters.smtp.oauth_login import REFUSED, access_token, log_in_with
from worker.adapters.smtp.pipelined import CommandsTogether
from worker.adapters.smtp.server import SmtpServer
from worker.adapters.smtp.transaction import Mail, MailConnection, SentMail
from worker.adapters.smtp.waits import Waits
from worker.adapters.tls import tls_context
from worker.redact import redact

WAITS = Waits()


class Mailer:
    """Sends to one server over at most `limit` connections of one event loop. `hello`: the name of
    this host (EHLO), by default the system's name for it. `tokens`: to log in with one, instead of the password.
    """

    def __init__(
        self,
        server: SmtpServer,
        password: str = "",
        *,
        limit: ConnectionLimit | None = None,
        waits: Waits = WAITS,
        hello: str | None = None,
        tls: ssl.SSLContext | None = None,
        tokens: OAuthTokens | None = None,
    ) -> None:
        self._server = server
        self._password = password
        self._tokens = tokens
        self._waits = waits
        self._tls = tls
        self._hello = hello
        self._limit = limit or ConnectionLimit()
        self._idle: list[MailConnection] = []
        self._closed = False
        # What a server says to a kept connection that it has done with; with a token, also once the token has ended.
        self._done_with = {0, 421} if tokens is None else {0, 421, 530, REFUSED}

    @property
    def _secrets(self) -> tuple[str, ...]:
        return (self._password, *(self._tokens.secrets if self._tokens is not None else ()))

    async def send(
        self, sender: str, recipient: str, message: bytes, *, copies: Sequence[str] = (), smtputf8: bool = False
    ) -> SentMail:
        """Sends one message to one recipient, and to those of `copies` that the server takes, in one transaction, once.
        A refusal of the recipient ends it: then nobody gets anything.

        A kept connection that the server has closed is replaced once, as long as nothing of this message was sent. A
        server that ends the connection over copies, or gives no reply about one, is asked again without them: many have
        a limit of refusals (Postfix: https://www.postfix.org/postconf.5.html#smtpd_hard_error_limit), and would never
        take the message otherwise. Raises MailFailure, with every copy that any of the connections heard refused.
        """
        left, opening = CopiesLeft(copies), asyncio.timeout(self._waits.opening)

        def begun() -> None:
            if opening.expired():  # Python 3.11 may end a wait with a reply although it was cancelled
                raise self._too_slow()
            opening.reschedule(None)

        try:
            async with opening, self._limit.one():
                while True:
                    mail = Mail(sender, (recipient, *left.copies), message, smtputf8)
                    try:
                        sent = await self._by(None if left.failed else self._kept(), mail, begun)
                        return SentMail(sent.text, left.and_refused(sent.refused))
                    except MailFailure as failure:
                        before = left.and_refused(failure.refused)
                        if not left.may_go_on(failure):
                            failure.refused = before
                            raise
        except TimeoutError:
            late = self._too_slow()
            late.refused = left.and_refused(())
            raise late from None

    def _kept(self) -> MailConnection | None:
        return self._idle.pop() if self._idle else None

    def _too_slow(self) -> MailFailure:
        problem = f"the server did not ask for the message within {self._waits.opening:.0f} seconds"
        return MailFailure("rcpt", problem, silent=True)

    async def _by(self, kept: MailConnection | None, mail: Mail, begun: Callable[[], None]) -> SentMail:
        """Over a kept connection, if there is one and the server has not done with it."""
        if kept is not None:
            try:
                return await self._over(kept, mail, begun)
            except MailFailure as failure:
                if failure.phase != "mail" or failure.code not in self._done_with:
                    raise
        return await self._over(await self._connect(), mail, begun)

    async def check(self) -> str:
        """Connects, secures the connection, logs in and sends NOOP. Returns the server's reply. Raises MailFailure."""
        async with self._limit.one():
            connection = await self._connect()
            try:
                told = await connection.noop()
            except (SMTPException, OSError) as error:
                connection.close()
                raise failure_of("connect", error, self._secrets) from None
            self._idle.append(connection)
            return redact(told, self._secrets, 80)

    async def _over(self, connection: MailConnection, mail: Mail, begun: Callable[[], None]) -> SentMail:
        """Reuses the connection only if it is in a known state, and otherwise closes it."""
        usable = False
        try:
            sent = await connection.transaction(mail, begun)
            usable = True
        except MailFailure as failure:
            usable = failure.code not in {0, 421} and await connection.reset()
            raise
        finally:
            if usable and not self._closed:
                self._idle.append(connection)
            else:
                connection.close()
        return sent

    async def _connect(self) -> MailConnection:
        """A token may be withdrawn before its time, so one that the server refuses is renewed, once."""
        if self._tokens is None:
            return await self._connected()
        token = await access_token(self._tokens)
        try:
            return await self._connected(token)
        except MailFailure as failure:
            if failure.phase != "auth" or failure.code != REFUSED:
                raise
        return await self._connected(await access_token(self._tokens, refused=token))

    async def _connected(self, token: str = "") -> MailConnection:
        server = self._server
        smtp = SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=self._hello,
            use_tls=server.tls == "implicit",
            start_tls=False,
            tls_context=(self._tls or tls_context()) if server.tls != "never" else None,
            timeout=self._waits.reply,
        )
        phase = "connect"
        try:
            await smtp.connect()
            if server.tls == "starttls":
                phase = "tls"
                await smtp.starttls(tls_context=self._tls or tls_context())
            if token:
                phase = "auth"
                await log_in_with(smtp, server.user, token, server.host, server.port)
            elif server.user:
                phase = "auth"
                await smtp.login(server.user, self._password)
            await smtp.ehlo()
        except (SMTPException, OSError) as error:
            smtp.close()
            raise failure_of(phase, error, self._secrets, host=server.host) from None
        except BaseException:
            smtp.close()
            raise
        if smtp.supports_extension("pipelining"):
            return CommandsTogether(smtp, self._secrets, self._waits)
        return CommandsInTurn(smtp, self._secrets, self._waits)

    async def aclose(self) -> None:
        """Quits the kept connections. Errors of a server that is gone are ignored. A mail on its way goes on, because
        nobody would know whether it arrived; its connection is not kept.
        """
        self._closed = True
        while self._idle:
            connection = self._idle.pop()
            try:
                await connection.quit()
            except (SMTPException, OSError):
                connection.close()
        if self._tokens is not None:
            await self._tokens.aclose()
