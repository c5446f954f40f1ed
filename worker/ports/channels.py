"""Ways to send: what every channel does, what some of them can do besides, and what templates give them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, runtime_checkable

from worker.domain.delivery import Attachment, Envelope, Part, Receipt
from worker.domain.digest.model import Digest
from worker.domain.schedule import Subscription
from worker.ports.kinds import Option, RuleViolation

C = TypeVar("C")
"""A channel's own form of a message's content. Nobody but the channel looks inside, and it does not change."""


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """What a message is made from. `entry` says which template, language and zone; it has no id and no address, because
    one content serves many readers. `files` go along with the message.
    """

    digest: Digest
    entry: Subscription
    files: tuple[Attachment, ...] = ()


class TemplatePage(Protocol):
    """One digest in one length, ready to be put into templates."""

    def fill(self, name: str) -> str:
        """The text that a file in the entry's template folder makes of the digest. Raises RenderError with template
        and line.
        """
        ...


class Templates(Protocol):
    """A project's own templates, and those that Funnelbeat ships where the project has none."""

    def pages(self, request: RenderRequest) -> Iterator[TemplatePage]:
        """The whole digest first, then shorter and shorter forms of it. Each says in its text what it leaves out.

        Raises RenderError for a language that nobody knows.
        """
        ...


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """A message as a person looks at it: one line that names it, and the whole text."""

    subject: str
    text: str


class Channel(Protocol[C]):
    """One way to send. What only some channels can do is an ability: see the protocols below."""

    @property
    def preview_suffix(self) -> str:
        """How the name of a previewed file ends, as "html"."""
        ...

    def content(self, request: RenderRequest, templates: Templates) -> C:
        """What all readers with the same request are sent. A function of its arguments. Raises RenderError."""
        ...

    def preview(self, content: C, address: str) -> PreviewPage:
        """What the reader at `address` would see of `build`'s message."""
        ...

    def build(self, content: C, envelope: Envelope) -> tuple[Part, ...]:
        """The parts of the message to one reader: a function of its arguments. Raises RenderError past a limit."""
        ...

    def seal(self, part: Part, receipts: Sequence[Receipt]) -> bytes:
        """The exact bytes of a part, given the receipts of those before it. Their SHA-256 goes into the ledger."""
        ...

    async def send(self, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        """Hand one part over, once. Raises DeliveryDeferred, DeliveryRefused or DeliveryUncertain."""
        ...

    async def aclose(self) -> None: ...


@runtime_checkable
class ChannelGroup(Protocol):
    """Several channels under one type. The kind's `route` says which of them a message to an address takes."""

    def channel(self, route: str) -> Channel[Any]: ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """A type of channel, as definitions name it. `address` returns the normal form of an entry's address, or raises
    ValueError with what to write. `needs_address` says whether an entry must have an address; otherwise it must have
    none. `faults` says what is wrong with the options; secrets are still references there. `one_of`: groups of options
    of which exactly one must be written. `open` is given the options with their secrets, and raises RequestError.
    `in_sandbox`: the sandbox's services that the channel sends to, each with an address where nothing listens; `open`
    is given the real addresses instead of options. `route` is for a ChannelGroup: the name of its channel for an
    address. `example`: a mapping in YAML, on one line, that a new project shows in a comment.
    """

    type: str
    options: tuple[Option, ...]
    address: Callable[[str], str]
    open: Callable[[Mapping[str, str]], Channel[Any] | ChannelGroup]
    needs_address: Callable[[Mapping[str, str]], bool] = lambda _options: True
    faults: Callable[[Mapping[str, str]], tuple[RuleViolation, ...]] = lambda _options: ()
    one_of: tuple[tuple[str, ...], ...] = field(default=())
    in_sandbox: Mapping[str, str] = field(default_factory=dict)
    route: Callable[[str | None], str] = lambda _address: ""
    example: str = ""


@runtime_checkable
class Findable(Protocol):
    """The receiver can be asked whether a part arrived."""

    async def find(self, part: Part, envelope: Envelope) -> Receipt | None:
        """The receipt of a part that may have arrived; None when it surely has not. Raises DeliveryDeferred."""
        ...


@runtime_checkable
class Idempotent(Protocol):
    """The receiver takes a part once under one key, however often it is sent: a repeat is no duplicate."""

    def idempotency_key(self, part: Part, envelope: Envelope) -> str:
        """The key that `send` hands over with the part. It is the same in every try."""
        ...


@runtime_checkable
class Paced(Protocol):
    """The receiver takes only so many messages in a time."""

    def pace(self, address: str) -> tuple[str, float]:
        """A key that is shared by all messages which wait for each other, and the seconds between two of them. The key
        is stored and printed: it holds no secret.
        """
        ...


@runtime_checkable
class Checked(Protocol):
    """The channel can tell whether it would work, without sending anything."""

    async def check(self, addresses: Sequence[str]) -> str:
        """Whom it speaks to, in a few words; may look whether `addresses` can be reached. Raises DeliveryError."""
        ...


@runtime_checkable
class ExplainsReceipts(Protocol):
    """A receipt can tell more than that the part was accepted."""

    def explain_receipt(self, receipt: str) -> str:
        """One clause for a person; empty where the receipt tells nothing more."""
        ...


@runtime_checkable
class SavesFiles(Protocol):
    """What a person wants to keep of a part is not all of its sealed bytes."""

    def saved(self, part: Part, sealed: bytes) -> bytes:
        """The bytes of the file that `part.name` names."""
        ...


def saved(channel: Channel[Any], part: Part, sealed: bytes) -> bytes:
    """The file that is kept of a part that was sent."""
    return channel.saved(part, sealed) if isinstance(channel, SavesFiles) else sealed


class Transmit(Protocol):
    """Hands one part over, once, and returns the receiver's receipt. Raises what the channel's `send` raises."""

    async def __call__(self, channel: Channel[Any], part: Part, sealed: bytes, envelope: Envelope) -> Receipt: ...
