"""A digest of its reader's own deals: what to do comes first, and nobody is told who he is."""

import html
from dataclasses import replace

import pytest

from tests.golden.digests import NOTHING_MOVED, OWN, TEAM
from tests.rendering.test_templates import ENTRY, mail
from tests.support.contents import mail_of, posts_of
from tests.support.slack_golden import printed
from worker.rendering.page import CUTS, Page
from worker.rendering.templates import OWN as OWN_WORDS
from worker.rendering.wording import Wording
from worker.sanitize import plain
from worker.vocabulary import VOCABULARY

EN = Wording("en_GB", "Europe/Berlin", 2026, VOCABULARY.words)


def in_order(text: str, *parts: str) -> bool:
    places = [text.find(part) for part in parts]
    assert -1 not in places, parts[places.index(-1)]
    return places == sorted(places)


def test_what_to_do_stands_before_why_and_before_the_bridge() -> None:
    made = mail(OWN)
    assert in_order(made.text, "Your open pipeline, 9 deals", "Act: ", "Why: ", "WHAT TO DO", "WHY IT MOVED")
    assert in_order(made.html, "Your open pipeline", ">Act<", ">Why<", "What to do", "Why it moved")
    [first, *_] = posts_of(OWN, ENTRY).posts
    assert in_order(printed((first,)), "Act", "Why")
    for text in (made.text, html.unescape(made.html)):
        assert "2 of your deals newly stalled, €69,000" in plain(text)


def test_the_reader_is_not_named_among_the_owners() -> None:
    made = mail(OWN)
    for text in (made.text, made.html, printed(posts_of(OWN, ENTRY).posts[:1])):
        assert "Mina" not in text
    assert "Mina" in mail(replace(OWN, own=False)).text


def test_act_says_what_to_do_about_which_deal() -> None:
    page = Page(OWN, EN.said_of(OWN_WORDS), CUTS[0])
    assert page.act_steps == ("Call: Harrowgate Marine", "Email: Salt & Sedge Energy")
    told = "Newly stalled €69,000. Call: Harrowgate Marine; Email: Salt & Sedge Energy."
    assert plain(page.preheader).startswith(told)
    more = replace(OWN.stalled[0], newly_count=7)
    assert plain(Page(replace(OWN, stalled=(more,)), EN, CUTS[0]).act_steps[-1]) == "5 more"
    assert Page(replace(OWN, own=False), EN, CUTS[0]).act_steps == ()


@pytest.mark.parametrize(
    ("locale", "subject", "footer"),
    [
        ("en_GB", "Your €328,000 open, −€3,000 · 2 newly stalled", "because you own deals in Weekly pipeline."),
        ("de_DE", "328.000 € bei Ihnen offen, −3.000 € · 2 neu stockend", "weil Sie für Deals in „Weekly pipeline“"),
    ],
)
def test_subject_and_footer_speak_to_the_owner(locale: str, subject: str, footer: str) -> None:
    made = mail_of(OWN, replace(ENTRY, locale=locale))
    assert plain(made.subject).startswith(subject)
    assert footer in " ".join(made.text.split())


def test_a_digest_in_which_nothing_moved_offers_to_come_only_when_something_did() -> None:
    words = "Send this digest only when something moved"
    assert words in mail_of(NOTHING_MOVED, ENTRY, linked=True).html
    assert words not in mail_of(NOTHING_MOVED, ENTRY).html
    assert words not in mail_of(OWN, ENTRY, linked=True).html


@pytest.mark.parametrize(
    ("locale", "subject", "said"),
    [
        (
            "en_GB",
            "Your team's €1,274,500 open, +€76,200 · 5 newly stalled",
            (
                "Your team's open pipeline, 37 deals",
                "5 of your team's deals newly stalled",
                "Only the deals of your team",
            ),
        ),
        (
            "de_DE",
            "1.274.500 € in Ihrem Team offen, +76.200 € · 5 neu stockend",
            ("Offene Pipeline Ihres Teams, 37 Deals", "5 Deals Ihres Teams neu stockend", "nur die Deals Ihres Teams"),
        ),
    ],
)
def test_a_manager_is_told_of_the_team(locale: str, subject: str, said: tuple[str, ...]) -> None:
    """And who must act is named, since it is not the reader."""
    made = mail_of(TEAM, replace(ENTRY, locale=locale))
    assert plain(made.subject).startswith(subject)
    for text in (" ".join(made.text.split()), html.unescape(made.html)):
        assert [words for words in (*said, "Mina Okafor") if words not in plain(text)] == []
