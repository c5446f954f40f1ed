"""One IMAP mailbox over the standard library's client, read page by page. It is never read in clear, except on this
machine on request.

imaplib blocks, so each act runs in a thread, one after the other. A mail is read in part, so that no mail can take more
than LONGEST_READ bytes of memory: a report stands at the beginning, and the mail that came back behind it.
"""

import asyncio
import imaplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote

from worker.adapters.imap_login import LoginRefused, log_in, quoted, show_token
from worker.adapters.oauth_answer import TokenFailure
from worker.adapters.oauth_tokens import OAuthTokens
from worker.adapters.sasl_oauth import token_of
from worker.adapters.tls import tls_context
from worker.adapters.url import is_loopback, split
from worker.errors import MailboxError
from worker.ports.bounces import Mark
from worker.redact import redact
from worker.sanitize import clean

TIMEOUT = 30.0
"""Seconds for each answer of the server."""

LONGEST_READ = 256 * 1024
"""Bytes of one mail."""

_PORTS = {"imap": 143, "imaps": 993}
_EXPECTED = "expected imaps://user@host/INBOX"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ImapServer:
    """`tls`: "starttls" (required), "implicit", or "never" (loopback only). `folder`: such as INBOX."""

    host: str
    port: int
    user: str
    folder: str
    tls: str


def parse_imap_url(url: str) -> ImapServer:
    """`imaps://user@host/INBOX` or `imap://…` (STARTTLS), with `?tls=never` for loopback.

    Raises ValueError: what was found and what to write. The text never holds a password.
    """
    parts = split(url)
    user = unquote(parts.username or "")
    if parts.scheme not in _PORTS or not parts.hostname or not user:
        raise ValueError(_EXPECTED)
    if parts.password is not None:
        raise ValueError("found a password in the URL, expected it under password:")
    folder = unquote(parts.path.strip("/")) or "INBOX"
    if not (folder.isascii() and folder.isprintable()):
        raise ValueError("found a folder's name beyond ASCII, expected it as the server writes it (modified UTF-7)")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if set(query) - {"tls"} or query.get("tls", "never") != "never":
        raise ValueError("expected nothing behind the folder but ?tls=never")
    if query and parts.scheme == "imaps":
        raise ValueError("found imaps:// with ?tls=never, expected one of them")
    if query and not is_loopback(parts.hostname):
        raise ValueError(f"found ?tls=never for {clean(parts.hostname, 60)}, expected it for this machine only")
    tls = "implicit" if parts.scheme == "imaps" else "never" if query else "starttls"
    return ImapServer(parts.hostname, parts.port or _PORTS[parts.scheme], user, folder, tls)


@dataclass(frozen=True, slots=True)
class StoredMail:
    """The beginning of a mail, at most LONGEST_READ bytes."""

    number: int
    raw: bytes


class ImapMailbox:
    """Connects at the first act. One act at a time. `tokens`: to log in with one, instead of the password. Raises
    MailboxError, without a secret.
    """

    def __init__(  # facts about the server that only the caller knows
        self,
        server: ImapServer,
        password: str,
        *,
        timeout: float = TIMEOUT,
        tls: ssl.SSLContext | None = None,
        tokens: OAuthTokens | None = None,
    ) -> None:
        self._server = server
        self._password = password
        self._tokens = tokens
        self._timeout = timeout
        self._tls = tls
        self._client: imaplib.IMAP4 | None = None
        self._count = 0
        self._validity = 0

    async def numbers(self, after: Mark | None) -> tuple[int, list[int]]:
        """The validity of the numbering, and the numbers behind `after`, in order. Without a mark that holds: of the
        mails that nobody has read.
        """
        return await self._act("search", lambda client: self._numbers(client, after))

    async def mails(self, numbers: Sequence[int]) -> list[StoredMail]:
        """Those that are still there. They stay unread."""
        return await self._act("fetch", lambda client: _mails(client, numbers))

    async def mark_read(self, numbers: Sequence[int]) -> None:
        if numbers:
            await self._act("store", lambda client: _mark_read(client, numbers))

    async def count(self) -> int:
        """How many mails there were when the folder was opened."""
        return await self._act("select", lambda _client: self._count)

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await asyncio.to_thread(_log_out, client)
        if self._tokens is not None:
            await self._tokens.aclose()

    async def _act(self, step: str, act: Callable[[imaplib.IMAP4], T]) -> T:
        try:
            client = self._client or await self._logged_in()
            return await asyncio.to_thread(act, client)
        except TokenFailure as failure:
            words = failure.problem
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            secrets = (self._password, *(self._tokens.secrets if self._tokens is not None else ()))
            words = clean(redact(str(error), secrets), 300) or type(error).__name__
        raise MailboxError(f"mailbox {self._server.folder} at {self._server.host}: {step}: {words}")

    async def _logged_in(self) -> imaplib.IMAP4:
        """A token may be withdrawn before its time, so one that the server refuses is renewed, once."""
        if self._tokens is None:
            return await asyncio.to_thread(self._connected)
        token = await token_of(self._tokens)
        try:
            return await asyncio.to_thread(self._connected, token)
        except LoginRefused:
            return await asyncio.to_thread(self._connected, await token_of(self._tokens, refused=token))

    def _connected(self, token: str = "") -> imaplib.IMAP4:
        server, tls = self._server, self._tls or tls_context()
        if server.tls == "implicit":
            client: imaplib.IMAP4 = imaplib.IMAP4_SSL(server.host, server.port, ssl_context=tls, timeout=self._timeout)
        else:
            client = imaplib.IMAP4(server.host, server.port, timeout=self._timeout)
        try:
            if server.tls == "starttls":
                client.starttls(tls)
            if token:
                show_token(client, server.user, token, server.host, server.port)
            else:
                log_in(client, server.user, self._password)
            self._count = int(_one(_ok(client.select(quoted(server.folder)))) or 0)
            self._validity = int(_one(client.response("UIDVALIDITY")[1]) or 0)
        except BaseException:
            _close(client)
            raise
        self._client = client
        return client

    def _numbers(self, client: imaplib.IMAP4, after: Mark | None) -> tuple[int, list[int]]:
        held = after if after is not None and after.validity == self._validity else None
        # "9:*" names the last mail where there is no ninth, so that the numbers are compared too.
        found = _ok(client.uid("SEARCH", f"UID {held.number + 1}:*" if held is not None else "UNSEEN"))
        numbers = sorted(int(number) for line in found if line for number in line.split())
        return self._validity, [number for number in numbers if held is None or number > held.number]


def _mails(client: imaplib.IMAP4, numbers: Sequence[int]) -> list[StoredMail]:
    return [mail for number in numbers for mail in _mail(client, number)]


def _mail(client: imaplib.IMAP4, number: int) -> Iterator[StoredMail]:
    """One at a time, so that one page's mails are never in memory together."""
    for part in _ok(client.uid("FETCH", str(number), f"(BODY.PEEK[]<0.{LONGEST_READ}>)")):
        if isinstance(part, tuple):
            yield StoredMail(number, part[1][:LONGEST_READ])


def _mark_read(client: imaplib.IMAP4, numbers: Sequence[int]) -> None:
    _ok(client.uid("STORE", ",".join(map(str, numbers)), "+FLAGS.SILENT", r"(\Seen)"))


def _log_out(client: imaplib.IMAP4) -> None:
    """A server that is gone needs no logout."""
    try:
        client.logout()
    except (imaplib.IMAP4.error, OSError):
        _close(client)


def _close(client: imaplib.IMAP4) -> None:
    """After a handshake that failed, the socket is closed already."""
    with suppress(OSError):
        client.shutdown()


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    kind, data = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(b" ".join(one for one in data if isinstance(one, bytes)).decode("utf-8", "replace"))
    return data


def _one(data: list[Any] | None) -> bytes:
    return data[-1] if data and isinstance(data[-1], bytes) else b""
