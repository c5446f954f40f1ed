"""The subject, the text and the HTML of a message, from the templates for mails, checked before they are sent."""

from worker.errors import RenderError
from worker.ports.channels import TemplatePage
from worker.rendering.html_nesting import html_fault
from worker.rendering.templates import styled, tidy
from worker.sanitize import plain

SUBJECT, TEXT, HTML = "email.subject.j2", "email.txt.j2", "email.html.j2"


def subject_of(page: TemplatePage) -> str:
    """One line. Raises RenderError."""
    return _not_empty(page, SUBJECT, " ".join(plain(page.fill(SUBJECT)).split()))


def text_of(page: TemplatePage) -> str:
    """Lines of text, the last one with a line end. Raises RenderError."""
    return _not_empty(page, TEXT, tidy(page.fill(TEXT)))


def html_of(page: TemplatePage) -> str:
    """With its style sheet inlined. Raises RenderError, with the position of an element that is not closed."""
    html = _not_empty(page, HTML, page.fill(HTML))
    with_styles = styled(page.place(HTML, 0)[0], html)
    fault = html_fault(html)
    if fault is not None:
        raise RenderError(*page.place(HTML, fault.offset), f"its output is not whole HTML: {fault.problem}")
    return with_styles


def _not_empty(page: TemplatePage, name: str, output: str) -> str:
    if not output.strip():
        raise RenderError(page.place(name, 0)[0], 0, "its output is empty; a message has a subject, a text and HTML")
    return output
