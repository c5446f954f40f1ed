"""What heads a digest: of which deals it is, of none, of a website, of parts that are missing; on time or late."""

import html
import re
from dataclasses import replace

import pytest

from tests.domain.builders import LAST_WEEK, THIS_WEEK, answer, deal, open_deals, schedule, stalled_deals
from tests.domain.digests import GAP, digest, totals, totals_item
from tests.golden.digests import FUNNEL, KEY_GAP, NORMAL, OTHER_GAP
from tests.rendering.test_templates import ENTRY, mail
from tests.support.contents import mail_of, posts_of
from tests.support.slack_golden import printed
from worker.domain.digest.model import Digest, SourceLine, Standing
from worker.domain.digest.sections import Figure, KeyMeasure
from worker.domain.schedule import Query
from worker.domain.snapshot.snapshot import Column, Gap, GapReason, Kind, Row, Snapshot, table

KEY = KeyMeasure("totals", Figure("count", Kind.INT, 31, 27), compared=FUNNEL.compared, before_is="comparison")
WEBSITE = replace(
    NORMAL,
    key_query=None,
    keys=(),
    bridges=(),
    moves=(),
    stalled=(),
    name="Website week",
    sources=NORMAL.sources[2:],
    measure=KEY,
)
GERMAN = replace(ENTRY, locale="de_DE")


def one_line(text: str) -> str:
    return " ".join(html.unescape(text).replace("\u2060", "").split())


def messages(found: Digest) -> list[str]:
    """Mail as text and HTML with its subject, and the posts."""
    made = mail(found)
    return [
        one_line(f"{made.subject}\n{text}") for text in (made.text, made.html, printed(posts_of(found, ENTRY).posts))
    ]


@pytest.mark.parametrize(
    ("status", "head", "subject"),
    [
        ("active", "Open pipeline, 2 deals", "€600 open"),
        ("won", "Won, 2 deals", "€600 won"),
        ("lost", "Lost, 2 deals", "€600 lost"),
        (None, "2 deals", "€600"),
        ("won,lost", "2 deals", "€600"),
    ],
)
def test_a_list_is_headed_by_the_status_of_the_deals_that_it_selects(
    status: str | None, head: str, subject: str
) -> None:
    item = open_deals(status_type=status)
    found = digest(schedule(item), [answer([deal("a", 20_000), deal("b", 40_000)])])
    made = mail(found)
    assert f"CET {head} €600" in one_line(made.text)
    assert made.subject.split(" · ")[0] == subject
    if status != "active":
        assert not [text for text in messages(found) if " open" in text.lower()]


@pytest.mark.parametrize("before", [None, []])
def test_no_open_deals_are_a_number(before: list[object] | None) -> None:
    past = None if before is None else [answer([], at=LAST_WEEK)]
    found = digest(schedule(open_deals(), bridge="deals"), [answer([], followed=[])], past)
    made = mail(found)
    assert "Open pipeline, 0 deals 0 No open deals" in one_line(made.text)
    assert made.subject.startswith("0 open · Weekly pipeline")
    for text in messages(found):
        assert "No open deals" in text
        assert ("First digest" in text) is (before is None)
        assert ("Unchanged since" in text) is (before is not None)


def test_no_stalled_deals_are_a_number_too() -> None:
    found = digest(schedule(stalled_deals()), [answer([], query="stalled")])
    assert "Stalled, 0 deals 0 No stalled deals" in one_line(mail(found).text)


def test_every_first_digest_says_that_it_is_the_first() -> None:
    found = digest(schedule(totals_item()), [totals(3)])
    assert all("First digest: movement starts" in text for text in messages(found))


def test_a_website_digest_begins_with_its_key_figure_and_how_it_moved() -> None:
    assert one_line(mail(WEBSITE).subject) == "Deals 31, +4 · Website week"
    for text in messages(WEBSITE):
        assert "66.7%" in text
    post = posts_of(WEBSITE, ENTRY).posts[0]
    assert "+4" in one_line(str(post["text"]))
    assert "+4" in one_line(post["blocks"][0]["text"]["text"])


def test_a_digest_with_a_funnel_alone_is_headed_by_its_conversion() -> None:
    stages = (("Qualified", "active", 0, 100, 0.3), ("Won", "won", 1, 6, None))
    before = (("Qualified", "active", 0, 120, 0.2), ("Won", "won", 1, 11, None))
    found = digest(
        schedule(Query("funnel", "close", "funnel_stages")), [staged(stages)], compared={"funnel": staged(before)}
    )
    assert one_line(mail(found).subject).startswith("6.0% conversion, −3.2 pp · Weekly pipeline")
    for text in messages(found):
        assert "Qualified to Won" in text


def staged(rows: tuple[tuple[object, ...], ...]) -> Snapshot:
    names = (("label", Kind.TEXT), ("type", Kind.TEXT), ("position", Kind.INT), ("count", Kind.INT))
    columns = (*(Column(name, kind) for name, kind in names), Column("count_conversion_rate", Kind.RATIO))
    listed = table("stages", columns, [Row(str(cells[2]), cells) for cells in rows])  # type: ignore[arg-type]
    return Snapshot("funnel", "fp", None, THIS_WEEK, (THIS_WEEK, THIS_WEEK), tables=(listed,))


@pytest.mark.parametrize("found", [NORMAL, WEBSITE, KEY_GAP, replace(WEBSITE, figures=(), funnels=(), measure=None)])
def test_a_late_digest_says_so_whatever_heads_it(found: Digest) -> None:
    late = replace(found, late=6 * 86_400)
    assert all("Runs 6 days after its slot" in text for text in messages(late))


def test_only_a_missing_list_of_deals_speaks_of_deals_that_count_as_gone() -> None:
    words = "No deal counts as new"
    assert not [text for text in messages(OTHER_GAP) if words in text]
    assert all(words in text for text in messages(KEY_GAP))


def _gone(query: str, *, stalled: bool = False) -> Digest:
    gap = Gap(query, GapReason.UNAVAILABLE, "no answer came in time")
    line = SourceLine(
        query, "close", "opportunities", None, None, None, gap, stalled=stalled, name="" if stalled else "Won"
    )
    return replace(NORMAL, stalled=(), sources=(*NORMAL.sources[:1], line), gaps=(gap,))


def test_who_must_act_is_unknown_only_where_a_stalled_list_is_missing() -> None:
    won = mail(_gone("won"))
    assert "WHO MUST ACT" not in won.text
    assert "WON Not known: the list did not come." in one_line(won.text)
    assert "the list did not come" in won.html
    assert "WHO MUST ACT Not known: needs the full list of stalled deals." in one_line(
        mail(_gone("stalled", stalled=True)).text
    )


def test_a_stalled_list_that_heads_a_digest_and_is_missing_is_not_called_the_open_pipeline() -> None:
    found = digest(schedule(stalled_deals()), [], None, replace(GAP, query_id="stalled"))
    assert not [text for text in messages(found) if "open pipeline" in text.lower()]


@pytest.mark.parametrize(
    ("queries", "subject"),
    [
        (("visits",), "Incomplete: Visits missing · Website week"),
        (("visits", "sales"), "Incomplete: 2 parts missing · Website week"),
    ],
)
def test_the_subject_of_a_digest_without_deals_names_what_is_missing(queries: tuple[str, ...], subject: str) -> None:
    gaps = tuple(Gap(one, GapReason.UNAVAILABLE, "no answer came in time") for one in queries)
    lines = tuple(SourceLine(gap.query_id, "umami", "stats", None, None, None, gap) for gap in gaps)
    gone = {"figures": (), "funnels": (), "sources": lines, "gaps": gaps, "measure": None}
    found = replace(WEBSITE, standing=Standing.UNKNOWN, **gone)  # type: ignore[arg-type]
    assert mail(found).subject == subject
    assert not [text for text in messages(found) if "pipeline" in text or "deal list" in text]


def test_a_chart_is_headed_by_what_its_funnel_counts() -> None:
    line = SourceLine("funnel", "umami", "funnel", None, None, None)
    found = printed(posts_of(replace(WEBSITE, funnels=(FUNNEL,), sources=(line,)), ENTRY).posts)
    assert '"title": "Visitors per stage"' in found
    assert '"title": "Deals per stage"' in printed(posts_of(NORMAL, ENTRY).posts)


@pytest.mark.parametrize("status", ["active", "won", "lost", None])
def test_german_has_a_word_for_each_head(status: str | None) -> None:
    for rows in ([], [deal("a")]):
        found = digest(schedule(open_deals(status_type=status)), [answer(rows)])
        assert mail_of(found, GERMAN).subject


def test_a_key_figure_without_a_value_is_words_in_every_form() -> None:
    """A number is large; words in its place are not, so that they fit a phone."""
    rate = KeyMeasure("funnel", Figure("conversion_rate", Kind.RATIO, None, 0.092), FUNNEL.window, FUNNEL.compared)
    nobody = replace(rate, before_is="comparison", first="/pricing", last="purchase", part=0, whole=0)
    for key, words in ((nobody, "Nobody at /pricing"), (replace(nobody, first="", part=None, whole=None), "No visits")):
        found = replace(WEBSITE, measure=key)
        for text in messages(found):
            assert words.lower() in text.lower()
        made = mail(found)
        assert "9.2% in 2–8 Nov" in one_line(made.text)
        assert re.search(rf"font-size: ?26px[^>]*>{words}<", made.html)
        assert not [line for line in made.text.splitlines() if line.strip() in ("–", "0 of 0")]


def test_a_figure_that_no_source_puts_first_is_headed_by_its_query() -> None:
    """A word such as "Deals" or "Won" alone could be of any deals. The name that a definition gives says of which."""
    alone = digest(schedule(totals_item()), [totals(31)], [totals(27)])
    assert [text for text in messages(alone)[:2] if "Funnel totals: Won" not in text] == []
    named = replace(alone, sources=tuple(replace(one, name="Closed this year") for one in alone.sources))
    assert [text for text in messages(named)[:2] if "Closed this year: Won" not in text] == []
    assert "Funnel totals:" not in messages(WEBSITE)[0]
