"""A mail server on loopback, by aiosmtpd, that refuses, breaks off or falls silent in any step on request."""

import asyncio
import base64
import re
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult

CERTIFICATE = Path(__file__).with_name("localhost.pem")
"""A key and a certificate for localhost that nobody trusts: made for these tests alone."""

BREAK = "break"
SILENCE = "silence"
LATE = "late"
POSTFIX = "postfix"
NEXT = "next"


@dataclass
class MailRoom:
    """`replies`: what to answer in a step ("mail", "rcpt", "data"), once each in order, then 250. BREAK drops the
    connection, SILENCE never answers, LATE answers 250 when `release` is set; a message that came whole was accepted in
    all three cases. In the step "content" BREAK drops the connection at the first bytes of a message, and SILENCE
    reads none of it. `begun`: messages whose first bytes were asked for.

    `dead`: addresses that are refused for good, and `refusals`: how often one was. `most_errors`: how many refusals one
    connection is given. Then the server says 421 and closes it, as Postfix does with `smtpd_hard_error_limit`: unasked
    (POSTFIX), in reply to the next command (NEXT), or without the 421 (BREAK). `ends_at`: addresses at which it ends
    each connection, with a 421, without one (BREAK), or by never answering again (SILENCE).
    """

    port: int = 0
    replies: dict[str, list[str]] = field(default_factory=dict)
    reached: asyncio.Event = field(default_factory=asyncio.Event)  # a step that never answers
    release: asyncio.Event = field(default_factory=asyncio.Event)
    begun: int = 0
    dead: set[str] = field(default_factory=set)
    refusals: int = 0
    most_errors: int = 0
    gives_up: str = POSTFIX
    ends_at: dict[str, str] = field(default_factory=dict)
    hello: list[str] = field(default_factory=list)  # what clients called themselves, by message
    accepted: list[tuple[str, str, bytes]] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)  # of each accepted message, all of them
    connections: int = 0
    open: list[asyncio.Transport] = field(default_factory=list)
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)

    def reply(self, step: str) -> str:
        queue = self.replies.get(step, [])
        return queue.pop(0) if queue else ""

    def drop_all(self) -> None:
        """What a server does with connections that were idle for too long."""
        for transport in self.open:
            if not transport.is_closing():  # Python 3.11.2 cannot abort what TLS has closed
                transport.abort()
        self.open.clear()


class _Handler:
    def __init__(self, room: MailRoom, pipelining: bool) -> None:
        self.room = room
        self.pipelining = pipelining

    async def handle_EHLO(  # noqa: N802  # the same
        self, _server: Any, session: Any, _envelope: Any, hostname: str, words: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*words[:-1], "250-PIPELINING", words[-1]] if self.pipelining else words

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802  # aiosmtpd's name
        self.room.hello.append(session.host_name)
        answer = await self._answer(server, "mail")
        if answer.startswith("250"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(self, server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802  # the same
        dead = address in self.room.dead
        self.room.refusals += dead
        ends = self.room.ends_at.get(address, "")
        if ends == BREAK:
            server.transport.abort()
        if ends in {BREAK, SILENCE}:
            self.room.reached.set()
            await asyncio.Event().wait()
        answer = ends or ("550 5.1.1 no such user" if dead else await self._answer(server, "rcpt"))
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # the same
        reply = self.room.replies.get("data", [""])[:1] or [""]
        if not reply[0] or reply[0] in {BREAK, SILENCE, LATE}:
            self.room.recipients.append(list(envelope.rcpt_tos))
            self.room.accepted.append((envelope.mail_from, envelope.rcpt_tos[0], envelope.original_content))
        answer = await self._answer(server, "data")
        return "250 2.0.0 queued as 4F1A7" if answer == "250 OK" else answer

    async def _answer(self, server: Any, step: str) -> str:
        reply = self.room.reply(step)
        if reply == BREAK:
            server.transport.abort()
        if reply in {BREAK, SILENCE}:
            self.room.reached.set()
            await asyncio.Event().wait()
        if reply == LATE:
            self.room.reached.set()
            await self.room.release.wait()
        return "250 OK" if reply in {"", LATE} else reply


@dataclass
class BearerLogins:
    """Logins by a token. `good`: the accepted ones, for `user`. `offered`: the mechanisms. `shown`: the token of each
    login, and `responses` all that came with it. `initial`: whether it came with the command. `dismissed`: how clients
    answered the challenge with the error. `replies`: what to answer instead, once each in order.
    """

    good: Callable[[str], bool]
    user: str = "reports@acme.example"
    offered: tuple[str, ...] = ("XOAUTH2",)
    shown: list[str] = field(default_factory=list)
    responses: list[bytes] = field(default_factory=list)
    dismissed: list[bytes] = field(default_factory=list)
    initial: list[bool] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)

    def not_offered(self) -> tuple[str, ...]:
        return tuple({"LOGIN", "PLAIN", "XOAUTH2", "OAUTHBEARER"} - set(self.offered))


class _BearerHandler(_Handler):
    def __init__(self, room: MailRoom, pipelining: bool, logins: BearerLogins) -> None:
        super().__init__(room, pipelining)
        self.logins = logins

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:  # noqa: N802  # aiosmtpd's name
        return await self._login(server, args, rb"user=(?P<user>[^\x01]*)\x01auth=Bearer (?P<token>[^\x01]*)\x01\x01")

    async def auth_OAUTHBEARER(self, server: Any, args: list[str]) -> AuthResult:  # noqa: N802  # the same
        named = rb"n,a=(?P<user>[^,]*),\x01host=localhost\x01port=\d+\x01auth=Bearer (?P<token>[^\x01]*)\x01\x01"
        return await self._login(server, args, named)

    async def _login(self, server: Any, args: list[str], form: bytes) -> AuthResult:
        self.logins.initial.append(len(args) == 2)
        response = base64.b64decode(args[1]) if len(args) == 2 else await server.challenge_auth("")
        self.logins.responses.append(response)
        found = re.fullmatch(form, response)
        assert found is not None, response
        self.logins.shown.append(found["token"].decode())
        if self.logins.replies:
            await server.push(self.logins.replies.pop(0))
            return AuthResult(success=False, handled=True)
        if found["user"].decode() == self.logins.user and self.logins.good(found["token"].decode()):
            return AuthResult(success=True)
        await server.push(b"334 " + base64.b64encode(b'{"status":"400","schemes":"Bearer","scope":"mail.all"}'))
        self.logins.dismissed.append((await server._reader.readline()).strip())  # it offers no other way
        await server.push(f"535 5.7.8 no: {found['token'].decode()}")
        return AuthResult(success=False, handled=True)


class _Server(SMTP):
    """One connection: counted, and cut or deaf within a message where the room's replies say so. A line may be as long
    as RFC 4954 (4) asks for a login.
    """

    line_length_limit = 12288
    cut = ""
    counted = False
    errors = 0

    @property
    def room(self) -> MailRoom:
        room: MailRoom = self.event_handler.room
        return room

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if not self.counted:  # STARTTLS makes the same connection a second time
            self.counted = True
            self.room.connections += 1
        self.room.open.append(transport)
        if self._handler_coroutine is not None:
            self.room.tasks.append(self._handler_coroutine)

    async def push(self, status: Any) -> None:
        if self._has_enough() and self.room.gives_up == NEXT:
            await self._give_up()
            return
        await super().push(status)
        self.errors += str(status)[:1] in "45"
        if self._has_enough() and self.room.gives_up != NEXT:
            await self._give_up()
        if status in self.room.ends_at.values() and self.transport is not None:
            self.transport.close()
        if str(status).startswith("354"):
            self.room.begun += 1
            self.cut = self.room.reply("content")

    def _has_enough(self) -> bool:
        return 0 < self.room.most_errors <= self.errors

    async def _give_up(self) -> None:
        if self.room.gives_up != BREAK:
            await super().push("421 4.7.0 mail.acme.example Error: too many errors")
        if self.transport is not None:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self.cut == BREAK:
            self.room.drop_all()
        elif self.cut != SILENCE:
            super().data_received(data)


def _authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.login == b"reports" and data.password == b"open sesame", handled=False)


def tls_of_server() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def tls_of_client() -> ssl.SSLContext:
    """Trusts the server above and nobody else."""
    return ssl.create_default_context(cafile=str(CERTIFICATE))


@asynccontextmanager
async def mail_room(
    *,
    starttls: bool = False,
    implicit: bool = False,
    login: bool = False,
    smtputf8: bool = True,
    pipelining: bool = True,
    bearer: BearerLogins | None = None,
) -> AsyncIterator[MailRoom]:
    """A server on an ephemeral port for the length of a test. `bearer`: it takes access tokens, and no password."""
    loop, room = asyncio.get_running_loop(), MailRoom()
    tls = tls_of_server() if starttls or implicit else None

    def protocol() -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # aiosmtpd's own, about a login without TLS
            return server_of()

    def server_of() -> SMTP:
        return _Server(
            _Handler(room, pipelining) if bearer is None else _BearerHandler(room, pipelining, bearer),
            enable_SMTPUTF8=smtputf8,
            tls_context=tls if starttls else None,
            require_starttls=starttls,
            authenticator=_authenticate if login else None,
            auth_exclude_mechanism=() if bearer is None else bearer.not_offered(),
            auth_required=login or bearer is not None,
            auth_require_tls=starttls,
            hostname="mail.acme.example",
            loop=loop,
        )

    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls if implicit else None)
    room.port = server.sockets[0].getsockname()[1]
    try:
        yield room
    finally:
        server.close()
        room.drop_all()
        for task in room.tasks:
            task.cancel()
        await asyncio.gather(*room.tasks, return_exceptions=True)
        await server.wait_closed()
