"""A message as the text of one file: HTML, plain text or JSON."""

from collections.abc import Callable
from dataclasses import dataclass

from worker.channels.common.json_message import json_body, json_content
from worker.channels.common.texts import html_of, subject_of, text_of
from worker.domain.delivery import READER, Attachment
from worker.ports.channels import RenderRequest, Templates


@dataclass(frozen=True, slots=True)
class FileContent:
    """`text` has READER in place of the address. `files` are written beside it."""

    subject: str
    text: str
    files: tuple[Attachment, ...] = ()


def html_file(request: RenderRequest, templates: Templates) -> FileContent:
    """The whole digest: no mail client clips a file. Raises RenderError."""
    page = next(templates.pages(request))
    return FileContent(subject_of(page), html_of(page), request.files)


def text_file(request: RenderRequest, templates: Templates) -> FileContent:
    page = next(templates.pages(request))
    return FileContent(subject_of(page), text_of(page), request.files)


def json_file(request: RenderRequest, templates: Templates) -> FileContent:
    """The document that a webhook sends. It includes the attachments, so that there are no files beside it."""
    made = json_content(request, templates)
    return FileContent(made.subject, json_body(made, READER, indent=2).decode() + "\n")


FORMATS: dict[str, tuple[str, Callable[[RenderRequest, Templates], FileContent]]] = {
    "html": ("html", html_file),
    "text": ("txt", text_file),
    "json": ("json", json_file),
}
"""The option `format` → the suffix of its files, and the function that makes them."""
