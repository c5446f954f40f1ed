"""Writes every hand-built digest, notice and notification, every shipped schedule in every state, and the pages of a
reader, as pages to be looked at: `python -m tests.golden.pictures FOLDER`.
"""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.golden.alert_pages import ALERT_PAGES, OVER
from tests.golden.alerts import ALERTS
from tests.golden.brands import BRAND
from tests.golden.digests import DIGESTS
from tests.golden.notices import NOTICES
from tests.golden.reader_pages import READER_PAGES
from tests.golden.states import every_state
from tests.golden.test_brand_golden import MESSAGES
from tests.golden.test_brand_golden import mail as branded_mail
from tests.support.contents import mail_of, posts_of
from worker.channels.slack.shown_posts import shown_posts
from worker.domain.delivery import READER, READER_ALERTS, READER_LINK, Attachment
from worker.domain.digest.model import Digest
from worker.domain.schedule import Subscription
from worker.rendering.alerts_page import alerts_page_html
from worker.rendering.reader_pages import page_of

LOCALES = ("en_GB", "de_DE")
CSV = Attachment("deals.csv", "text/csv", b"id\r\n")


def main(folder: Path) -> None:
    """One file for each of them and each locale; the address of a reader who does not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        digests = {**DIGESTS, **asyncio.run(every_state(Path(place)))}
    for locale in LOCALES:
        mails = (*digest_mails(digests, locale), *other_mails(locale))
        for name, html in (*mails, *slack_posts(digests, locale), *reader_pages(locale)):
            page = html.replace(READER, "sales@acme.example").replace(READER_LINK, "#").replace(READER_ALERTS, "#")
            (folder / f"{name}.{locale}.html").write_text(page, "utf-8")


def digest_mails(digests: dict[str, Digest], locale: str) -> Iterator[tuple[str, str]]:
    """As a reader gets them, with the link to the preferences; a copy has none."""
    entry = Subscription("team", "email", "sales@acme.example", "pipeline", locale, "Europe/Berlin")
    for name, digest in digests.items():
        yield name, mail_of(digest, entry, linked=True).html
    yield "copy", mail_of(digests["normal"], entry, (CSV,)).html


def other_mails(locale: str) -> Iterator[tuple[str, str]]:
    entry = Subscription("team", "email", "sales@acme.example", "alert", locale, "Europe/Berlin")
    for name, alert in ALERTS.items():
        yield f"alert-{name}", mail_of(alert, entry, linked=True).html
    operator = replace(entry, id="operator", template="notice")
    for name, notice in NOTICES.items():
        yield f"notice-{name}", mail_of(notice, operator, linked=bool(notice.held)).html
    for name in MESSAGES:
        yield f"brand-{name}", branded_mail(name, locale, BRAND).html


def slack_posts(digests: dict[str, Digest], locale: str) -> Iterator[tuple[str, str]]:
    """The main post and its thread, as near to Slack's app as a page of ours comes."""
    entry = Subscription("room", "slack", "C0123456789", "pipeline", locale, "Europe/Berlin")
    for name, digest in digests.items():
        yield f"slack-{name}", shown_posts(posts_of(digest, entry).posts)
    for name, alert in ALERTS.items():
        yield f"slack-alert-{name}", shown_posts(posts_of(alert, replace(entry, template="alert"), answers=True).posts)
    for name, notice in NOTICES.items():
        yield f"slack-notice-{name}", shown_posts(posts_of(notice, replace(entry, template="notice")).posts)


def reader_pages(locale: str) -> Iterator[tuple[str, str]]:
    for name, own in READER_PAGES.items():
        reads = own.entry and replace(own.entry, locale=locale)
        yield f"page-{name}", page_of(replace(own, entry=reads, defaults=replace(own.defaults, locale=locale)))
    for name, alerts in {**ALERT_PAGES, OVER: ALERT_PAGES["alerts-none"]}.items():
        reads = alerts.entry and replace(alerts.entry, locale=locale)
        yield f"page-{name}", alerts_page_html(replace(alerts, entry=reads), over=name == OVER)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
