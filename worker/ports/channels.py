"""Ways to send, and how a digest becomes a message."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from worker.domain.delivery import Content, Envelope, Part, Receipt
from worker.domain.digest.model import Digest
from worker.domain.schedule import Subscription


class Channel(Protocol):
    """One way to send. `format` names the template family: "email" or "slack"."""

    @property
    def format(self) -> str: ...

    @property
    def can_look_up(self) -> bool:
        """Whether `find` can prove that a part arrived or did not."""
        ...

    def lane(self, address: str) -> str | None:
        """The lane whose pace messages to `address` keep, None where nobody asks for one. Holds no secret."""
        ...

    def build(self, rendered: Content, envelope: Envelope) -> tuple[Part, ...]:
        """The parts of the message to one reader: a function of its arguments. Raises RenderError past a limit."""
        ...

    def seal(self, part: Part, receipts: Sequence[Receipt]) -> bytes:
        """The exact bytes of a part, given the receipts of those before it. Their SHA-256 goes into the ledger."""
        ...

    async def send(self, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        """Hand one part over, once. Raises DeliveryDeferred, DeliveryRefused or DeliveryUncertain."""
        ...

    async def find(self, part: Part, envelope: Envelope) -> Receipt | None:
        """The receipt of a part that may have arrived, None when it surely has not. Raises DeliveryDeferred."""
        ...

    async def aclose(self) -> None: ...


@runtime_checkable
class CheckedChannel(Protocol):
    """A channel that can tell whether it would work, without sending anything."""

    async def check(self, addresses: Sequence[str]) -> str:
        """Whom it speaks to, in a few words; may look whether `addresses` can be reached. Raises DeliveryError."""
        ...


class Renderer(Protocol):
    def render(
        self, digest: Digest, entry: Subscription, fmt: str, attachments: Sequence[tuple[str, str, bytes]]
    ) -> Content:
        """`attachments`: (name, media type, body). Raises RenderError with template and line."""
        ...
