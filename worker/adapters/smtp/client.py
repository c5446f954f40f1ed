"""SMTP by aiosmtplib with a few reused connections. Mail is never sent in clear, except to this machine on request.

aiosmtplib's own STARTTLS is opportunistic: if the offer is stripped, it sends clear text. So connecting, TLS and login
are three separate steps here. Each failure names its step and whether the message may have been accepted.
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aiosmtplib import SMTP, SMTPException, SMTPRecipientRefused, SMTPResponseException

from worker.adapters.smtp.connection_limit import ConnectionLimit
from worker.adapters.smtp.failure import MailFailure, failure_of
from worker.adapters.smtp.server_url import SmtpServer
from worker.adapters.tls import tls_context
from worker.redact import redact

TIMEOUT = 30.0
PATIENCE = 600.0
"""Seconds for the reply after the message's final dot. RFC 5321, 4.5.3.2.6 gives the server ten minutes. A worker gives
up earlier, when the delivery's lease ends.
"""


@dataclass(frozen=True, slots=True)
class SentMail:
    """`text`: the server's reply (mostly a queue id), cut. `refused`: copies that it did not take, with its words."""

    text: str
    refused: tuple[tuple[str, MailFailure], ...] = ()


@dataclass(frozen=True, slots=True)
class _Mail:
    """What one transaction hands over. The first of `recipients` has to be taken."""

    sender: str
    recipients: tuple[str, ...]
    message: bytes
    smtputf8: bool


class Mailer:
    """Sends to one server over at most `limit` connections of one event loop. Times in seconds. `hello`: the name of
    this host (EHLO), by default the system's name for it.
    """

    def __init__(  # facts about the server that only the caller knows
        self,
        server: SmtpServer,
        password: str = "",
        *,
        limit: ConnectionLimit | None = None,
        timeout: float = TIMEOUT,
        patience: float = PATIENCE,
        hello: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._server = server
        self._password = password
        self._secrets = (password,)
        self._timeout = timeout
        self._patience = patience
        self._tls = tls
        self._hello = hello
        self._limit = limit or ConnectionLimit()
        self._idle: list[SMTP] = []

    async def send(
        self, sender: str, recipient: str, message: bytes, *, copies: Sequence[str] = (), smtputf8: bool = False
    ) -> SentMail:
        """Sends one message to one recipient, and to those of `copies` that the server takes, in one transaction, once.
        A refusal of the recipient ends it: then nobody gets anything.

        A kept connection that the server has closed is replaced once, as long as nothing of this message was sent. A
        server that ends the connection after it refused copies is asked again without them: many have a limit of
        refusals (Postfix: https://www.postfix.org/postconf.5.html#smtpd_hard_error_limit), and would never take the
        message otherwise. Each further connection has at least one copy less. Raises MailFailure.
        """
        mail, refused = _Mail(sender, (recipient, *copies), message, smtputf8), dict[str, MailFailure]()
        async with self._limit.one():
            while True:
                try:
                    sent = await (self._over(await self._connect(), mail) if refused else self._by_any(mail))
                except MailFailure as failure:
                    if not failure.hung_up or not failure.refused:
                        raise
                    refused |= dict(failure.refused)
                    mail = replace(mail, recipients=(recipient, *(one for one in copies if one not in refused)))
                else:
                    return SentMail(sent.text, (*refused.items(), *sent.refused))

    async def _by_any(self, mail: _Mail) -> SentMail:
        """Over a kept connection, if there is one."""
        if self._idle:
            try:
                return await self._over(self._idle.pop(), mail)
            except MailFailure as failure:
                if failure.phase != "mail" or failure.code not in {0, 421}:
                    raise
        return await self._over(await self._connect(), mail)

    async def check(self) -> str:
        """Connects, secures the connection, logs in and sends NOOP. Returns the server's reply. Raises MailFailure."""
        async with self._limit.one():
            smtp = await self._connect()
            try:
                told = (await smtp.noop()).message
            except (SMTPException, OSError) as error:
                smtp.close()
                raise failure_of("connect", error, self._secrets) from None
            self._idle.append(smtp)
            return redact(told, self._secrets, 80)

    async def _over(self, smtp: SMTP, mail: _Mail) -> SentMail:
        """Reuses the connection only if it is in a known state, and otherwise closes it."""
        usable = False
        try:
            sent = await self._transaction(smtp, mail)
            usable = True
        except MailFailure as failure:
            usable = failure.code not in {0, 421} and await self._reset(smtp)
            raise
        finally:
            if usable:
                self._idle.append(smtp)
            else:
                smtp.close()
        return sent

    async def _transaction(self, smtp: SMTP, mail: _Mail) -> SentMail:
        if mail.smtputf8 and not smtp.supports_extension("smtputf8"):
            phase = "rcpt" if mail.sender.isascii() else "mail"
            raise MailFailure(phase, "this server takes no addresses beyond ASCII (no SMTPUTF8)", code=553)
        options = ["SMTPUTF8"] if mail.smtputf8 else []
        if smtp.supports_extension("size"):
            options.append(f"SIZE={len(mail.message)}")
        encoding = "utf-8" if mail.smtputf8 else "ascii"
        recipient, *copies = mail.recipients
        phase, refused = "mail", list[tuple[str, MailFailure]]()
        try:
            await smtp.mail(mail.sender, options=options, encoding=encoding)
            phase = "rcpt"
            await smtp.rcpt(recipient, encoding=encoding)
            for copy in copies:
                if why := await self._refusal(smtp, copy, encoding):
                    refused.append((copy, why))
            if refused:
                await self._still_there(smtp)
            phase = "data"
            said = (await smtp.data(mail.message, timeout=self._patience)).message
            return SentMail(redact(said, self._secrets), tuple(refused))
        except (SMTPException, OSError) as error:
            failure = failure_of(phase, error, self._secrets)
            failure.refused = tuple(refused)
            raise failure from None
        except UnicodeError as error:  # from MAIL or RCPT: nothing of the message was sent
            raise MailFailure(phase, "this address cannot be written without SMTPUTF8", code=553) from error

    async def _refusal(self, smtp: SMTP, copy: str, encoding: str) -> MailFailure | None:
        """What the server says against one more recipient; None if it takes it. Raises for a connection that ends."""
        try:
            await smtp.rcpt(copy, encoding=encoding)
        except SMTPRecipientRefused as error:
            if error.code == 421:
                raise
            return failure_of("rcpt", error, self._secrets)
        return None

    async def _still_there(self, smtp: SMTP) -> None:
        """Asks a server that refused somebody. If it ends the connection over that, it does so here, where the message
        is surely not accepted, and not within DATA.
        """
        answer = await smtp.execute_command(b"NOOP")
        if answer.code == 421:
            raise SMTPResponseException(answer.code, answer.message)

    async def _reset(self, smtp: SMTP) -> bool:
        try:
            await smtp.rset()
        except (SMTPException, OSError):
            return False
        return True

    async def _connect(self) -> SMTP:
        server = self._server
        smtp = SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=self._hello,
            use_tls=server.tls == "implicit",
            start_tls=False,
            tls_context=(self._tls or tls_context()) if server.tls != "never" else None,
            timeout=self._timeout,
        )
        phase = "connect"
        try:
            await smtp.connect()
            if server.tls == "starttls":
                phase = "tls"
                await smtp.starttls(tls_context=self._tls or tls_context())
            if server.user:
                phase = "auth"
                await smtp.login(server.user, self._password)
            await smtp.ehlo()
        except (SMTPException, OSError) as error:
            smtp.close()
            raise failure_of(phase, error, self._secrets) from None
        except BaseException:
            smtp.close()
            raise
        return smtp

    async def aclose(self) -> None:
        """Quits the kept connections. Errors of a server that is gone are ignored."""
        while self._idle:
            smtp = self._idle.pop()
            try:
                await smtp.quit(timeout=1.0)
            except (SMTPException, OSError):
                smtp.close()
