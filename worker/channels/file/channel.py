"""`type: file` writes each message to a directory: HTML, text or JSON, and the attached files.

A file's name is made from the schedule's id, the slot and a hash of the delivery, and never from data. The same
delivery therefore writes the same file again, so that a repeat is no duplicate.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from worker.adapters.whole_file import FileNotWritten, write_whole
from worker.channels.common.names import slug
from worker.channels.common.no_address import no_address
from worker.channels.file.content import FORMATS, FileContent
from worker.domain.delivery import READER, Attachment, Envelope, Part, Receipt
from worker.errors import DeliveryDeferred, DeliveryRefused, DeliveryUncertain, RequestError
from worker.ports.channels import ChannelKind, PreviewPage, RenderRequest, Templates
from worker.ports.kinds import Option, RuleViolation

CHANNEL = "file"
_SUFFIXES = {"text/csv": "csv", "application/json": "json", "text/plain": "txt"}


class FileChannel:
    """`directory` must exist: creating it would hide that a disk is not mounted."""

    def __init__(self, directory: Path, form: str) -> None:
        self._directory = directory
        self.preview_suffix, self._make = FORMATS[form]

    def content(self, request: RenderRequest, templates: Templates) -> FileContent:
        return self._make(request, templates)

    def preview(self, content: FileContent, address: str) -> PreviewPage:  # noqa: ARG002  # a directory has no reader
        return PreviewPage(content.subject, _text(content))

    def build(self, content: FileContent, envelope: Envelope) -> tuple[Part, ...]:
        run = envelope.key.run
        stem = f"{slug(run.schedule)}-{run.slot:%Y%m%dT%H%M%SZ}-{envelope.key.digest[:16]}"
        message = Part(0, "file", f"{stem}.{self.preview_suffix}", _text(content).encode())
        beside = [_beside(number, stem, one) for number, one in enumerate(content.files, start=1)]
        return (message, *beside)

    def seal(self, part: Part, receipts: Sequence[Receipt]) -> bytes:  # noqa: ARG002  # a file needs no other one
        return part.draft

    def idempotency_key(self, part: Part, envelope: Envelope) -> str:  # noqa: ARG002  # the name holds its hash
        """The file's name: the same part replaces its own file."""
        return part.name

    async def send(self, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:  # noqa: ARG002  # the port's
        try:
            await asyncio.to_thread(write_whole, self._directory / part.name, sealed)
        except FileNotWritten as error:
            problem = f"{part.name} was not written: {error}"
            raise (DeliveryUncertain if error.renamed else DeliveryDeferred)(CHANNEL, problem) from error
        return Receipt(part.name)

    async def check(self, addresses: Sequence[str]) -> str:  # noqa: ARG002  # a directory has no reader
        if not self._directory.is_dir():
            raise DeliveryRefused(CHANNEL, f"{self._directory} is no directory; make it", code="no_directory")
        if not os.access(self._directory, os.W_OK | os.X_OK):
            raise DeliveryRefused(CHANNEL, f"{self._directory} cannot be written by this user", code="not_writable")
        return f"{self._directory} can be written"

    async def aclose(self) -> None:
        return None


def _text(content: FileContent) -> str:
    return content.text.replace(READER, CHANNEL)


def _beside(number: int, stem: str, file: Attachment) -> Part:
    suffix = _SUFFIXES.get(file.media_type.partition(";")[0].strip().lower(), "bin")
    return Part(number, "file", f"{stem}-{number}.{suffix}", file.body)


def open_file(options: Mapping[str, str]) -> FileChannel:
    """Raises RequestError."""
    wrong = _faults(options)
    if wrong or "directory" not in options:
        said = "; ".join(f"{f.found}; {f.expected}" for f in wrong)
        raise RequestError(f"file: {said or 'no `directory`; write an absolute path'}")
    return FileChannel(Path(options["directory"]), options.get("format", "html"))


def _faults(options: Mapping[str, str]) -> tuple[RuleViolation, ...]:
    found = []
    directory, form = options.get("directory", "/"), options.get("format", "html")
    if not directory.startswith("/") or "\0" in directory:
        expected = "write an absolute path: each worker has a working directory of its own"
        found.append(RuleViolation(("directory",), f"`directory` with {directory!r}", expected))
    if form not in FORMATS:
        found.append(RuleViolation(("format",), f"`format` with {form!r}", f"write one of {', '.join(FORMATS)}"))
    return tuple(found)


FILE = ChannelKind(
    type="file",
    options=(
        Option(
            "directory",
            required=True,
            note="an absolute path to a directory that exists on every worker",
            directory=True,
        ),
        Option("format", note="`html` (default), `text` or `json`"),
    ),
    address=no_address,
    open=open_file,
    needs_address=lambda _options: False,
    faults=_faults,
)
