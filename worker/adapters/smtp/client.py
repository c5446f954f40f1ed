"""SMTP by aiosmtplib with a few reused connections. Mail is never sent in clear, except to this machine on request.

aiosmtplib's own STARTTLS is opportunistic: if the offer is stripped, it sends clear text. So connecting, TLS and login
are three separate steps here. Each failure names its step and whether the message may have been accepted.
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from aiosmtplib import SMTP, SMTPException, SMTPRecipientRefused

from worker.adapters.smtp.connection_limit import ConnectionLimit
from worker.adapters.smtp.failure import MailFailure, failure_of
from worker.adapters.tls import tls_context
from worker.adapters.url import is_loopback, split
from worker.redact import redact
from worker.sanitize import clean

TIMEOUT = 30.0
PATIENCE = 600.0
"""Seconds for the reply after the message's final dot. RFC 5321, 4.5.3.2.6 gives the server ten minutes. A worker gives
up earlier, when the delivery's lease ends.
"""

_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """`tls`: "starttls" (required), "implicit", or "never" (loopback only)."""

    host: str
    port: int
    user: str
    tls: str


def parse_url(url: str) -> SmtpServer:
    """`smtp://user@host:587` or `smtps://…`, with `?tls=never` for loopback.

    Raises ValueError: what was found and what to write. The text never holds a password.
    """
    parts = split(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("expected smtp://user@host:587 or smtps://user@host:465")
    if parts.password is not None:
        raise ValueError("found a password in the URL, expected it under password:")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if set(query) - {"tls"} or query.get("tls", "never") != "never" or parts.path not in {"", "/"}:
        raise ValueError("expected nothing behind the port but ?tls=never")
    if query and parts.scheme == "smtps":
        raise ValueError("found smtps:// with ?tls=never, expected one of them")
    if query and not is_loopback(parts.hostname):
        raise ValueError(
            f"found ?tls=never for {clean(parts.hostname, 60)}, expected it for this machine (127.0.0.1) only"
        )
    tls = "implicit" if parts.scheme == "smtps" else "never" if query else "starttls"
    return SmtpServer(parts.hostname, parts.port or _PORTS[parts.scheme], unquote(parts.username or ""), tls)


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
        self._closed = False

    async def send(
        self, sender: str, recipient: str, message: bytes, *, copies: Sequence[str] = (), smtputf8: bool = False
    ) -> SentMail:
        """Sends one message to one recipient, and to those of `copies` that the server takes, in one transaction, once.
        A refusal of the recipient ends it: then nobody gets anything.

        A kept connection that the server has closed is replaced once, as long as nothing of this message was sent.
        Raises MailFailure.
        """
        mail = _Mail(sender, (recipient, *copies), message, smtputf8)
        async with self._limit.one():
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
            if usable and not self._closed:
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
        phase = "mail"
        try:
            await smtp.mail(mail.sender, options=options, encoding=encoding)
            phase = "rcpt"
            await smtp.rcpt(recipient, encoding=encoding)
            refused = [(copy, why) for copy in copies if (why := await self._refusal(smtp, copy, encoding))]
            phase = "data"
            said = (await smtp.data(mail.message, timeout=self._patience)).message
            return SentMail(redact(said, self._secrets), tuple(refused))
        except (SMTPException, OSError) as error:
            raise failure_of(phase, error, self._secrets) from None
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
        """Quits the kept connections. Errors of a server that is gone are ignored. A mail on its way goes on, because
        nobody would know whether it arrived; its connection is not kept.
        """
        self._closed = True
        while self._idle:
            smtp = self._idle.pop()
            try:
                await smtp.quit(timeout=1.0)
            except (SMTPException, OSError):
                smtp.close()
