"""A message as JSON: a digest's document, or the output of a project's own template."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from worker.channels.common.strict_json import strict_json, wrong_place
from worker.channels.common.texts import subject_of, text_of
from worker.documents.message import message_document
from worker.domain.delivery import READER
from worker.errors import RenderError
from worker.ports.channels import PreviewPage, RenderRequest, Templates
from worker.sanitize import replace_surrogates

LIMIT = 5_000_000
"""Bytes of one message. Receivers of webhooks seldom accept more than a few megabytes."""

TEMPLATE = "webhook.json.j2"


@dataclass(frozen=True, slots=True)
class JsonContent:
    """`document`: any JSON value. READER is still in its texts in place of the address."""

    subject: str
    document: Any


def json_content(request: RenderRequest, templates: Templates) -> JsonContent:
    """The whole digest as in worker.documents.digest. Raises RenderError."""
    page = next(templates.pages(request))
    subject, text = subject_of(page), text_of(page)
    return JsonContent(subject, message_document(request.digest, subject, text, request.files))


def own_json_content(request: RenderRequest, templates: Templates) -> JsonContent:
    """The output of the project's own webhook.json.j2 for the digest. Raises RenderError."""
    page = next(templates.pages(request))
    text = page.fill(TEMPLATE)
    with wrong_place(page, TEMPLATE):
        document = strict_json(f"{request.entry.template}/{TEMPLATE}", text)
    subject = document.get("subject", "") if isinstance(document, Mapping) else ""
    return JsonContent(str(subject) or str(request.digest.name), document)


def json_body(content: JsonContent, address: str, *, indent: int | None = None) -> bytes:
    """Strict JSON in UTF-8 for one reader. Raises RenderError past LIMIT, and for a number that JSON does not
    support.
    """
    try:
        told = json.dumps(content.document, ensure_ascii=False, allow_nan=False, indent=indent)
    except ValueError as error:
        raise RenderError(TEMPLATE, 0, f"found a number that JSON does not have: {error}") from error
    inside = json.dumps(address, ensure_ascii=False)[1:-1]
    body = replace_surrogates(told.replace(READER, inside)).encode()
    if len(body) > LIMIT:
        raise RenderError(TEMPLATE, 0, f"the message has {len(body)} bytes, past the limit of {LIMIT}")
    return body


def json_preview(content: JsonContent, address: str) -> PreviewPage:
    return PreviewPage(content.subject, json_body(content, address, indent=2).decode())
