"""Bounces that a process fetches or receives: the mailbox of a channel, its webhook, and the stored state of both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from worker.ports.chat import ANSWERS


@dataclass(frozen=True, slots=True)
class BounceReport:
    """A receiver's later word that a message which was accepted did not arrive. `identity`: the message's, as
    DeliveryKey.digest; empty if the report does not say. `words`: the receiver's, with its code. `address_at_fault`:
    whether the address itself cannot be reached, rather than this message.
    """

    identity: str
    recipient: str
    words: str
    address_at_fault: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a mailbox was read. `validity`: of the mailbox's numbering; if it changes, `number` has no meaning.
    `number`: of the last mail that was looked at.
    """

    validity: int
    number: int


@dataclass(frozen=True, slots=True)
class ReturnedMail:
    """A mail of the mailbox. `report`: None if it reports no failure. `token`: of a reader's link to unsubscribe, where
    the mail asks for that; otherwise empty.
    """

    number: int
    report: BounceReport | None = None
    token: str = ""


@dataclass(frozen=True, slots=True)
class MailboxPage:
    """Mails in the order of their numbers. `mark`: behind the last of them. `more`: there are others."""

    mails: tuple[ReturnedMail, ...]
    mark: Mark
    more: bool = False


WEBHOOK_SECRETS = "bounces.secret"
"""How the options begin that `ChannelKind.bounce_webhook` is given. `web` resolves no other secret of a channel, and
all other processes do not resolve these.
"""


def sending(options: Mapping[str, str]) -> dict[str, str]:
    """A channel's options without those that only `web` needs."""
    return {name: value for name, value in options.items() if not name.startswith((WEBHOOK_SECRETS, ANSWERS))}


class BounceMailbox(Protocol):
    """One connection to the mailbox in which a channel's bounces arrive. Raises MailboxError."""

    async def page(self, after: Mark | None, limit: int) -> MailboxPage:
        """The next mails, at most `limit`, after the mark `after`. Without a valid mark, it begins with the oldest mail
        that nobody has read. Nothing changes in the mailbox.
        """
        ...

    async def mark_read(self, numbers: Sequence[int]) -> None:
        """Marks mails as read. Doing it twice is harmless."""
        ...

    async def check(self) -> str:
        """Logs in and says in a few words what is there. Nothing changes."""
        ...

    async def aclose(self) -> None: ...


class BounceWebhook(Protocol):
    """What a mail service posts about one message."""

    def report(self, headers: Mapping[str, str], body: bytes) -> BounceReport:
        """Raises SignatureRefused before it reads the body, and PostRefused for a body that it cannot use."""
        ...


@dataclass(frozen=True, slots=True)
class MailboxTurn:
    """The right of one process to read a mailbox. It lapses by itself. `number`: no other turn has it. `mark`: how far
    others have read.
    """

    number: int
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class MailboxState:
    """`looked_at`: when the mailbox was last read to its end; None if never. `trouble`: why the last look failed; empty
    if it did not. `counts`: mails by their result, since the mailbox was first read.
    """

    looked_at: datetime | None = None
    trouble: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


class Mailboxes(Protocol):
    """The stored state of mailboxes, by channel. Raises LedgerUnavailable."""

    async def take(self, channel: str) -> MailboxTurn | None:
        """None while another process has the turn."""
        ...

    async def read_to(self, channel: str, turn: MailboxTurn, mark: Mark, counts: Mapping[str, int]) -> None:
        """Records that a page was handled, and extends the turn. Raises ClaimLost."""
        ...

    async def leave(self, channel: str, turn: MailboxTurn, trouble: str = "") -> None:
        """Ends the turn, if it is still held, and records how it ended."""
        ...

    async def state(self, channel: str) -> MailboxState: ...
