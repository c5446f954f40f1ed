"""Writes every hand-built digest, notice and notification, every shipped schedule in every state, and the pages of a
reader, as pages to be looked at: `python -m tests.golden.pictures FOLDER`.
"""

import asyncio
import itertools
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.golden.alerts import ALERTS
from tests.golden.digests import DIGESTS
from tests.golden.notices import NOTICES
from tests.golden.reader_pages import READER_PAGES
from tests.golden.states import every_state
from tests.golden.test_brand_golden import MESSAGES
from tests.golden.test_brand_golden import mail as branded_mail
from tests.support.contents import mail_of
from worker.domain.delivery import READER, READER_ALERTS, READER_LINK
from worker.domain.schedule import Subscription
from worker.rendering.reader_pages import page_of

LOCALES = ("en_GB", "de_DE")


def main(folder: Path) -> None:
    """One file for each digest and locale; the address of a reader who does not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        digests = {**DIGESTS, **asyncio.run(every_state(Path(place)))}
    for name, digest in digests.items():
        for locale in LOCALES:
            entry = Subscription("team", "email", "sales@acme.example", "pipeline", locale, "Europe/Berlin")
            html = mail_of(digest, entry).html
            (folder / f"{name}.{locale}.html").write_text(html.replace(READER, "sales@acme.example"), "utf-8")
    for name, alert in ALERTS.items():
        for locale in LOCALES:
            entry = Subscription("team", "email", "sales@acme.example", "alert", locale, "Europe/Berlin")
            html = mail_of(alert, entry, linked=True).html
            page = html.replace(READER, "sales@acme.example").replace(READER_LINK, "#").replace(READER_ALERTS, "#")
            (folder / f"alert-{name}.{locale}.html").write_text(page, "utf-8")
    for name, notice in NOTICES.items():
        for locale in LOCALES:
            entry = Subscription("operator", "email", "ops@acme.example", "notice", locale, "Europe/Berlin")
            html = mail_of(notice, entry).html
            (folder / f"notice-{name}.{locale}.html").write_text(html.replace(READER, "ops@acme.example"), "utf-8")
    for name, locale in itertools.product(MESSAGES, LOCALES):
        html = branded_mail(name, locale).html
        (folder / f"brand-{name}.{locale}.html").write_text(html.replace(READER, "sales@acme.example"), "utf-8")
    for name, own in READER_PAGES.items():
        for locale in LOCALES:
            reads = own.entry and replace(own.entry, locale=locale)
            seen = replace(own, entry=reads, defaults=replace(own.defaults, locale=locale))
            (folder / f"page-{name}.{locale}.html").write_text(page_of(seen), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
