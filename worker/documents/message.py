"""The content of a message to a reader, of any kind, for programs. The shapes are in `digest_shapes`."""

from collections.abc import Iterable

from worker.documents.alert import alert_message
from worker.documents.alert_shapes import AlertMessage
from worker.documents.digest import digest_message, notice_message
from worker.documents.digest_shapes import DigestMessage, NoticeMessage
from worker.domain.alert.notification import Notification
from worker.domain.delivery import Attachment
from worker.domain.digest.model import Digest
from worker.domain.notice import Notice


def message_document(
    composed: Digest | Notice | Notification, subject: str, text: str, files: Iterable[Attachment] = ()
) -> DigestMessage | NoticeMessage | AlertMessage:
    """{"type", "timestamp", "data"} with the type digest, notice or alert."""
    if isinstance(composed, Notice):
        return notice_message(composed, subject, text)
    if isinstance(composed, Notification):
        return alert_message(composed, subject, text, files)
    return digest_message(composed, subject, text, files)
