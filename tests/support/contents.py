"""The content of mails and posts as a channel makes it, without an open channel."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from worker.adapters.smtp.mime import MailContent
from worker.channels.email.content import mail_content
from worker.channels.slack.content import SlackContent, SlackMessages
from worker.domain.alert.notification import Notification
from worker.domain.delivery import Attachment
from worker.domain.digest.model import Digest
from worker.domain.notice import Notice
from worker.domain.schedule import Subscription
from worker.ports.channels import RenderRequest
from worker.rendering.templates import JinjaTemplates
from worker.vocabulary import VOCABULARY

TEMPLATES = Path(__file__).parents[2] / "templates"


def mail_of(
    digest: Digest | Notice | Notification,
    entry: Subscription,
    files: tuple[Attachment, ...] = (),
    overrides: Mapping[str, str] | None = None,
    *,
    linked: bool = False,
) -> MailContent:
    """`overrides`: path → template of a project."""
    return mail_content(RenderRequest(digest, entry, files, linked=linked), templates(overrides))


def posts_of(
    digest: Digest | Notice | Notification,
    entry: Subscription,
    files: tuple[Attachment, ...] = (),
    overrides: Mapping[str, str] | None = None,
    *,
    answers: bool = False,
) -> SlackContent:
    return SlackMessages(answers=answers).content(RenderRequest(digest, entry, files), templates(overrides))


def templates(overrides: Mapping[str, str] | None) -> JinjaTemplates:
    return JinjaTemplates(TEMPLATES, overrides, VOCABULARY) if overrides else _shipped()


@cache
def _shipped() -> JinjaTemplates:
    """Shared, because compiling the templates costs more than filling them."""
    return JinjaTemplates(TEMPLATES, vocabulary=VOCABULARY)
