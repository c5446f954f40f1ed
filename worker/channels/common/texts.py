"""The subject and the text of a message, from the templates that mails use."""

from worker.ports.channels import TemplatePage
from worker.rendering.templates import tidy
from worker.sanitize import plain

SUBJECT, TEXT = "email.subject.j2", "email.txt.j2"


def subject_of(page: TemplatePage) -> str:
    """One line. Raises RenderError."""
    return " ".join(plain(page.fill(SUBJECT)).split())


def text_of(page: TemplatePage) -> str:
    """Lines of text, the last with its line end. Raises RenderError."""
    return tidy(page.fill(TEXT))
