"""Tables that a digest prints: in which order, under which names, and what is said of those that are left out."""

import html
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.domain.builders import THIS_WEEK, answer, deal, open_deals, schedule, stalled_deals
from tests.domain.digests import digest
from tests.golden.digests import FIGURES, LONG, NORMAL
from tests.rendering.test_templates import ENTRY, mail
from tests.support.contents import mail_of, posts_of
from tests.support.slack_golden import printed
from worker.domain.delivery import Attachment
from worker.domain.digest.layout import suggested
from worker.domain.digest.model import SourceLine
from worker.domain.digest.sections import TableSection
from worker.domain.schedule import Query
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.snapshot import Column, Gap, GapReason, Kind, Measure, Row, Snapshot, table
from worker.domain.time.window import Window
from worker.rendering import samples
from worker.rendering.page import CUTS, Page
from worker.rendering.wording import Wording
from worker.vocabulary import VOCABULARY

EN = Wording("en_GB", "UTC", 2026)
COUNTED = (Column("name", Kind.TEXT), Column("visitors", Kind.INT), Column("views", Kind.INT, sum=True))
GROUPS = TableSection("origins", "referrer", (Column("name", Kind.TEXT),), (("a",),))


def one_line(text: str) -> str:
    return " ".join(html.unescape(text).split())


def rows_of(columns: tuple[Column, ...], *cells: tuple[object, ...]) -> list[tuple[object, ...]]:
    listed = [Row(f"k{n}", one) for n, one in enumerate(cells)]  # type: ignore[arg-type]
    at = (THIS_WEEK, THIS_WEEK)
    now = Snapshot("totals", "fp", None, THIS_WEEK, at, tables=(table("users", columns, listed),))
    item = Query("totals", "close", "funnel_stages")
    found = digest(schedule(item), [now])
    return [row for section in found.tables for row in section.rows]


def test_a_table_begins_with_its_largest_rows() -> None:
    assert rows_of(COUNTED, ("a", 9, 1), ("b", 1, 300), ("c", 2, None), ("d", 3, 20)) == [
        ("b", 1, 300),
        ("d", 3, 20),
        ("a", 9, 1),
        ("c", 2, None),
    ]


def test_deals_begin_with_the_largest_value_per_year() -> None:
    monthly, yearly = deal("m", 500, period="monthly"), deal("y", 900)
    found = digest(schedule(open_deals(), open_deals("won")), [answer([monthly, yearly], query="won")])
    assert [row[0] for row in found.tables[0].rows] == ["Deal m", "Deal y"]


def test_a_second_list_shows_what_its_deals_are_worth() -> None:
    rows = [deal("m", 500, period="monthly", closed_at=1_795_000_000_000), deal("y", 900, owner=None)]
    found = digest(schedule(open_deals(), open_deals("won")), [answer(rows, query="won")])
    text = mail(found).text
    first, second = (next(line for line in text.splitlines() if name in line) for name in ("Deal m", "Deal y"))
    assert "€60" in first
    assert "€9" in second
    assert "Ann Lindqvist · Demo" in text
    assert "No owner · Demo" in text
    for gone in ("Pipeline id", "Stage order", "pipe_sales", "Lead"):
        assert gone not in text


def test_groups_show_their_sums() -> None:
    names = ("label", "position", "user_id", "year", "quarter", "month")
    columns = (*(Column(name, Kind.TEXT) for name in names), Column("count", Kind.INT, sum=True))
    layout = suggested(
        columns, (("Ann", "0", "user_1", None, None, None, 3), ("Bo", "1", "user_2", None, None, None, 5))
    )
    assert (layout.name, [place.column for place in layout.figures]) == (0, [6])


@pytest.mark.parametrize("kind", [Kind.DATE, Kind.INSTANT])
def test_rows_of_days_stay_in_the_order_of_days(kind: Kind) -> None:
    columns = (Column("day", kind), COUNTED[2])
    assert [row[1] for row in rows_of(columns, (1, 5), (2, 9), (3, 7))] == [5, 9, 7]


def test_a_table_without_anything_to_add_up_stays_as_it_is() -> None:
    assert [row[1] for row in rows_of(COUNTED[:2], ("a", 1), ("b", 9))] == [1, 9]


def test_the_rows_that_are_cut_are_the_smallest() -> None:
    rows = tuple((f"Group {n}", n) for n in reversed(range(60)))
    columns = (Column("group", Kind.TEXT), Column("deals", Kind.INT, sum=True))
    text = mail(replace(NORMAL, tables=(TableSection("t", "groups", columns, rows),))).text
    assert "Group 59" in text
    assert "35 more rows not shown: Deals 595." in one_line(text)


def test_tables_without_rows_are_one_sentence() -> None:
    empty = replace(NORMAL, tables=(replace(GROUPS, rows=()), replace(GROUPS, table_id="labels", rows=())))
    made = mail(empty)
    for text in (made.text, made.html, printed(posts_of(empty, ENTRY).posts)):
        assert len(re.findall(r"Nothing to show: [^;.]+; [^;.]+\.", one_line(text))) == 1
        assert "No rows." not in one_line(text)
    assert "Nothing to show" not in mail(NORMAL).text


def test_a_table_whose_rows_are_gone_still_says_what_they_were() -> None:
    before = Window(datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 9, tzinfo=UTC), "UTC", "previous")
    layout = suggested(COUNTED, (("a", 3, 4),))
    gone = TableSection("t", "groups", COUNTED, (), layout=layout, total_before=(None, 3, 4), compared=before)
    text = one_line(mail(replace(NORMAL, tables=(gone,))).text)
    assert "No rows. 2–8 Nov: " in text
    assert "Nothing to show" not in text


def of_umami(query_id: str, query: str) -> SourceLine:
    return SourceLine(query_id, "umami", query, None, None, None)


def test_tables_that_are_left_out_are_named_by_their_titles() -> None:
    tables = tuple(replace(GROUPS, table_id=f"table_{n}") for n in range(8))
    found = replace(NORMAL, tables=tables, sources=(*NORMAL.sources, of_umami(GROUPS.query_id, "attribution")))
    left_out = "Further tables are left out here: Origins, Table 6; Origins, Table 7."
    assert left_out in one_line(mail(found).text)
    posts = one_line(printed(posts_of(found, ENTRY).posts))
    assert all(f"Origins, Table {n}" in posts for n in range(8))


def test_no_two_sections_have_one_title() -> None:
    figures = replace(FIGURES, query_id="movements")
    tables = (replace(GROUPS, query_id="movements", table_id="movements"), replace(GROUPS, query_id="movements"))
    line = replace(of_umami("movements", "stats"), name="Movements")
    found = replace(NORMAL, figures=(figures,), tables=tables, sources=(*NORMAL.sources, line))
    page = Page(found, EN, CUTS[0])
    assert [page.table_title(one) for one in page.tables] == ["Movements, row by row", "Movements, Referrer"]
    lines = [line for line in mail(found).text.splitlines() if line.startswith("MOVEMENTS")]
    assert lines == ["MOVEMENTS, ROW BY ROW", "MOVEMENTS, SOURCE", "MOVEMENTS"]


def test_where_the_rest_of_a_list_is_attached_the_reader_is_told() -> None:
    columns = (Column("title", Kind.TEXT),)
    rows = TableSection("won", "opportunities", columns, tuple((f"Deal {n}",) for n in range(40)))
    found = replace(NORMAL, tables=(rows,))
    for file, words in (("won.csv", "15 more rows in the attached CSV."), ("deals.csv", "15 more rows not shown.")):
        made = mail_of(found, ENTRY, (Attachment(file, "text/csv", b"a\n"),))
        assert words in one_line(made.text)
        assert words in one_line(made.html)


def test_a_measure_of_several_words_is_named_in_words() -> None:
    assert EN.metric_label("lcp_ms.p50") == "Lcp ms, p50"
    assert EN.metric_label("count_total_won.eur") == "Count total won, eur"


def test_what_matters_is_cut_last() -> None:
    """Rows of tables go before deals, and deals before moves and names."""
    kept = [(cut.tables, cut.rows) for cut in CUTS]
    assert kept == sorted(kept, reverse=True)
    firsts = [
        next(n for n, cut in enumerate(CUTS) if getattr(cut, part) < getattr(CUTS[0], part))
        for part in ("rows", "tables", "deals", "names", "moves")
    ]
    assert firsts == sorted(firsts)
    assert all(cut.names and cut.moves for cut in CUTS if cut.tables)


@pytest.mark.parametrize("count", [31, 100])
def test_a_report_of_dozens_of_queries_still_fits_a_mail(count: int) -> None:
    """A mail past the limit is refused when it is delivered, and nothing says so before."""
    names = [f"website-{n}" for n in range(count)]
    rows = [Row(f"k{n:03}", (f"/a/long/path/of/page/{n}", n, n * 7)) for n in range(200)]
    measures = tuple(Measure((f"figure_{n}",), Kind.INT, n) for n in range(8))
    answers = [
        Snapshot(name, "fp", None, THIS_WEEK, (THIS_WEEK, THIS_WEEK), measures, (table("pages", COUNTED, rows),))
        for name in names
    ]
    plan = schedule(
        *(Query(name, "close", "funnel_totals", name=name.replace("w", "W").replace("-", " ")) for name in names)
    )
    content = mail(digest(plan, answers))
    assert "WEBSITE 3\n" in content.text
    assert "left out here: " in one_line(content.text)
    assert "more" in one_line(content.text).rpartition("left out here: ")[2]


@pytest.mark.parametrize("count", [31, 100])
def test_a_report_of_dozens_of_lists_that_are_missing_still_fits_a_mail(count: int) -> None:
    lists = [open_deals(f"list-{n}") for n in range(count)]
    sentence = "GET /api/v1/opportunity/: the service failed (503) and said so in many words. " * 3
    gaps = [Gap(item.id, GapReason.UNAVAILABLE, sentence, 3) for item in lists]
    content = mail(digest(schedule(open_deals(), *lists, bridge="deals"), [answer([deal("a")])], None, *gaps))
    assert f"{count} OF {count + 1}" in one_line(content.text), "all of them are counted"


def test_a_report_of_dozens_of_stalled_lists_still_fits_a_mail() -> None:
    lists = [stalled_deals(f"stalled-{n}") for n in range(150)]
    found = [
        answer([deal(f"{n}-{k}", owner=f"Owner {k}", stalled=True) for k in range(30)], query=item.id)
        for n, item in enumerate(lists)
    ]
    content = mail(digest(schedule(*lists), found))
    assert "left out here: Stalled " in one_line(content.text)


def test_a_long_digest_keeps_its_largest_moves() -> None:
    text = mail(LONG).text
    assert "Largest single moves\n" in text
    assert "left out here" not in text.split("WHO MUST ACT", maxsplit=1)[0]


def test_a_deal_that_is_gone_may_be_hidden_too() -> None:
    item = open_deals()
    past, left = [answer([deal("a"), deal("b")], at=THIS_WEEK)], [deal("b", status="deleted")]
    found = digest(schedule(item, bridge="deals"), [answer([deal("a")], followed=left)], past)
    assert found.bridges[0].lines[0].move is Move.REMOVED
    text = one_line(mail(found).text)
    assert "1 deleted or hidden" in text
    assert "Deleted or hidden" in text


def test_open_deals_by_stage_have_a_bar_and_a_thin_one_of_the_last_digest() -> None:
    """Of a count, which can be compared. What is told as a range of several people's figures has none."""
    shipped = samples.digests()["pipedrive-week"]
    shown = Page(shipped, Wording("en_GB", "UTC", 2026, VOCABULARY.words), CUTS[0])
    stages, people = (next(one for one in shipped.tables if one.table_id == name) for name in ("stages_now", "people"))
    view = shown.table_view(stages)
    assert [(row.bar, row.before_bar) for row in view.rows] == [
        (100, 90.91),
        (100, 90.91),
        (63.64, 90.91),
        (100, 90.91),
    ]
    assert view.legend == "Thick bar: open deals now; thin bar: at the last digest."
    assert view.legend in html.unescape(mail(shipped).html)
    first = shown.table_view(replace(stages, before=()))
    assert [row.before_bar for row in first.rows] == [None] * 4
    assert first.legend == "Bar: open deals now."
    assert [row.bar for row in shown.table_view(people).rows] == [None] * 6
    assert shown.table_view(people).legend == ""
