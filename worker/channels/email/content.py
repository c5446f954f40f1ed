"""The subject, text and HTML of a digest, short enough that every mail client shows all of it."""

import html as escapes

from worker.adapters.smtp.mime import MailContent
from worker.channels.common.texts import HTML, TEXT, html_of, subject_of, text_of
from worker.domain.delivery import READER
from worker.domain.schedule import Thread
from worker.errors import RenderError
from worker.ports.channels import PreviewPage, RenderRequest, TemplatePage, Templates

HTML_BUDGET = 80_000
HTML_LIMIT = 100_000
"""Bytes of UTF-8; Gmail clips a mail near 102 KB. Past the budget a digest is shortened, past the limit it is
refused.
"""

TEXT_LIMIT = 100_000


def mail_content(request: RenderRequest, templates: Templates) -> MailContent:
    """The longest form of the digest that fits the budget. Raises RenderError."""
    folder = request.entry.template
    page, html = _longest(request, templates)
    _limited(f"{folder}/{HTML}", html, HTML_LIMIT)
    text = text_of(page)
    _limited(f"{folder}/{TEXT}", text, TEXT_LIMIT)
    series = request.entry.thread is Thread.SERIES
    answers = request.entry.reply_to
    return MailContent(subject_of(page), text, html, request.files, series=series, reply_to=answers)


def preview_of(content: MailContent, address: str) -> PreviewPage:
    """Without links: a preview must not allow anybody to act as a reader."""
    html, text = content.html.replace(READER, escapes.escape(address)), content.text.replace(READER, address)
    return PreviewPage(content.subject, html, text)


def _longest(request: RenderRequest, templates: Templates) -> tuple[TemplatePage, str]:
    """The first form whose HTML fits the budget, otherwise the shortest one, with its HTML."""
    pages = templates.pages(request)
    page = next(pages)
    html = html_of(page)
    for shorter in pages:
        if len(html.encode()) <= HTML_BUDGET:
            break
        page, html = shorter, html_of(shorter)
    return page, html


def _limited(template: str, text: str, limit: int) -> None:
    size = len(text.encode())
    if size > limit:
        raise RenderError(template, 0, f"its output has {size} bytes, past the limit of {limit}, even when shortened")
