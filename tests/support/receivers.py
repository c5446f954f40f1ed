"""Answers of receivers to one message, by outcome, for each protocol; and a channel that gets them."""

import asyncio
import errno
import io
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from tests.support.slack_server import Says, error, ok, posted, slack_server
from tests.support.smtp_server import BREAK, LATE, SILENCE, mail_room
from worker.adapters.smtp.waits import Waits
from worker.channels.apprise.channel import AppriseChannel
from worker.channels.console.channel import ConsoleChannel
from worker.channels.email.channel import open_email
from worker.channels.file.channel import FileChannel
from worker.channels.sandbox.channel import SandboxChannels
from worker.channels.slack.channel import SlackChannel
from worker.channels.slack.webhook import SlackWebhookChannel
from worker.channels.webhook.channel import open_webhook
from worker.ports import Channel

SECONDS = 0.3
"""How long a channel waits in the rows in which the receiver is silent."""

LONG = 20.0
HOOK = "veryverysecret"
SECRET = "whsec_" + "c2VjcmV0" * 5
CLIENTS = [f"worker.channels.{name}" for name in ("slack.api", "slack.webhook", "webhook.channel", "apprise.channel")]
SENDER = "Pipeline <reports@acme.example>"

MAIL: dict[str, list[tuple[str, str]]] = {
    "accepted": [("data", "")],
    "late": [("data", LATE)],
    "later": [
        ("mail", "451 4.3.0 try again"),
        ("rcpt", "450 4.2.0 greylisted"),
        ("rcpt", "552 5.2.2 mailbox full"),
        ("data", "421 4.7.0 too many"),
    ],
    "silent before": [("mail", SILENCE), ("rcpt", SILENCE)],
    "broken before": [("mail", BREAK), ("rcpt", BREAK)],
    "broken within": [("content", BREAK)],
    "silent within": [("content", SILENCE)],
    "silent after": [("data", SILENCE)],
    "broken after": [("data", BREAK)],
    "address refused": [("rcpt", "550 5.1.1 no such user"), ("rcpt", "553 5.1.3 bad mailbox")],
    "channel refused": [
        ("mail", "553 5.7.1 sender not owned by user"),
        ("rcpt", "554 5.7.1 Client host rejected: Access denied"),
    ],
    "message refused": [
        ("data", "554 5.6.0 malformed"),
        ("data", "550 5.7.26 unauthenticated mail"),
        ("mail", "552 5.3.4 message too big"),
    ],
}
"""Row → step and reply."""

TOKEN: dict[str, list[Says]] = {
    "accepted": [posted()],
    "late": [Says(posted().body, breaks="late")],
    "later": [error("service_unavailable"), Says(b"", 503), Says(b"", 429, {"retry-after": "30"})],
    "broken within": [Says(breaks="early")],
    "silent within": [Says(breaks="deaf")],
    "silent after": [Says(breaks="hang")],
    "broken after": [Says(breaks="reset"), Says(posted().body, breaks="half")],
    "unclear": [error("fatal_error"), Says(b"upstream", 502), ok(), Says(b"fine", 200)],
    "address refused": [error("channel_not_found"), error("is_archived")],
    "channel refused": [error("invalid_auth"), error("missing_scope")],
    "message refused": [
        error("no_text"),
        error("an_error_of_tomorrow"),
        Says(b"", 301, {"location": "https://x.example"}),
    ],
}

WEBHOOK: dict[str, list[Says]] = {
    "accepted": [Says(b"ok"), ok()],
    "late": [Says(b"ok", breaks="late")],
    "later": [Says(b"rate_limited", 429, {"retry-after": "30"})],
    "broken within": [Says(breaks="early")],
    "silent within": [Says(breaks="deaf")],
    "silent after": [Says(breaks="hang")],
    "broken after": [Says(breaks="reset"), Says(b"ok", breaks="half")],
    "unclear": [Says(b"rollup_error", 500), Says(b"later", 503), Says(b"fine, thank you", 200)],
    "channel refused": [Says(b"no_service", 404), Says(b"channel_is_archived", 410)],
    "message refused": [Says(b"invalid_payload", 400), Says(b"<html>gone</html>", 404)],
}

SIGNED: dict[str, list[Says]] = {
    "accepted": [Says(b"ok"), Says(b"", 202), Says(b"", 204)],
    "late": [Says(b"ok", breaks="late")],
    "later": [
        Says(b"", 429, {"retry-after": "30"}),
        Says(b"", 429),
        Says(b"later", 503),
        Says(b"", 500, {"retry-after": "5"}),
        Says(b"", 425),
    ],
    "broken within": [Says(breaks="early")],
    "silent within": [Says(breaks="deaf")],
    "silent after": [Says(breaks="hang")],
    "broken after": [Says(breaks="reset"), Says(b"ok", breaks="half")],
    "unclear": [Says(b"", 500), Says(b"upstream", 502), Says(b"", 504)],
    "channel refused": [Says(b"no more", 410)],
    "message refused": [
        Says(b"bad signature", 401),
        Says(b"", 404),
        Says(b"too large", 413),
        Says(b"", 308, {"location": "https://x.example"}),
    ],
}

APPRISED: dict[str, list[Says]] = {
    "accepted": [Says(b"ok"), Says(b"", 204)],
    "late": [Says(b"ok", breaks="late")],
    "broken within": [Says(breaks="early")],
    "silent within": [Says(breaks="deaf")],
    "silent after": [Says(breaks="hang")],
    "broken after": [Says(breaks="reset")],
    "unclear": [Says(b"", 400), Says(b"", 401), Says(b"", 410), Says(b"", 429), Says(b"", 500), Says(b"", 503)],
}
"""Apprise says yes or no, and a no proves nothing."""

FILED = {"accepted": [""], "later": ["full"], "broken after": ["unsynced"]}
PRINTED = {"accepted": [""], "broken after": ["closed"]}
"""Row → what is wrong with the disk, or with the stream."""

NOBODY = "nobody listens"


@dataclass(frozen=True)
class Receiver:
    """`channel` sends to it. `begun`: the number of messages of which a byte arrived. `waiting` ends when the channel
    waits for a late answer; `release` sends that answer.
    """

    channel: Channel[Any]
    begun: Callable[[], int]
    waiting: Callable[[], Awaitable[Any]]
    release: Callable[[], None]


def _email(port: int, seconds: float) -> Channel[Any]:
    options = {"url": f"smtp://127.0.0.1:{port}?tls=never", "from": SENDER}
    return open_email(options, waits=Waits(reply=seconds, message=seconds))


def _sandbox_mail(port: int, seconds: float) -> Channel[Any]:
    quick = partial(open_email, waits=Waits(reply=seconds, message=seconds))
    with patch("worker.channels.sandbox.channel.open_email", quick):
        return SandboxChannels({"smtp": f"smtp://127.0.0.1:{port}?tls=never"}).channel("mail")


def _by_token(origin: str) -> Channel[Any]:
    return SlackChannel("xoxb-1-secret", f"{origin}/api")


def _by_webhook(origin: str) -> Channel[Any]:
    return SlackWebhookChannel(f"{origin}/services/T0/B0/{HOOK}")


def _signed(origin: str) -> Channel[Any]:
    return open_webhook({"url": f"{origin}/{HOOK}", "secret": SECRET})


def _apprised(origin: str) -> Channel[Any]:
    url = f"{origin.replace('http://', 'json://')}/{HOOK}"
    return AppriseChannel(url, "text", 0)


def _sandbox_posts(origin: str) -> Channel[Any]:
    return SandboxChannels({"slack": f"{origin}/api"}).channel("slack")


BY_MAIL = {"email": _email, "sandbox mail": _sandbox_mail}
BY_POST = {
    "slack token": _by_token,
    "slack webhook": _by_webhook,
    "sandbox posts": _sandbox_posts,
    "webhook": _signed,
    "apprise": _apprised,
}
POSTS = {
    "slack token": TOKEN,
    "slack webhook": WEBHOOK,
    "sandbox posts": TOKEN,
    "webhook": SIGNED,
    "apprise": APPRISED,
}
LOCAL = {"file": FILED, "console": PRINTED}
HOOKED = frozenset({"slack webhook", "webhook", "apprise"})
"""Their receiver is one URL, so that no reader has an address."""

ADDRESSES = {
    **dict.fromkeys(BY_MAIL, "r@acme.example"),
    **dict.fromkeys((*BY_POST, *LOCAL), "C0123456789"),
}
ANSWERS: list[tuple[str, str, Any]] = [
    *((kind, row, one) for kind in BY_MAIL for row, answers in MAIL.items() for one in answers),
    *((kind, row, one) for kind in BY_POST for row, answers in POSTS[kind].items() for one in answers),
    *((kind, row, one) for kind, rows in LOCAL.items() for row, answers in rows.items() for one in answers),
    *((kind, NOBODY, None) for kind in (*BY_MAIL, *BY_POST, *LOCAL) if kind != "apprise"),
]
"""(channel, row, what its receiver answers)."""


@asynccontextmanager
async def receiver(kind: str, row: str, answer: Any) -> AsyncIterator[Receiver]:
    """Answers the next message with `answer`, and accepts every later one."""
    seconds = SECONDS if row.startswith("silent") else LONG
    made = _local(kind, answer) if kind in LOCAL else (_mail_room if kind in BY_MAIL else _http)(kind, answer, seconds)
    async with made as one:
        yield one
        await one.channel.aclose()


@asynccontextmanager
async def _mail_room(kind: str, answer: tuple[str, str] | None, seconds: float) -> AsyncIterator[Receiver]:
    async with mail_room() as room:
        if answer is not None:
            room.replies[answer[0]] = [answer[1]]
        channel = BY_MAIL[kind](_nobody() if answer is None else room.port, seconds)
        yield Receiver(channel, lambda: room.begun, room.reached.wait, room.release.set)


@asynccontextmanager
async def _http(kind: str, answer: Says | None, seconds: float) -> AsyncIterator[Receiver]:
    async with slack_server() as slack:
        if answer is not None:
            slack.on(HOOK if kind in HOOKED else "chat.postMessage", answer)
        with ExitStack() as patched:
            for client in CLIENTS:
                patched.enter_context(patch(f"{client}.PATIENCE", seconds))
            channel = BY_POST[kind](f"http://127.0.0.1:{_nobody()}" if answer is None else slack.origin)
        yield Receiver(channel, lambda: slack.begun, slack.hung.wait, slack.release.set)


@asynccontextmanager
async def _local(kind: str, answer: str | None) -> AsyncIterator[Receiver]:
    """A directory or a stream of this process; None: there is none."""
    nothing, never = asyncio.Event(), asyncio.Event()
    with ExitStack() as stack:
        if kind == "console":
            stream = _Stream(fails=answer == "closed")
            stack.enter_context(patch("sys.__stderr__", None if answer is None else stream))
            yield Receiver(ConsoleChannel(), lambda: int(bool(stream.getvalue())), never.wait, nothing.set)
            return
        place = Path(stack.enter_context(TemporaryDirectory()))
        if answer:
            broken = OSError(errno.ENOSPC, answer)
            stack.enter_context(patch("os.fsync", side_effect=[*([None] if answer == "unsynced" else []), broken]))
        channel = FileChannel(place if answer is not None else place / "gone", "json")
        yield Receiver(channel, lambda: len(list(place.iterdir())), never.wait, nothing.set)


class _Stream(io.StringIO):
    def __init__(self, *, fails: bool) -> None:
        super().__init__()
        self._fails = fails

    def flush(self) -> None:
        if self._fails:
            raise OSError(errno.EPIPE, "Broken pipe")


def _nobody() -> int:
    """A port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
