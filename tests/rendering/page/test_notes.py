"""What a source says beside an answer reaches every reader, in every channel."""

import html
import json
from dataclasses import replace

import pytest

from tests.domain.builders import answer, schedule, stalled_deals
from tests.domain.digests import digest as made_digest
from tests.golden.digests import DIGESTS, NORMAL, STALLED
from tests.rendering.test_templates import mail
from tests.support.contents import posts_of
from tests.support.slack_golden import printed, rendered
from worker.channels.slack.webhook import SlackWebhookChannel
from worker.domain.digest.model import Digest
from worker.domain.schedule import Subscription
from worker.domain.snapshot.notes import NoteCode, counted
from worker.rendering.page import CUTS, Cut, Page
from worker.rendering.wording import Wording
from worker.vocabulary import VOCABULARY

EN = Wording("en_GB", "UTC", 2026, VOCABULARY.words)
DE = Wording("de_DE", "UTC", 2026, VOCABULARY.words)


def noted(*notes: str, digest: Digest = NORMAL) -> Digest:
    return replace(digest, sources=(*digest.sources[:-1], replace(digest.sources[-1], notes=notes)))


def one_line(text: str) -> str:
    return " ".join(html.unescape(text).split())


def webhook(digest: Digest) -> str:
    """All that a webhook's reader sees."""
    entry = Subscription("room", "slack", "", "pipeline", "en_GB", "Europe/Berlin")
    channel = SlackWebhookChannel("https://hooks.example/services/x")
    return channel.preview(posts_of(digest, entry), "").text


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_every_channel_prints_what_a_source_noted(name: str) -> None:
    digest = noted("the website was reset on 18 Nov", digest=DIGESTS[name])
    made = mail(digest)
    for text in (made.text, made.html, printed(rendered(digest).posts), webhook(digest)):
        assert "the website was reset on 18 Nov" in one_line(text)


def test_notes_past_three_of_one_source_are_counted() -> None:
    digest = noted(*(f"note number {n}" for n in range(7)))
    for text in (mail(digest).text, mail(digest).html, webhook(digest)):
        assert [n for n in range(7) if f"note number {n}" in text] == [0, 1, 2]
        assert "and 4 more notes" in one_line(text)


def test_what_a_source_counted_as_more_is_added_to_what_is_not_printed() -> None:
    digest = noted(*(f"note number {n}" for n in range(5)), "and 30 more notes")
    assert "and 32 more notes" in one_line(mail(digest).text)


def test_a_note_of_many_sources_keeps_a_post_within_its_limits() -> None:
    line = replace(NORMAL.sources[0], notes=tuple(f"{n} " + "x" * 400 for n in range(20)))
    digest = replace(NORMAL, sources=tuple(replace(line, query_id=f"q{n}") for n in range(40)))
    assert len(json.dumps(rendered(digest).posts[0])) < 13_000
    assert "35 more" in one_line(webhook(digest))


def test_a_note_that_a_source_coded_is_said_in_the_language_of_the_reader() -> None:
    digest = noted(counted(NoteCode.NOT_JUDGED, 6))
    assert "6 open deals were not judged" in one_line(mail(digest).text)
    page = Page(digest, DE, Cut(), (), VOCABULARY)
    assert "6 offene Deals wurden nicht beurteilt" in one_line(page.source_rows[-1].notes[0])


def test_a_mail_of_which_only_the_sources_count_still_prints_their_notes() -> None:
    shortest = Page(noted("the website was reset"), EN, CUTS[-1], (), VOCABULARY)
    assert not shortest.cut.every_source
    assert [row.notes for row in shortest.source_rows] == [(), (), (), ("the website was reset",)]


NONE_STALLED = replace(STALLED, newly=(), newly_count=0, newly_totals=(), moving_again=(), left=(), still_count=0)


@pytest.mark.parametrize("first", [True, False])
def test_nobody_says_that_no_deal_is_stalled_of_deals_that_were_not_judged(first: bool) -> None:
    digest = replace(NORMAL, stalled=(replace(NONE_STALLED, first=first, unjudged=6),))
    for text in (mail(digest).text, mail(digest).html, printed(rendered(digest).posts)):
        said = one_line(text)
        assert "No deal is stalled" not in said
        assert "None of the judged deals is stalled" in said
        assert "6 open deals were not judged" in said


def test_beside_stalled_deals_too_the_number_of_deals_that_were_not_judged_is_said() -> None:
    for section in (STALLED, replace(NONE_STALLED, still_count=2)):
        digest = replace(NORMAL, stalled=(replace(section, unjudged=1),))
        for text in (mail(digest).text, mail(digest).html, printed(rendered(digest).posts)):
            assert "1 open deal was not judged" in one_line(text)


def test_a_stalled_list_that_heads_a_digest_does_not_call_none_what_was_not_judged() -> None:
    now = replace(answer([], query="stalled"), notes=(counted(NoteCode.NOT_JUDGED, 6),))
    found = made_digest(schedule(stalled_deals()), [now])
    made = mail(found)
    assert made.subject.startswith("0 stalled, 6 not judged · ")
    for text in (made.text, made.html, printed(rendered(found).posts)):
        assert "None of the judged deals is stalled" in one_line(text)
        assert "No stalled deals" not in one_line(text)


def test_a_list_whose_deals_were_all_judged_says_nothing_of_it() -> None:
    assert "judged" not in mail(replace(NORMAL, stalled=(NONE_STALLED,))).text
