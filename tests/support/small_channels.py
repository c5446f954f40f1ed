"""Channels of a few lines, one for each ability, that hand over nothing to nobody."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from worker.domain.delivery import Envelope, Part, Receipt
from worker.errors import DeliveryError, DeliveryUncertain
from worker.ports.channels import PreviewPage, RenderRequest, Templates

UNCLEAR = DeliveryUncertain("post", "no answer")


@dataclass
class Plain:
    """Hands over two parts, and can do nothing else."""

    preview_suffix = "txt"
    wrong: DeliveryError | None = None
    parts: int = 2
    sent: list[int] = field(default_factory=list)

    def content(self, request: RenderRequest, templates: Templates) -> str:
        return str(request.digest.run)

    def preview(self, content: str, address: str) -> PreviewPage:
        return PreviewPage(content, address)

    def build(self, content: str, envelope: Envelope) -> tuple[Part, ...]:
        return tuple(Part(n, "piece", f"{n}.txt", content.encode()) for n in range(self.parts))

    def seal(self, part: Part, receipts: Sequence[Receipt]) -> bytes:
        return part.draft

    async def send(self, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        if self.wrong is not None:
            raise self.wrong
        self.sent.append(part.number)
        return Receipt(f"receipt {part.number}")

    async def aclose(self) -> None:
        return None


@dataclass
class CanBeAsked(Plain):
    found: Receipt | None = None

    async def find(self, part: Part, envelope: Envelope) -> Receipt | None:
        return self.found


class Addressed(Plain):
    """Writes its reader into the content that other readers share."""

    def content(self, request: RenderRequest, templates: Templates) -> str:
        return f"{request.entry.id}{request.entry.address}"


class Silent(Plain):
    async def send(self, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        self.sent.append(part.number)
        await asyncio.Event().wait()
        raise AssertionError


class TakesOnce(Plain):
    def idempotency_key(self, part: Part, envelope: Envelope) -> str:
        return f"{envelope.key.digest}.{part.number}"


class Slow(Plain):
    def pace(self, address: str) -> tuple[str, float]:
        return f"pace of {address}", 2.5


class KeepsLess(Plain):
    def saved(self, part: Part, sealed: bytes) -> bytes:
        return b"less"
