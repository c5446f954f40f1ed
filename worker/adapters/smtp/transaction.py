"""The input of one SMTP transaction, its result, and the interface of a connection."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from aiosmtplib import SMTP

from worker.adapters.smtp.failure import MailFailure, RefusedCopies


@dataclass(frozen=True, slots=True)
class Mail:
    """The server must accept the first of `recipients`; the others are copies."""

    sender: str
    recipients: tuple[str, ...]
    message: bytes
    smtputf8: bool

    @property
    def encoding(self) -> str:
        return "utf-8" if self.smtputf8 else "ascii"


@dataclass(frozen=True, slots=True)
class SentMail:
    """`text`: the server's reply (mostly a queue id), cut. `refused`: copies that it did not take, with its words."""

    text: str
    refused: RefusedCopies = ()


class MailConnection(Protocol):
    """An open connection to a mail server, with its TLS and its login behind it."""

    async def transaction(self, mail: Mail, begun: Callable[[], None]) -> SentMail:
        """`begun` is called when the message may leave from then on. Raises MailFailure, after which the connection is
        in a known state only if the server answered.
        """
        ...

    async def reset(self) -> bool:
        """Whether the server has forgotten what was begun, and is ready for the next transaction."""
        ...

    async def noop(self) -> str:
        """The server's words. Raises what aiosmtplib raises, and OSError."""
        ...

    async def quit(self) -> None: ...

    def close(self) -> None: ...


def mail_options(smtp: SMTP, mail: Mail) -> list[str]:
    """The parameters of MAIL. Raises MailFailure for an address that this server does not take."""
    if mail.smtputf8 and not smtp.supports_extension("smtputf8"):
        phase = "rcpt" if mail.sender.isascii() else "mail"
        raise MailFailure(phase, "this server takes no addresses beyond ASCII (no SMTPUTF8)", code=553)
    options = ["SMTPUTF8"] if mail.smtputf8 else []
    if smtp.supports_extension("size"):
        options.append(f"SIZE={len(mail.message)}")
    return options


def not_writable(phase: str) -> MailFailure:
    """For an address that needs SMTPUTF8 and is sent without. Nothing of the message was sent."""
    return MailFailure(phase, "this address cannot be written without SMTPUTF8", code=553)
