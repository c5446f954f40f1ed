"""One transaction in two round trips, for servers that offer PIPELINING (RFC 2920).

aiosmtplib connects, secures the connection and logs in. It waits for the reply to each command, so that a transaction
takes four round trips. From then on this class speaks on the same transport: MAIL, RCPT and DATA leave together, and
the message follows when the server asks for it.
"""

import asyncio
import re
from collections.abc import Callable, Iterable, Sequence
from typing import cast

from aiosmtplib import SMTP, SMTPResponse, SMTPResponseException, SMTPServerDisconnected
from aiosmtplib.protocol import normalize_message_line_endings

from worker.adapters.smtp.failure import RefusedCopies, failure_of
from worker.adapters.smtp.replies import Replies
from worker.adapters.smtp.transaction import Mail, SentMail, mail_options, not_writable
from worker.adapters.smtp.waits import Waits
from worker.redact import redact

_GO_ON = 354
_TAKEN = {"mail": (250,), "rcpt": (250, 251), "data": (_GO_ON,)}

DATA = b"DATA\r\n"
_UNFIT = re.compile(r"[\x00-\x20\x7f<>]")
"""In an address these would end it, or begin another command."""


class CommandsTogether:
    """Implements transaction.MailConnection."""

    def __init__(self, smtp: SMTP, secrets: Iterable[str], waits: Waits) -> None:
        self._smtp = smtp
        self._secrets = tuple(secrets)
        self._waits = waits
        self._replies = Replies(cast("asyncio.Transport", smtp.transport))

    async def transaction(self, mail: Mail, begun: Callable[[], None]) -> SentMail:
        """With copies DATA waits for the other replies, because a copy must get nothing if the reader is refused."""
        commands, phases = envelope(mail, mail_options(self._smtp, mail)), ["mail", *("rcpt" for _ in mail.recipients)]
        if len(mail.recipients) == 1:
            refused = await self._begun(mail, commands + DATA, [*phases, "data"])
        else:
            refused = await self._begun(mail, commands, phases)
            await self._begun(mail, DATA, ["data"], refused)
        begun()
        open_yet = self._replies.ended is None
        replies = await self._replies.to(stuffed(mail.message), (self._waits.message,))
        if not replies:
            raise failure_of("data", self._gone(), self._secrets, refused, begun=open_yet)
        if replies[0].code != 250:
            raise failure_of("data", _refusal(replies[0]), self._secrets, refused)
        return SentMail(redact(replies[0].message, self._secrets), refused)

    async def _begun(
        self, mail: Mail, commands: bytes, phases: Sequence[str], before: RefusedCopies = ()
    ) -> RefusedCopies:
        """The copies that the server refused, after those refused `before`. Raises MailFailure for the first refusal of
        anything else. Nothing of the message was sent yet, so that it is surely not accepted.
        """
        replies = await self._replies.to(commands, [self._wait_for(mail, *step) for step in enumerate(phases)])
        refused = list(before)
        for at, (phase, reply) in enumerate(zip(phases, replies, strict=False)):
            if reply.code in _TAKEN[phase]:
                continue
            copy = _copy_of(mail, phase, at)
            failure = failure_of(phase, _refusal(reply), self._secrets, refused, copy=copy)
            if copy and reply.code != 421:
                refused.append((copy, failure))
                continue
            if replies[-1].code == _GO_ON:  # it waits for a message that will not come
                self.close()
            raise failure
        if len(replies) < len(phases):
            phase, copy = phases[len(replies)], _copy_of(mail, phases[len(replies)], len(replies))
            raise failure_of(phase, self._gone(), self._secrets, refused, begun=False, copy=copy)
        return tuple(refused)

    def _wait_for(self, mail: Mail, at: int, phase: str) -> float:
        waits = self._waits
        return min(waits.reply, waits.copy) if _copy_of(mail, phase, at) else waits.reply

    def _gone(self) -> Exception:
        return self._replies.ended or SMTPServerDisconnected("Connection lost")

    async def reset(self) -> bool:
        replies = await self._replies.to(b"RSET\r\n", (self._waits.reply,))
        return bool(replies) and replies[0].code == 250

    async def noop(self) -> str:
        replies = await self._replies.to(b"NOOP\r\n", (self._waits.reply,))
        if not replies:
            raise self._gone()
        if replies[0].code != 250:
            raise _refusal(replies[0])
        return replies[0].message

    async def quit(self) -> None:
        await self._replies.to(b"QUIT\r\n", (1.0,))
        self.close()

    def close(self) -> None:
        self._replies.close()
        self._smtp.close()


def _copy_of(mail: Mail, phase: str, at: int) -> str:
    """Whom the command at this place names, if that is a copy. MAIL and the reader come before the copies."""
    return mail.recipients[at - 1] if phase == "rcpt" and at > 1 else ""


def _refusal(reply: SMTPResponse) -> SMTPResponseException:
    return SMTPResponseException(reply.code, reply.message)


def envelope(mail: Mail, options: Sequence[str]) -> bytes:
    """MAIL and RCPT for each recipient. Raises MailFailure for an address that cannot be written."""
    sender, *recipients = (
        _written("mail", mail.sender, mail.encoding),
        *(_written("rcpt", recipient, mail.encoding) for recipient in mail.recipients),
    )
    first = b" ".join([b"MAIL FROM:" + sender, *(option.encode() for option in options)])
    return b"".join([first, *(b"\r\nRCPT TO:" + recipient for recipient in recipients), b"\r\n"])


def _written(phase: str, address: str, encoding: str) -> bytes:
    try:
        if _UNFIT.search(address):
            raise not_writable(phase)
        return f"<{address}>".encode(encoding)
    except UnicodeError as error:
        raise not_writable(phase) from error


def stuffed(message: bytes) -> bytes:
    """The message as it follows DATA (RFC 5321, 4.5.2): a dot that begins a line is doubled, and one dot ends it."""
    ends = message.count(b"\r\n")  # cheaper than a search for a lone one, which would have to be mended
    if not message.endswith(b"\r\n") or not ends == message.count(b"\n") == message.count(b"\r"):
        message = normalize_message_line_endings(message)
    first = b"." if message.startswith(b".") else b""
    return first + message.replace(b"\n.", b"\n..") + b".\r\n"
