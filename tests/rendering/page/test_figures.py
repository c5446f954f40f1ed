"""Figures and tables as a page prints them: their period, their comparison, and columns that add up."""

import html
import re
from dataclasses import replace

import pytest

from tests.golden.digests import FIGURES, NORMAL, STALLED, group
from tests.golden.digests import deal as a_deal
from tests.measured.mails import in_currency
from tests.rendering.test_templates import mail
from tests.support.slack_golden import printed
from tests.support.slack_golden import rendered as posts
from worker.domain.digest.model import Digest
from worker.domain.digest.sections import Figure, TableSection
from worker.domain.snapshot.snapshot import Column, Kind
from worker.rendering.page import CUTS, Page
from worker.rendering.wording import Wording
from worker.sanitize import plain

EN = Wording("en_GB", "Europe/Berlin", 2026)


def page(digest: Digest = NORMAL) -> Page:
    return Page(digest, EN, CUTS[0])


def test_the_comparison_is_there_from_the_second_week_on() -> None:
    assert page().period(FIGURES) == "9–15\u00a0Nov against 2–8\u00a0Nov"
    second = replace(NORMAL, figures=(replace(FIGURES, new_period=True),))
    assert page(second).period(second.figures[0]) == "New period, 9–15\u00a0Nov against 2–8\u00a0Nov"
    for text in messages(second):
        for word in ("Won", "+4", "28 d before", "+€42,000"):
            assert word in text
        assert "belong to another window" not in text


def test_a_new_period_without_a_comparison_says_why_there_is_none() -> None:
    alone = replace(FIGURES, new_period=True, before_is="", compared=None)
    for text in messages(replace(NORMAL, figures=(alone,))):
        assert "belong to another window" in text
        assert "+4" not in text


def test_a_column_of_money_has_cents_everywhere_or_nowhere_and_adds_up_as_printed() -> None:
    columns = (Column("day", Kind.TEXT), Column("sum", Kind.MONEY), Column("currency", Kind.TEXT))
    amounts = [("Mon", 0, "USD"), ("Tue", 24_650, "USD"), ("Wed", 1_234_505, "USD"), ("Wed", 900, "EUR")]
    table = TableSection("sales", "days", columns, tuple(amounts))
    view = page(replace(NORMAL, tables=(table,))).table_view(table)
    assert [row.cells[0].value for row in view.rows] == ["US$0", "US$246.50", "US$12,345.05", "€9"]
    assert [row.cells[0].mute for row in view.rows] == [True, False, False, False]


@pytest.mark.parametrize(
    ("now", "before", "cells"),
    [
        (26_450, 27_100, ("€264.50", "−€6.50")),
        (26_500, 27_150, ("€265.00", "−€6.50")),
        (26_500, 27_100, ("€265", "−€6")),
        (26_450, 102_400, ("€264.50", "−€759.50")),
        (900, None, ("€9", "–")),
        (None, 900, ("–", "€9 before")),
    ],
)
def test_a_change_adds_up_with_the_value_as_printed(
    now: int | None, before: int | None, cells: tuple[str, str]
) -> None:
    found = page().figure_cells(Figure("revenue", Kind.MONEY, now, before, "EUR"))
    assert tuple(plain(cell) for cell in found) == cells


@pytest.mark.parametrize(
    ("now", "before", "cells"),
    [
        (7_979_840, 11_136_500, ("€79,798", "−€31,567")),
        (100_050, None, ("€1,000", "–")),
        (99_950, 11_136_500, ("€999.50", "−€110,365.50")),
        (7_979_840, 0, ("€79,798", "+€79,798")),
    ],
)
def test_a_large_amount_in_a_list_has_no_cents(now: int, before: int | None, cells: tuple[str, str]) -> None:
    """A small one beside it keeps both with cents; the change is that of the two as they are printed."""
    found = page().figure_cells(Figure("won", Kind.MONEY, now, before, "EUR"))
    assert tuple(plain(cell) for cell in found) == cells


def test_a_share_moves_by_the_difference_of_what_is_printed() -> None:
    found = page().figure_cells(Figure("rate", Kind.RATIO, 0.37458, 0.35742))
    assert tuple(plain(cell) for cell in found) == ("37.5%", "+1.8 pp")


def test_deals_without_a_value_are_named_without_a_dash_in_its_place() -> None:
    bare = replace(STALLED, newly=(group("Mina", a_deal("Acme", "Mina", None, "Demo", None, None)),))
    bare = replace(bare, newly_count=1, newly_totals=(), still_count=0, still_totals=(), still_longest=None)
    digest = replace(NORMAL, stalled=(replace(bare, newly=(replace(bare.newly[0], totals=()),)),))
    shown = page(digest)
    assert plain(shown.act) == "1 deal newly stalled"
    assert plain(shown.section_note(digest.stalled[0])) == "1 newly stalled"
    assert "Newly stalled: Mina 1." in shown.preheader
    first = replace(digest, stalled=(replace(digest.stalled[0], first=True),))
    assert "1 is stalled today: Mina 1." in page(first).preheader


def messages(digest: Digest) -> list[str]:
    """The three forms of a digest: text, HTML and Slack's posts."""
    made = mail(digest)
    forms = (made.text, made.html, printed(posts(digest).posts))
    return [plain(html.unescape(re.sub(r"<[^>]+>", " ", form))) for form in forms]


@pytest.mark.parametrize("blank", ["   ", "\u200b", "\u3164"])
def test_an_owner_or_a_stage_that_shows_nothing_is_none(blank: str) -> None:
    assert EN.named(blank, "No owner") == "No owner"
    named = replace(STALLED, newly=(replace(STALLED.newly[0], owner=blank),))
    shown = page(replace(NORMAL, stalled=(named,)))
    assert shown.act_owners[0][0] == "No owner"


def test_a_count_and_its_amount_are_bound_only_as_far_as_a_phone_is_wide() -> None:
    """A large amount was broken in the midst of its currency: "1.632.000.000 I" and "DR"."""
    told = {}
    for code in ("EUR", "IDR"):
        page = Page(in_currency(code), Wording("de_DE", "UTC", 2026), CUTS[0])
        assert page.why is not None
        told[code] = page.why[1].split(", ")[0]
    assert told["EUR"].startswith("4\xa0gewonnen\xa0")
    assert told["IDR"].startswith("4\xa0gewonnen −")


def of_close(*names: str) -> Digest:
    figures = tuple(Figure(name, Kind.INT, 10 + at, 9) for at, name in enumerate(names))
    return replace(NORMAL, figures=(replace(FIGURES, figures=figures),))


def test_a_list_of_figures_has_six_and_names_the_others() -> None:
    """Ten figures of a funnel report took more of a phone than the bridge."""
    [shown] = page(of_close(*(f"figure_{letter}" for letter in "abcdefgh"))).figure_lists
    assert [row.label for row in shown.rows] == [f"Figure {letter}" for letter in "abcdef"]
    assert plain(shown.cut) == "2 more figures not shown: Figure g, Figure h."
    [short] = page(of_close(*(f"figure_{letter}" for letter in "abcdef"))).figure_lists
    assert short.cut == ""
    [endless] = page(of_close(*(f"figure_{at}" for at in range(40)))).figure_lists
    assert plain(endless.cut).endswith("Figure 17, 22 more figures.")


def test_what_a_list_of_figures_leaves_out_is_said_in_every_form() -> None:
    for text in messages(of_close(*(f"figure_{letter}" for letter in "abcdefgh"))):
        assert "2 more figures not shown: Figure g, Figure h." in " ".join(text.split())
