"""Chats that answer: how a request of a person is verified and read, and how the answer gets back.

A request is a command that somebody wrote, or a button that somebody clicked in a message of ours.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from worker.domain.run import RunKey

ANSWERS = "answers."
"""The prefix of options that only requests of a chat need. `web` resolves no other secret of the channel, and all other
processes do not resolve these.
"""

ANSWERING = "answers"
"""The option that a channel is opened with if its definition has such options: its messages may have buttons."""

PERSON = "\ufffc"
"""Stands in the text of an answer for `ChatAnswer.who`."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """`id`: the same if the service sends the request again. `verb` and `argument`: the first word of a command and the
    rest, or a button's name and value. `person` and `place`: addresses in the channel, of whoever asks and of the
    conversation. `reply`: where later answers go. `clicked`: the message with the button, as its channel keeps it; None
    for a command. `workspace`: whose person it is, empty if the service does not say.
    """

    id: str
    verb: str
    argument: str
    person: str
    place: str
    reply: str
    clicked: Any = None
    workspace: str = ""


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """Plain text without any formatting. Only the person who asked sees it, unless it replaces the buttons that were
    clicked (`instead`). `who`: the address of the person that PERSON stands for. `run`: the run whose end another
    answer will report.
    """

    text: str
    instead: bool = False
    who: str = ""
    run: RunKey | None = None


def counted(channel: str) -> str:
    """The name under which the ledger counts the outcomes of requests. No connection has a slash in its name."""
    return f"chat/{channel}"


class ChatDoor(Protocol):
    """The requests of one service, with the secrets of one channel."""

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        """A text that is equal only for a copy of the same request. `headers`: by lower-case name. The content of the
        body is not parsed. Raises SignatureRefused.
        """
        ...

    def read(self, headers: Mapping[str, str], body: bytes) -> ChatRequest | None:
        """Reads a verified request; None if it asks for nothing. Raises PostRefused for an invalid body."""
        ...

    def inline(self, answer: ChatAnswer) -> bytes:
        """The answer to a command as the JSON body of the HTTP answer."""
        ...

    async def reply(self, request: ChatRequest, answer: ChatAnswer) -> None:
        """Hands an answer over later. Raises DeliveryError."""
        ...


Answering = Callable[[ChatRequest], AsyncIterator[ChatAnswer]]
"""One answer, and perhaps a later one."""


class OpenSocket(Protocol):
    """Takes requests over a connection that this process opens, until it is cancelled. Raises RequestError for what is
    not installed, and for a secret that cannot be used.
    """

    async def __call__(self, options: Mapping[str, str], answers: Answering) -> None: ...


@dataclass(frozen=True, slots=True)
class AppDescription:
    """What an app's manifest is made from. `url`: where requests go; empty for a socket. `hint`: the words that may
    follow the command.
    """

    name: str
    summary: str
    url: str
    hint: str


@dataclass(frozen=True, slots=True)
class ChatContract:
    """How a kind of channel handles requests. `secret`: the option without which it takes none by HTTP. `token`: the
    option that a socket needs. `open` and `socket` are given the options below "answers." and the address of the
    service; they raise RequestError for one that cannot be used. `manifest`: what the service is told of the app.
    """

    secret: str
    token: str
    open: Callable[[Mapping[str, str]], ChatDoor]
    socket: OpenSocket
    manifest: Callable[[AppDescription], Mapping[str, Any]]
