"""The page behind a link says of what it is: of digests, or of alerts alone."""

import re
from dataclasses import replace

import pytest

from tests.golden.reader_pages import READER_PAGES
from worker.rendering.reader_pages import page_of

SENDS = re.compile(r'name="send" value="([^"]*)"')
OF_ALERTS = sorted(name for name in READER_PAGES if "alerts" in name and READER_PAGES[name].entry is not None)


def test_of_digests_a_reader_chooses_whether_each_of_them_comes() -> None:
    page = page_of(READER_PAGES["preferences"])
    assert SENDS.findall(page) == ["always", "on_change", "pause-7", "pause-28"]
    assert "Stop this digest" in page


@pytest.mark.parametrize("name", OF_ALERTS)
def test_of_alerts_nobody_is_asked_about_digests(name: str) -> None:
    page = page_of(READER_PAGES[name])
    assert "on_change" not in page
    assert "digest" not in page.lower()
    assert "Alerts of Weekly pipeline" in page


@pytest.mark.parametrize(
    ("locale", "words"), [("en_GB", "Alerts of Stalled watch"), ("de_DE", "Alarme von Stalled watch")]
)
def test_what_else_comes_to_the_address_says_whether_it_is_alerts(locale: str, words: str) -> None:
    own = READER_PAGES["preferences"]
    assert own.entry is not None
    page = page_of(replace(own, entry=replace(own.entry, locale=locale)))
    assert words in page
    assert ">Website week<" in page
