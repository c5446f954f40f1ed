"""Channels: what every channel does, what only some can do, and what they get from templates."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

from worker.domain.alert.notification import Notification
from worker.domain.delivery import Attachment, Envelope, Part, Receipt
from worker.domain.digest.model import Digest
from worker.domain.notice import Notice
from worker.domain.schedule import Subscription
from worker.ports.bounces import BounceMailbox, BounceReport, BounceWebhook
from worker.ports.chat import ChatContract
from worker.ports.init_forms import InitForm
from worker.ports.kinds import Option, RuleViolation
from worker.ports.tokens import Renewal

C = TypeVar("C")
"""A channel's own form of a message's content. Only the channel reads it, and it does not change."""


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """What a message is made from: a digest, a notice to the operator, or a notification of alerts. `entry` gives
    template, language and zone; it has no id and no address, because one content serves many readers. `files` are
    attached. `answers`: the receiver reports clicks, so that buttons can be shown. `run_page`: the address of the run's
    page in the console, and `moves_file` that of its moves as CSV; empty without one.
    """

    digest: Digest | Notice | Notification
    entry: Subscription
    files: tuple[Attachment, ...] = ()
    linked: bool = False
    answers: bool = False
    run_page: str = ""
    moves_file: str = ""


class TemplatePage(Protocol):
    """One digest in one length, ready for templates."""

    def fill(self, name: str) -> str:
        """The text of one file in the entry's template folder, filled with the digest. Raises RenderError with template
        and line.
        """
        ...

    def place(self, name: str, offset: int) -> tuple[str, int]:
        """The template and the line in it that wrote the character at `offset` of what `fill` returns. A line counts
        from 1; 0: not known.
        """
        ...


class Templates(Protocol):
    """A project's own templates, and the ones that Funnelbeat ships for those that the project does not have."""

    def pages(self, request: RenderRequest) -> Iterator[TemplatePage]:
        """The whole digest first, then shorter and shorter forms of it. Each form says in its text what it leaves out.

        Raises RenderError for an unknown language.
        """
        ...


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """A message for a person to look at: one line that names it, and the whole text. `plain`: the form for readers
    without HTML; empty if there is none beside `text`. `shown`: HTML near to what the receiver's program shows, where
    `text` itself is no page.
    """

    subject: str
    text: str
    plain: str = ""
    shown: str = ""


class Channel(Protocol[C]):
    """One way to send. What only some channels can do is an ability: see the protocols below."""

    @property
    def preview_suffix(self) -> str:
        """The suffix of a previewed file's name, such as "html"."""
        ...

    def content(self, request: RenderRequest, templates: Templates) -> C:
        """The content for all readers with the same request, as a pure function. Raises RenderError."""
        ...

    def preview(self, content: C, address: str) -> PreviewPage:
        """The message of `build` as the reader at `address` would see it."""
        ...

    def build(self, content: C, envelope: Envelope) -> tuple[Part, ...]:
        """The parts of the message to one reader, as a pure function. Raises RenderError past a limit."""
        ...

    def seal(self, part: Part, receipts: Sequence[Receipt]) -> bytes:
        """The exact bytes of a part, given the receipts of the parts before it. The ledger stores their SHA-256."""
        ...

    async def send(self, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        """Hands one part over, once. Raises DeliveryDeferred, DeliveryRefused or DeliveryUncertain."""
        ...

    async def aclose(self) -> None: ...


@runtime_checkable
class ChannelGroup(Protocol):
    """Several channels under one type. The kind's `route` names the channel for an address."""

    def channel(self, route: str) -> Channel[Any]: ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class MessageForm:
    """What a channel makes from a template folder. `files`: the names of the files that it fills. `make` does
    everything before the send that needs no reader, limits included, and raises RenderError. `optional`: without these
    files it sends something else.
    """

    name: str
    files: tuple[str, ...]
    make: Callable[[RenderRequest, Templates], object]
    optional: bool = False


Clock = Callable[[], datetime]
"""Returns UTC."""


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """A type of channel, as definitions name it. `address` returns the normal form of an entry's address, or raises
    ValueError with what to write. `needs_address` says whether an entry must have an address; otherwise it must have
    none. `faults` says what is wrong with the options; secrets are still references there. `one_of`: groups of options
    of which exactly one must be written. `open` is given the options with their secrets, and raises RequestError.
    `open_renewing`: what is used instead of `open`, for a kind that logs in with tokens that end: it is also given how
    they are renewed, and the time. `in_sandbox`: the sandbox's services that the channel sends to, each with an address
    where nothing listens; `open` is given the real addresses instead of options. `route` is for a ChannelGroup: the
    name of its channel for an address. `example`: a mapping in YAML, on one line, that a new project shows in a
    comment. `forms`: what it makes of templates. `bounce` reads what came back to the sender's mailbox; None if it
    reports no failure. `mailbox`: whether messages to an address are mail: they may carry a link to unsubscribe, and
    follow each other in one conversation. `look_every`: seconds between two looks into the mailbox of bounces; None if
    the options name none. `bounce_mailbox` is given what `open_renewing` is, and `bounce_webhook` the options with
    their secrets; they return None where the options name none, and raise RequestError. `ask_for_init`: what `init`
    asks to set it up; None if it cannot be set up there. `chat`: what it does about requests of people; None if it
    takes none.
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
    forms: tuple[MessageForm, ...] = ()
    bounce: Callable[[bytes], BounceReport | None] = lambda _raw: None
    mailbox: Callable[[str | None], bool] = lambda _address: False
    look_every: Callable[[Mapping[str, str]], int | None] = lambda _options: None
    bounce_mailbox: Callable[[Mapping[str, str], Renewal, Clock], BounceMailbox | None] = lambda *_given: None
    bounce_webhook: Callable[[Mapping[str, str]], BounceWebhook | None] = lambda _options: None
    open_renewing: Callable[[Mapping[str, str], Renewal, Clock], Channel[Any] | ChannelGroup] | None = None
    ask_for_init: InitForm | None = None
    chat: ChatContract | None = None

    def opened(self, options: Mapping[str, str], renewal: Renewal, clock: Clock) -> Channel[Any] | ChannelGroup:
        """Raises RequestError."""
        if self.open_renewing is None:
            return self.open(options)
        return self.open_renewing(options, renewal, clock)


@runtime_checkable
class Findable(Protocol):
    """The receiver can be asked whether a part arrived."""

    async def find(self, part: Part, envelope: Envelope) -> Receipt | None:
        """The receipt of a part that may have arrived; None if it surely has not. Raises DeliveryDeferred."""
        ...


@runtime_checkable
class Idempotent(Protocol):
    """The receiver accepts a part only once under one key, however often it is sent, so a repeat is not a duplicate."""

    def idempotency_key(self, part: Part, envelope: Envelope) -> str:
        """The key that `send` hands over with the part. It is the same in every try."""
        ...


@runtime_checkable
class Paced(Protocol):
    """The receiver accepts only a limited number of messages in a time."""

    def pace(self, address: str) -> tuple[str, float]:
        """The bucket that the message waits in, and the seconds between two messages of it. Messages with the same
        bucket wait for each other. The name of the bucket is stored and printed, so it holds no secret.
        """
        ...


def paced(channel: Channel[Any]) -> Paced | None:
    """The channel, if it has a pace. Asked for every message, so not by isinstance, which takes a protocol apart each
    time.
    """
    return cast("Paced", channel) if hasattr(channel, "pace") else None


@runtime_checkable
class Checked(Protocol):
    """The channel can tell whether it works without sending anything."""

    async def check(self, addresses: Sequence[str]) -> str:
        """The account that it uses, in a few words. It may check whether `addresses` can be reached. Raises
        DeliveryError.
        """
        ...


@runtime_checkable
class ExplainsReceipts(Protocol):
    """A receipt holds more than that the part was accepted."""

    def explain_receipt(self, receipt: str) -> str:
        """One clause for a person; empty if the receipt holds nothing more."""
        ...


@runtime_checkable
class SavesFiles(Protocol):
    """The file that a person wants to keep is not the whole of a part's sealed bytes."""

    def saved(self, part: Part, sealed: bytes) -> bytes:
        """The bytes of the file with the name `part.name`."""
        ...


def saved(channel: Channel[Any], part: Part, sealed: bytes) -> bytes:
    """The bytes to keep of a part that was sent. Asked for every message, as `paced`."""
    return cast("SavesFiles", channel).saved(part, sealed) if hasattr(channel, "saved") else sealed


class Transmit(Protocol):
    """Hands one part over, once, and returns the receiver's receipt. Raises what the channel's `send` raises."""

    async def __call__(self, channel: Channel[Any], part: Part, sealed: bytes, envelope: Envelope) -> Receipt: ...
