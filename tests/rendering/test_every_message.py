"""What the text of every golden message, and every thread in Slack, keep to: digests of every source in every state,
collected ones, alerts, notices, and those with a brand.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.golden.alerts import ALERTS
from tests.golden.digests import DIGESTS
from tests.golden.notices import NOTICES
from tests.golden.states import every_state
from tests.golden.test_brand_golden import MESSAGES, mail, posts
from tests.support.contents import mail_of, posts_of
from worker.domain.delivery import Attachment
from worker.domain.schedule import Subscription
from worker.rendering.text_table import TEXT_WIDTH, width

LANGUAGES = ("en_GB", "de_DE")
ALONE = re.compile(r"\s*(https?://\S+|funnelbeat .*)")
"""A line that may be wide: an address, or a command to be typed."""

CELLS = re.compile(r"\s{2,}")
REPLIES = 4


def entry(template: str, locale: str) -> Subscription:
    return Subscription("team", "email", "sales@acme.example", template, locale, "Europe/Berlin")


async def texts(place: Path, locale: str) -> dict[str, list[str]]:
    """The lines of every text, by the message's name."""
    digests = {**DIGESTS, **(await every_state(place))}
    found = {name: mail_of(digest, entry("pipeline", locale)).text for name, digest in digests.items()}
    found |= {f"alert-{name}": mail_of(alert, entry("alert", locale)).text for name, alert in ALERTS.items()}
    found |= {f"notice-{name}": mail_of(notice, entry("notice", locale)).text for name, notice in NOTICES.items()}
    found |= {f"brand-{name}": mail(name, locale).text for name in MESSAGES}
    return {name: text.splitlines() for name, text in found.items()}


def tables(lines: list[str]) -> Iterator[list[list[str]]]:
    """The cells of each table's lines. A table stands two places in, and its lines begin with a name, not a number."""
    table: list[list[str]] = []
    for line in (*lines, ""):
        cells = CELLS.split(line.strip())
        row = line.startswith("  ") and line[2:3].isalpha() and len(cells) > 1
        if row:
            table.append(cells)
        elif not line.startswith("  "):
            if table:
                yield table
            table = []


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_no_line_of_any_text_is_wider_than_64_columns(locale: str, tmp_path: Path) -> None:
    for name, lines in (await texts(tmp_path, locale)).items():
        wide = [line for line in lines if width(line) > TEXT_WIDTH and not ALONE.match(line)]
        assert wide == [], name
        assert not {"\u00a0", "\u202f", "\u2060"} & set("".join(lines)), name


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_every_table_has_heads_and_two_blanks_between_its_cells(locale: str, tmp_path: Path) -> None:
    """Alerts are lists, not tables."""
    seen = 0
    for name, lines in (await texts(tmp_path, locale)).items():
        for heads, *rows in tables(lines) if not name.startswith(("alert-", "brand-alert")) else ():
            seen += 1
            assert not any(letter.isdigit() for letter in "".join(heads)), (name, heads)
            assert [row for row in rows if len(row) > len(heads)] == [], (name, heads)
        assert [line for line in lines if re.search(r"[\d%€$][+−]\d|\(–\)", line)] == [], name
    assert seen >= 30


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_no_message_in_slack_has_more_than_four_replies(locale: str, tmp_path: Path) -> None:
    """A file is a reply too."""
    digests = {**DIGESTS, **(await every_state(tmp_path))}
    files = (Attachment("deals.csv", "text/csv", b"id\r\n"), Attachment("stalled.csv", "text/csv", b"id\r\n"))
    found = {name: posts_of(digest, entry("pipeline", locale), files) for name, digest in digests.items()}
    found |= {f"alert-{name}": posts_of(alert, entry("alert", locale)) for name, alert in ALERTS.items()}
    found |= {f"notice-{name}": posts_of(notice, entry("notice", locale)) for name, notice in NOTICES.items()}
    found |= {f"brand-{name}": posts(name, locale) for name in MESSAGES}
    replies = {name: len(one.posts) - 1 + len(one.attachments) for name, one in found.items()}
    assert {name: number for name, number in replies.items() if number > REPLIES} == {}
    assert max(replies.values()) >= 2
