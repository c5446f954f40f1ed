"""Every golden message, and the mail of any digest at all, is read alike by two parsers of different origin: by that of
the standard library, and by one written in Rust.
"""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import fast_mail_parser
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.channels.slack.test_template import digests
from tests.golden.alerts import ALERTS
from tests.golden.digests import DIGESTS
from tests.golden.notices import NOTICES
from tests.golden.states import every_state
from tests.support.contents import mail_of
from worker.adapters.smtp.mime import MailContent, message
from worker.channels.email.content import HTML_LIMIT, TEXT_LIMIT
from worker.domain.alert.notification import Notification
from worker.domain.delivery import READER, Attachment, DeliveryKey, Envelope, ReaderLinks
from worker.domain.digest.model import Digest
from worker.domain.notice import Notice
from worker.domain.run import RunKey
from worker.domain.schedule import Subscription

SENDER = '"Größe, GmbH" <reports@acme.example>'
ADDRESS = "sales@acme.example"
DATE = datetime(2026, 11, 16, 8, tzinfo=UTC)
KEY = DeliveryKey(RunKey.parse("weekly@2026-11-16T08:00:00Z"), f"team|{ADDRESS}")
BASE = "https://beat.acme.example"
LINKS = ReaderLinks(f"{BASE}/u/{'t' * 120}", f"{BASE}/p/{'t' * 120}", "key", "t" * 120)
FILES = (
    Attachment("déals 1.csv", "text/csv; charset=utf-8", "Müller,1\r\n".encode()),
    Attachment("a.zip", "application/zip", b"\x00\xff"),
)

Read = tuple[str, list[str], list[tuple[str, str, bytes]]]
"""Subject, the types of the parts, and each part's type, name and bytes."""


def by_the_standard_library(raw: bytes) -> Read:
    mail = message_from_bytes(raw, policy=policy.default)
    leaves = [part for part in mail.walk() if not part.is_multipart()]
    found = [(one.get_content_type(), one.get_filename() or "", one.get_payload(decode=True)) for one in leaves]
    return str(mail["Subject"]), [part.get_content_type() for part in mail.walk()], found  # type: ignore[return-value]


def by_another(raw: bytes) -> Read:
    mail, tree = fast_mail_parser.parse_email(raw), fast_mail_parser.parse_email_tree(raw)
    parts = list(fast_mail_parser.walk(tree))
    texts = {"text/plain": iter(mail.text_plain), "text/html": iter(mail.text_html)}
    files = {one.filename: one for one in mail.attachments}
    found = []
    for part in parts:
        if part.content_type.startswith("multipart/"):
            continue
        name = part.filename or ""
        body = files[name].content if name else next(texts[part.content_type]).encode()
        found.append((part.content_type, name, bytes(body)))
    return mail.subject, [part.content_type for part in parts], found


def assert_agreed(content: MailContent) -> None:
    raw = message(content, Envelope(KEY, ADDRESS, DATE, LINKS), SENDER, "weekly.acme.example")
    ours, other = by_the_standard_library(raw), by_another(raw)
    assert ours[:2] == other[:2]
    for (kind, name, body), (other_kind, other_name, other_body) in zip(ours[2], other[2], strict=True):
        assert (kind, name) == (other_kind, other_name)
        assert body.replace(b"\r\n", b"\n") == other_body.replace(b"\r\n", b"\n")
    bodies = {kind: body.decode().replace("\r\n", "\n") for kind, name, body in ours[2] if not name}
    assert bodies["text/plain"].rstrip("\n") == content.text.replace(READER, ADDRESS).rstrip("\n")


def entry(template: str, locale: str) -> Subscription:
    return Subscription("team", "email", ADDRESS, template, locale, "Europe/Berlin")


@pytest.mark.parametrize("locale", ["en_GB", "de_DE"])
def test_every_golden_message_is_read_alike(locale: str) -> None:
    told: list[tuple[str, Digest | Notification | Notice]] = [("pipeline", one) for one in DIGESTS.values()]
    told += [("alert", one) for one in ALERTS.values()]
    told += [("notice", one) for one in NOTICES.values()]
    for template, one in told:
        for files in ((), FILES):
            assert_agreed(mail_of(one, entry(template, locale), files))


async def test_every_state_of_every_shipped_schedule_is_read_alike(tmp_path: Path) -> None:
    for digest in (await every_state(tmp_path)).values():
        assert_agreed(mail_of(digest, entry("pipeline", "de_DE"), FILES))


# What fails is to be seen, and not that its digest is long to print.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@given(digests())
@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_the_mail_of_any_digest_is_made_within_its_limits_and_read_alike(digest: Digest) -> None:
    made = mail_of(digest, entry("pipeline", "en_GB"))
    assert len(made.html.encode()) <= HTML_LIMIT
    assert len(made.text.encode()) <= TEXT_LIMIT
    assert_agreed(made)
