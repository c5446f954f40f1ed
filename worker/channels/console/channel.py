"""`type: console` prints each message as text on the worker's standard error, as its log does.

Standard output is reserved for the command's own result, such as the document of `run --json`. Control characters of
terminals are removed. There is no way to find out whether the text was read.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from worker.channels.common.no_address import no_address
from worker.channels.common.texts import subject_of, text_of
from worker.domain.delivery import READER, Envelope, Part, Receipt
from worker.errors import DeliveryDeferred, DeliveryUncertain
from worker.ports.channels import ChannelKind, PreviewPage, RenderRequest, Templates
from worker.sanitize import for_terminal

CHANNEL = "console"
RULE = "─" * 72


@dataclass(frozen=True, slots=True)
class ConsoleContent:
    subject: str
    text: str


class ConsoleChannel:
    preview_suffix = "txt"

    def content(self, request: RenderRequest, templates: Templates) -> ConsoleContent:
        page = next(templates.pages(request))
        return ConsoleContent(subject_of(page), for_terminal(text_of(page)).replace(READER, CHANNEL))

    def preview(self, content: ConsoleContent, address: str) -> PreviewPage:  # noqa: ARG002  # there is no address
        return PreviewPage(content.subject, _printed(content))

    def build(self, content: ConsoleContent, envelope: Envelope) -> tuple[Part, ...]:
        return (Part(0, "text", f"digest-{envelope.key.digest[:8]}.txt", _printed(content).encode()),)

    def seal(self, part: Part, receipts: Sequence[Receipt]) -> bytes:  # noqa: ARG002  # there is one part
        return part.draft

    async def send(self, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:  # noqa: ARG002  # the port's
        await asyncio.to_thread(_print, sealed.decode())
        return Receipt(f"printed {part.name}")

    async def aclose(self) -> None:
        return None


def _printed(content: ConsoleContent) -> str:
    subject = for_terminal(content.subject).replace("\n", " ")
    return f"{RULE}\n{subject}\n\n{content.text.strip()}\n{RULE}\n"


def _print(text: str) -> None:
    """On the process's own stream, because Celery replaces sys.stderr by a log. Raises DeliveryDeferred, and
    DeliveryUncertain if a part may have been printed.
    """
    stream = sys.__stderr__
    if stream is None:
        raise DeliveryDeferred(CHANNEL, "this process has no standard error")
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "replace").decode(encoding))
        stream.flush()
    except (OSError, ValueError) as error:
        raise DeliveryUncertain(CHANNEL, f"standard error cannot be written: {error}") from error


CONSOLE = ChannelKind(
    type="console",
    options=(),
    address=no_address,
    open=lambda _options: ConsoleChannel(),
    needs_address=lambda _options: False,
)
