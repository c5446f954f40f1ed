"""A stand-in for a mail server. It accepts every message, byte for byte, unless a fault is armed.

Reply codes are those of RFC 5321 and RFC 3463.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime

from aiosmtpd.smtp import SMTP, Envelope, Session

from worker.sandbox.outbox import Outbox

SIZE = 32 * 1024 * 1024
REPLIES = {
    421: "421 4.3.2 Service shutting down",
    450: "450 4.2.0 Greylisted, try again later",
    452: "452 4.2.2 Mailbox full for now",
    550: "550 5.1.1 No such user here",
    552: "552 5.3.4 Message too big for this recipient",
    554: "554 5.7.1 Refused by policy",
}


class MailFaults:
    """Each fault is armed for `times` times. Codes are those of REPLIES."""

    def __init__(self) -> None:
        self.recipients: dict[str, deque[int]] = {}
        self.at_mail: deque[int] = deque()
        self.at_data: deque[int] = deque()
        self.drops = 0
        self.drops_to: Counter[str] = Counter()
        self.slow: deque[float] = deque()

    def refuse(self, recipient: str, code: int, times: int = 1) -> None:
        """Answers RCPT for that address with this code."""
        self.recipients.setdefault(recipient.lower(), deque()).extend([code] * times)

    def busy(self, code: int = 421, times: int = 1) -> None:
        """Answers MAIL with this code. 421 also ends the session."""
        self.at_mail.extend([code] * times)

    def refuse_data(self, code: int, times: int = 1) -> None:
        """Answers the message itself with this code. The message is not stored."""
        self.at_data.extend([code] * times)

    def drop(self, times: int = 1, *, to: str = "") -> None:
        """Accepts and stores the message, then closes the connection before it replies. `to`: only for this
        recipient.
        """
        if to:
            self.drops_to[to.lower()] += times
        else:
            self.drops += times

    def delay(self, seconds: float, times: int = 1) -> None:
        """The reply to the message comes later by this time."""
        self.slow.extend([seconds] * times)

    def clear(self) -> None:
        self.recipients.clear()
        self.at_mail.clear()
        self.at_data.clear()
        self.slow.clear()
        self.drops = 0
        self.drops_to.clear()


class _Session(SMTP):
    """Registers each connection with its server, so that closing the server leaves none open."""

    def __init__(self, owner: "MailCatcher") -> None:
        super().__init__(
            owner,
            hostname="sandbox.localhost",  # otherwise aiosmtpd asks the resolver, which may take seconds
            ident="Funnelbeat sandbox",
            data_size_limit=SIZE,
            enable_SMTPUTF8=True,
        )
        self._owner = owner

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._owner.joined(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport is not None:
            self._owner.left(self.transport)
        super().connection_lost(error)


class MailCatcher:
    """aiosmtpd's handler and its listening socket. `sessions` counts connections that sent HELO or EHLO."""

    def __init__(self, outbox: Outbox, now: Callable[[], datetime], port: int = 0) -> None:
        self.faults = MailFaults()
        self._transports: set[asyncio.BaseTransport] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._outbox = outbox
        self._now = now
        self._server: asyncio.Server | None = None
        self.port = port

    async def start(self) -> None:
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # a fault asked for this dropped connection
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Session(self), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for transport in list(self._transports):
            _abort(transport)
        await self._server.wait_closed()
        await self._empty.wait()

    def joined(self, transport: asyncio.BaseTransport) -> None:
        self._transports.add(transport)
        self._empty.clear()

    def left(self, transport: asyncio.BaseTransport) -> None:
        self._transports.discard(transport)
        if not self._transports:
            self._empty.set()

    async def handle_EHLO(  # noqa: N802  # aiosmtpd's name and shape
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offers PIPELINING, as most servers do. aiosmtpd takes commands that come together, and does not say so."""
        _ = server, envelope
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        _ = session
        if self.faults.at_mail:
            code = self.faults.at_mail.popleft()
            if code == 421:
                asyncio.get_running_loop().call_later(0.05, _hang_up, server)
            return REPLIES[code]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        _ = server, session, options
        armed = self.faults.recipients.get(address.lower())
        if armed:
            return REPLIES[armed.popleft()]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        _ = session
        if self.faults.at_data:
            return REPLIES[self.faults.at_data.popleft()]
        item = self._outbox.keep(
            "eml",
            envelope.rcpt_tos[0],
            envelope.original_content or b"",
            self._now(),
            {"from": envelope.mail_from or "", "to": ", ".join(envelope.rcpt_tos)},
        )
        if self._drops(envelope.rcpt_tos[0].lower()):
            _hang_up(server)
        elif self.faults.slow:
            await asyncio.sleep(self.faults.slow.popleft())
        return f"250 2.0.0 OK: queued as {item.sha256[:12]}"

    def _drops(self, recipient: str) -> bool:
        """Whether this message's session ends before its reply. The fault's counter is decreased."""
        if self.faults.drops_to[recipient]:
            self.faults.drops_to[recipient] -= 1
            return True
        if self.faults.drops:
            self.faults.drops -= 1
            return True
        return False


def _hang_up(server: SMTP) -> None:
    if server.transport is not None:
        _abort(server.transport)


def _abort(transport: asyncio.BaseTransport) -> None:
    """Closes immediately, without sending what is still in the buffer."""
    if isinstance(transport, asyncio.Transport):
        transport.abort()
