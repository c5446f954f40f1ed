"""What every source's digests keep to, whatever the locale: the first line of an inbox, the text's width, its heads."""

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.golden.two_mondays import FILES
from tests.measured.mails import CURRENCIES, LOCALES, entry, in_currency, second_weeks, website
from tests.support.contents import mail_of
from worker.domain.digest.model import Digest
from worker.rendering.text_table import TEXT_WIDTH, width

FIRST = 120
URL = re.compile(r"^https?://\S+$")


def inbox(digest: Digest, locale: str) -> str:
    """Subject and preheader, as an inbox shows them in a row."""
    made = mail_of(digest, entry(locale))
    hidden = re.search(r'opacity:0">(.*?)(?:&nbsp;|\u00a0)*\u200c', made.html, re.DOTALL)
    assert hidden is not None
    return f"{made.subject} {html.unescape(hidden[1])}".replace("\u2060", "")


@pytest.mark.parametrize("locale", ["en_GB", "de_DE"])
async def test_an_inbox_shows_the_key_number_and_its_movement_for_every_source(tmp_path: Path, locale: str) -> None:
    found = {name: inbox(digest, locale)[:FIRST] for name, digest in (await second_weeks(tmp_path)).items()}
    numbers = {
        "weekly-pipeline": (r"815.101", r"−.?73.916"),
        "pipedrive-week": (r"815.101", r"−.?73.916"),
        "umami-week": (r"6[.,]0", r"−3[.,]2"),
    }
    assert found.keys() == numbers.keys() == FILES.keys()
    for name, patterns in numbers.items():
        for pattern in patterns:
            assert re.search(pattern, found[name]), found[name]


def lines_of(digest: Digest, locale: str) -> list[str]:
    return mail_of(digest, entry(locale)).text.splitlines()


@pytest.mark.parametrize("code", CURRENCIES)
@pytest.mark.parametrize("make", [in_currency, website])
def test_no_line_of_text_is_wider_than_64_columns(make: Callable[[str], Digest], code: str) -> None:
    at = CURRENCIES.index(code)
    for locale in LOCALES[at::5]:
        wide = [
            line for line in lines_of(make(code), locale) if width(line) > TEXT_WIDTH and not URL.match(line.strip())
        ]
        assert wide == [], locale


@pytest.mark.parametrize("locale", ["en_GB", "de_DE"])
async def test_every_table_of_the_text_has_heads_and_blanks_between_its_cells(tmp_path: Path, locale: str) -> None:
    for digest in (await second_weeks(tmp_path)).values():
        lines = lines_of(digest, locale)
        titles = [at for at, line in enumerate(lines) if line and line == line.upper() and line[0].isalpha()]
        assert titles
        glued = [line for line in lines if re.search(r"[\d%€$][+−]\d", line.replace("\u2060", ""))]
        assert glued == []
