"""Held digests in a line each."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.golden.digests import DIGESTS
from tests.support.contents import mail_of
from tests.support.slack_golden import printed, rendered
from worker.domain.cap import HeldDigest
from worker.domain.digest.sections import Figure
from worker.domain.schedule import Subscription
from worker.domain.snapshot.snapshot import Kind
from worker.rendering.page.held import held_lines
from worker.rendering.wording import Wording

AT = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
ENGLISH, GERMAN = Wording("en_GB", "Europe/Berlin", 2026), Wording("de_DE", "Europe/Berlin", 2026)


def entry(locale: str) -> Subscription:
    return Subscription("team", "email", "sales@acme.example", "pipeline", locale, "Europe/Berlin")


def line(figure: Figure | None, *, of_deals: bool = False, changes: int = 0, w: Wording = ENGLISH) -> str:
    (said,) = held_lines(w, [HeldDigest("Day", AT, changes, figure, of_deals)], 0)
    return said.replace("\xa0", " ").replace("\u2060", "")


@pytest.mark.parametrize(
    ("figure", "of_deals", "said"),
    [
        (None, False, ""),
        (Figure("subject.open", Kind.MONEY, 82_090_000, 82_540_000, "EUR"), True, ", €820,900 open, −€4,500"),
        (Figure("subject.open", Kind.MONEY, 100, 100, "EUR"), True, ", €1 open, unchanged"),
        (Figure("subject.open", Kind.MONEY, 100, None, "EUR"), True, ", €1 open"),
        (Figure("subject.other", Kind.MONEY, 100, None, "EUR"), True, ", €1"),
        (Figure("visitors", Kind.INT, 31, 30), False, ", Visitors 31, +1"),
        (Figure("visitors", Kind.INT, 31, None), False, ", Visitors 31"),
    ],
)
def test_a_line_has_name_time_and_key_figure(figure: Figure | None, of_deals: bool, said: str) -> None:
    assert line(figure, of_deals=of_deals) == f"Day, Fri 20 Nov, 20:00 CET{said}"


def test_it_says_how_much_changed_in_the_readers_language() -> None:
    assert line(None, changes=3, w=GERMAN) == "Day, Fr. 20. Nov., 20:00 MEZ, 3 Änderungen"


def test_beyond_those_that_are_named_the_others_are_counted() -> None:
    assert held_lines(ENGLISH, [HeldDigest("Day", AT, 0)], 4)[-1] == ENGLISH.more(4)
    assert held_lines(ENGLISH, [], 0) == ()


@pytest.mark.parametrize("locale", ["en_GB", "de_DE"])
def test_a_digest_names_what_was_held_in_every_form(locale: str) -> None:
    """Names are text: nothing in one makes markup, and the channel's own checks pass."""
    hostile = HeldDigest("<img src=x> *Day*", AT, 2, Figure("visitors", Kind.INT, 31, 30))
    digest = replace(DIGESTS["normal"], held=(hostile, *[HeldDigest("Day", AT, 0)] * 19), more_held=7)
    mail, chat = mail_of(digest, entry(locale)), rendered(digest, locale)
    head = "Also held: 27\xa0digests" if locale == "en_GB" else "Nicht gesendet: 27\xa0Berichte"
    assert head.replace("\xa0", "&nbsp;") in mail.html or head in mail.html.replace("&nbsp;", "\xa0")
    assert "<img src=x>" not in mail.html
    assert head.replace("\xa0", " ").upper() in " ".join(mail.text.split())
    assert max(len(line) for line in mail.text.splitlines()) <= 64
    assert head in printed(chat.posts)
