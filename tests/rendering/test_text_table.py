"""Text columns are read as they are seen: every line splits back into its cells, and a cell stands below its head."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.rendering.text_table import TEXT_WIDTH, clip, columns, grid, indented, records, width

CELLS = st.lists(
    st.text(st.characters(categories=["L", "N", "P", "S", "M"]), min_size=1, max_size=12), min_size=1, max_size=3
).map(" ".join)
ROWS = st.integers(1, 5).flatmap(
    lambda n: st.tuples(
        st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=1, max_size=6),
        st.lists(st.integers(1, 20).flatmap(lambda w: st.sampled_from([w, -w])), min_size=n, max_size=n),
    )
)


@given(ROWS)
@settings(max_examples=200, deadline=None)
def test_every_line_splits_back_into_its_cells(table: tuple[list[list[str]], list[int]]) -> None:
    rows, widths = table
    lines = grid(rows, widths)
    assert [re.split(r" {2,}", line.strip(" ")) for line in lines] == rows


STAGES = (19, -6, -17)


@pytest.mark.parametrize(
    ("cells", "widths", "line"),
    [
        (("Qualified", "2", "2.000.000.000.000,02 €"), STAGES, f"Qualified{'2':>16}  2.000.000.000.000,02 €"),
        (("Qualified", "6", "€481,481.13, US$333,333.09"), STAGES, f"Qualified{'6':>16}  €481,481.13, US$333,333.09"),
        (("Time", "9 hours 40 minutes", "−1 hour"), (9, -16, -16), f"Time     9 hours 40 minutes{'−1 hour':>16}"),
        (("Time", "9 hours", "−1 hour 25 minutes"), (9, -16, -16), f"Time{'9 hours':>21}  −1 hour 25 minutes"),
    ],
)
def test_a_figure_never_runs_into_its_neighbour(cells: tuple[str, ...], widths: tuple[int, ...], line: str) -> None:
    assert columns(cells, widths) == line


def test_a_column_grows_in_all_lines_together() -> None:
    lines = grid([("a", "1"), ("b", "1,234,567,890")], (3, -4))
    assert lines == ["a              1", "b  1,234,567,890"]


def test_east_asian_names_and_marks_keep_the_figures_in_their_column() -> None:
    lines = grid([("営業中の案件", "1"), ("e\u0301te\u0301", "2"), ("plain", "3")], (15, -4))
    assert [width(line) for line in lines] == [19, 19, 19]


@given(st.text(st.characters(categories=["L", "N", "P", "S", "M"]), max_size=60), st.integers(2, 30))
@settings(deadline=None)
def test_a_clipped_name_is_no_wider_than_its_column(name: str, most: int) -> None:
    assert width(clip(name, most)) <= most


def test_a_table_wider_than_a_line_is_told_cell_by_cell_with_its_heads() -> None:
    heads = ["Owner", "Open deals", "Won"]
    assert records(heads, [["Mina", "3", "€5"]], (1, -1, -1), 2) == [
        "  Owner  Open deals  Won",
        "  Mina            3   €5",
    ]
    told = records(heads, [["M" * 40, "3" * 30, "€5"]], (1, -1, -1), 2)
    assert told == ["  " + "M" * 40, "    Open deals: " + "3" * 30, "    Won: €5"]
    assert max(map(len, told)) <= TEXT_WIDTH


@given(
    st.lists(st.sampled_from(["\u2068שלום עולם גדול\u2069", "plain", "words"]), min_size=1, max_size=30).map(" ".join)
)
@settings(deadline=None)
def test_an_isolate_that_wraps_is_closed_in_its_line_and_opened_in_the_next(text: str) -> None:
    lines = indented(text, 2).split("\n")
    for line in lines:
        assert line.count("\u2068") == line.count("\u2069")
        assert width(line) <= TEXT_WIDTH
    words = " ".join(line.strip() for line in lines)
    assert words.replace("\u2068", "").replace("\u2069", "") == text.replace("\u2068", "").replace("\u2069", "")


def test_what_a_no_break_space_joins_stays_in_one_line() -> None:
    text = "6 of 30 went on, 9 at the rate before, signup to purchase \u2212\u206011\u00a0pp"
    assert indented(text, 2).split("\n")[-1] == "  \u221211 pp"


def test_one_long_row_does_not_take_the_others_out_of_their_columns() -> None:
    rows = [["Visits", "291"], ["Time", "4" * 60], ["Bounces", "109"]]
    told = records(["Figure", "Now"], rows, (1, -1), 2)
    assert told == ["  Figure   Now", "  Visits   291", "  Time", "    Now:", "    " + "4" * 60, "  Bounces  109"]
