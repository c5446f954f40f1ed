"""The diff is a patch, and only what counts is called significant."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.builders import LAST_WEEK, answer, deal, deals, ms
from worker.domain.diff.changes import query_change
from worker.domain.diff.diff import apply, diff, diff_measures
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Measure, Row, Snapshot, Table, table

COLUMNS = (
    Column("name", Kind.TEXT),
    Column("stage", Kind.ID, significant=True),
    Column("value", Kind.MONEY, significant=True, sum=True),
)

cells = st.tuples(st.none() | st.text("abc", max_size=2), st.sampled_from(["x", "y"]), st.none() | st.integers(-2, 2))
tables = st.dictionaries(st.text("abcdef", min_size=1, max_size=2), cells, max_size=12).map(
    lambda rows: table("deals", COLUMNS, [Row(key, row) for key, row in rows.items()], total=len(rows))
)


def cut(source: Table, names: set[str]) -> Table:
    """The table without other columns, as an older parser would have kept it."""
    keep = [index for index, column in enumerate(source.columns) if column.name in names]
    rows = tuple(Row(row.key, tuple(row.cells[index] for index in keep)) for row in source.rows)
    return Table(source.id, tuple(source.columns[index] for index in keep), rows, source.total)


@given(tables, tables)
@settings(max_examples=150, deadline=None)
def test_applying_a_diff_to_the_old_table_gives_the_new_one(old: Table, new: Table) -> None:
    assert apply(diff(old, new), old) == new


@given(tables, tables)
@settings(max_examples=60, deadline=None)
def test_tables_with_other_columns_are_compared_on_those_that_both_have(old: Table, new: Table) -> None:
    older = cut(old, {"name", "value"})
    found = diff(older, new)
    assert [column.name for column in found.columns] == ["name", "value"]
    assert apply(found, older) == cut(new, {"name", "value"})


@given(tables, tables)
@settings(max_examples=60, deadline=None)
def test_every_cell_that_differs_is_listed_and_no_other(old: Table, new: Table) -> None:
    was, now = old.by_key(), new.by_key()
    expected = {
        (key, column.name, before, after)
        for key in was.keys() & now.keys()
        for column, before, after in zip(COLUMNS, was[key].cells, now[key].cells, strict=True)
        if before != after
    }
    found = diff(old, new)
    listed = {(c.key, cell.column.name, cell.before, cell.after) for c in found.changed for cell in c.cells}
    assert listed == expected
    assert {row.key for row in found.added} == now.keys() - was.keys()
    assert {row.key for row in found.removed} == was.keys() - now.keys()
    assert bool(found) == (old.rows != new.rows)


def test_a_diff_is_refused_by_a_table_it_was_not_made_from() -> None:
    old, new = deals([deal("a", 1)]), deals([deal("a", 2)])
    with pytest.raises(ValueError, match="changes 'a'"):
        apply(diff(old, new), new)
    with pytest.raises(ValueError, match="removes 'a'"):
        apply(diff(old, deals([])), deals([]))


def test_a_list_that_the_user_cut_is_not_compared() -> None:
    with pytest.raises(ValueError, match="cut list"):
        diff(deals([], sliced=True), deals([]))
    with pytest.raises(ValueError, match="cut list"):
        diff(deals([]), deals([], sliced=True))


def moved(before: Snapshot, after: Snapshot, watch: tuple[str, ...] = ()) -> bool:
    return bool(query_change(before, after, watch))


def significant(before: list[Row], after: list[Row], watch: tuple[str, ...] = ()) -> bool:
    return moved(answer(before), answer(after), watch)


def test_a_row_that_came_or_went_is_significant() -> None:
    one, none = [deal("a")], list[Row]()
    assert significant(none, one)
    assert significant(one, none)
    assert not significant(one, one)


@pytest.mark.parametrize(
    ("column", "value", "counts"),
    [
        ("title", "Another name", False),
        ("owner", "Ann Smith", False),
        ("stage", "Demonstration", False),
        ("updated_at", ms(LAST_WEEK), False),
        ("confidence", 80, False),
        ("owner_id", "user_bo", True),
        ("stage_id", "stat_offer", True),
        ("status", "won", True),
        ("value", 5, True),
        ("currency", "USD", True),
        ("period", "one_time", True),
        ("expected_close", "2026-12-01", True),
        ("stalled", True, True),
    ],
)
def test_a_rename_is_no_change_and_a_significant_column_is(column: str, value: Cell, counts: bool) -> None:
    before = deal("a", 4, annual=4)
    after = deal("a", **{"annual": 4, "value": 4, column: value})  # type: ignore[arg-type]
    assert significant([before], [after]) is counts


def test_watched_columns_replace_those_that_count_by_themselves() -> None:
    raised = [deal("a", 1)], [deal("a", 2)]
    surer = [deal("a", confidence=10)], [deal("a", confidence=90)]
    assert significant(*raised)
    assert not significant(*raised, ("confidence",))
    assert significant(*surer, ("confidence",))
    assert significant([], [deal("a")], ("confidence",))


def won(value: float | None, currency: str | None = None, why: str | None = None) -> Measure:
    return Measure(("total", "count_total_won"), Kind.INT, value, currency, why)


def test_a_measure_changes_with_its_value_or_currency_and_null_is_not_zero() -> None:
    assert diff_measures([won(1)], [won(1)]) == ()
    assert diff_measures([won(None, why="none won")], [won(None, why="nothing won")]) == ()
    assert [change.after for change in diff_measures([won(None)], [won(0)])] == [won(0)]
    assert [change.key for change in diff_measures([won(1, "EUR")], [won(1, "USD")])] == [won(1).key]
    (gone,) = diff_measures([won(1)], [])
    assert (gone.before, gone.after) == (won(1), None)
    (new,) = diff_measures([], [won(1)])
    assert (new.before, new.after) == (None, won(1))


def test_an_answer_moved_when_a_measure_or_a_row_that_counts_did() -> None:
    still = answer([deal("a")], measures=(won(1),))
    assert not moved(still, answer([deal("a", title="Renamed")], measures=(won(1),)))
    assert moved(still, answer([deal("a")], measures=(won(2),)))
    assert moved(still, answer([], measures=(won(1),)))
    assert not moved(still, answer([deal("a")], measures=(won(2),)), ("stage_id",))
    assert moved(still, answer([deal("a")], measures=(won(2),)), ("count_total_won",))
    assert moved(still, answer([deal("a")], measures=(won(2),)), ("total.count_total_won",))


def test_a_cut_list_shows_and_never_counts_as_moved() -> None:
    assert not moved(answer([deal("a")], sliced=True), answer([deal("b")], sliced=True))


def test_an_answer_with_another_table_is_compared_table_by_table() -> None:
    groups = (Column("group", Kind.TEXT), Column("count", Kind.INT, significant=True))
    two = Table("groups", groups, (Row("user_ann", ("Ann", 2)),))
    three = Table("groups", groups, (Row("user_ann", ("Ann", 3)),))
    at = datetime(2026, 11, 16, tzinfo=UTC)
    assert moved(answer([], at=at, tables=(two,)), answer([], at=at, tables=(three,)))
    assert not moved(answer([], at=at), answer([], at=at, tables=(three,)))
