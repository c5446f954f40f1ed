"""The page behind a link says of what it is: of digests, or of alerts alone."""

import html
import re
from dataclasses import replace

import pytest

from tests.golden.reader_pages import READER_PAGES
from worker.domain.cap import Cap
from worker.domain.schedule import Collect
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


def words_of(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        (
            "en_GB",
            (
                "Mondays 09:00 CET, last sent Mon 9 Nov",
                "At most 5 a day, rest collected",
                "Time zone Berlin",
                "Website day Every day 08:00 CET, collected",
                "Alerts of Stalled watch Checked every 15 minutes",
            ),
        ),
        (
            "de_DE",
            (
                "Montags um 09:00 MEZ, zuletzt gesendet Mo. 9. Nov.",
                "Höchstens 5 am Tag, Rest gesammelt",
                "Zeitzone Berlin",
                "Website day Täglich um 08:00 MEZ, gesammelt",
                "Alarme von Stalled watch Prüfung alle 15 Minuten",
            ),
        ),
    ],
)
def test_a_reader_sees_when_it_comes_and_came_the_cap_and_the_zone(locale: str, told: tuple[str, ...]) -> None:
    own = READER_PAGES["preferences"]
    assert own.entry is not None
    page = words_of(page_of(replace(own, entry=replace(own.entry, locale=locale))))
    for words in told:
        assert words in page


@pytest.mark.parametrize(
    ("seconds", "english", "german"),
    [
        (3_600, "At most 5 an hour,", "Höchstens 5 pro Stunde,"),
        (604_800, "At most 5 in 7 days,", "Höchstens 5 in 7 Tagen,"),
    ],
)
def test_a_cap_is_said_as_people_say_it(seconds: int, english: str, german: str) -> None:
    own = READER_PAGES["preferences"]
    assert own.entry is not None
    for locale, words in (("en_GB", english), ("de_DE", german)):
        entry = replace(own.entry, locale=locale)
        page = replace(own, entry=entry, defaults=replace(own.defaults, cap=Cap(5, seconds)))
        assert words in words_of(page_of(page)).replace("\u00a0", " ")


def test_alerts_that_are_checked_on_a_weekday_are_said_in_one_sentence() -> None:
    own = READER_PAGES["preferences-alerts"]
    assert own.entry is not None
    page = words_of(page_of(replace(own, entry=replace(own.entry, locale="de_DE"))))
    assert "Prüfung montags um 09:00 MEZ" in page.replace("\u00a0", " ")


def test_digests_that_are_collected_come_at_the_fixed_time_of_the_readers_zone() -> None:
    own = READER_PAGES["preferences"]
    assert own.entry is not None
    weekly = replace(own.entry, collect=Collect.WEEKLY, zone="Asia/Tokyo")
    assert "Mondays 08:00 JST, collected" in words_of(page_of(replace(own, entry=weekly)))


def test_a_link_that_works_for_ever_tells_neither_when_nor_how_often() -> None:
    page = words_of(page_of(READER_PAGES["unsubscribe"]))
    for told in ("Mondays", "last sent", "At most", "Time zone"):
        assert told not in page


def test_no_cap_is_told_to_whom_none_holds() -> None:
    own = READER_PAGES["preferences"]
    assert own.entry is not None
    assert "At most" not in page_of(replace(own, entry=replace(own.entry, uncapped=True)))
