"""Funnels, figures and other tables beside what they are compared with."""

from datetime import UTC, datetime, timedelta

from tests.domain.builders import THIS_WEEK, answer, deal, open_deals, schedule, stalled_deals
from tests.domain.digests import digest, totals, totals_item
from worker.domain.digest.model import Digest
from worker.domain.digest.sections import Figure, FigurePlace, Layout
from worker.domain.schedule import Follow, Query, Show
from worker.domain.snapshot.snapshot import Column, Kind, Row, Snapshot, Table, table
from worker.domain.time.window import Window

LAST = Window(
    datetime(2026, 11, 8, 23, tzinfo=UTC), datetime(2026, 11, 15, 23, tzinfo=UTC), "Europe/Berlin", "last-week"
)
BEFORE = Window(datetime(2026, 11, 1, 23, tzinfo=UTC), LAST.start, "Europe/Berlin", "previous")
STAGE_COLUMNS = (
    Column("label", Kind.TEXT),
    Column("type", Kind.TEXT),
    Column("position", Kind.INT),
    Column("count", Kind.INT, significant=True),
    Column("count_conversion_rate", Kind.RATIO, significant=True),
)


def funnel(rows: dict[str, tuple[str, str, int, int, float | None]], window: Window) -> Snapshot:
    stages = table("stages", STAGE_COLUMNS, [Row(key, cells) for key, cells in rows.items()])
    by_user = table("stages_by_user", (Column("count", Kind.INT),), [Row("user_ann|s1", (3,))])
    at = (THIS_WEEK, THIS_WEEK)
    return Snapshot("funnel", "fp", window, THIS_WEEK, at, tables=(stages, by_user))


def test_a_funnel_stands_in_the_pipeline_s_order_beside_its_comparison() -> None:
    now = funnel({"s9": ("Qualified", "active", 0, 24, 0.54), "s1": ("Won", "won", 1, 4, 0.0)}, LAST)
    then = funnel({"s9": ("Lead", "active", 0, 20, None)}, BEFORE)
    found = digest(schedule(Query("funnel", "close", "funnel_stages")), [now], compared={"funnel": then})
    (section,) = found.funnels
    assert (section.window, section.compared) == (LAST, BEFORE)
    assert [(one.label, one.count, one.advanced, one.before_count, one.before_advanced) for one in section.stages] == [
        ("Qualified", 24, 0.54, 20, None),
        ("Won", 4, None, None, None),
    ]
    assert found.tables == ()


def test_numbers_per_user_are_printed_where_show_asks_for_them() -> None:
    now = funnel({"s9": ("Qualified", "active", 0, 24, 0.54)}, LAST)
    found = digest(schedule(Query("funnel", "close", "funnel_stages", show=Show(limit=5))), [now])
    assert [one.table_id for one in found.tables] == ["stages_by_user"]


def test_figures_stand_beside_their_comparison_when_there_is_one() -> None:
    found = digest(schedule(totals_item()), [totals(4, window=LAST)], compared={"totals": totals(3, window=BEFORE)})
    (section,) = found.figures
    assert (section.before_is, section.new_period, section.compared) == ("comparison", False, BEFORE)
    assert [(one.name, one.value, one.before) for one in section.figures] == [("stage.s1.value", 500, 500)]
    assert found.measure is not None
    assert (found.measure.figure.name, found.measure.figure.value, found.measure.figure.before) == (
        "count_total_won",
        4,
        3,
    )


def test_figures_move_against_the_baseline_only_within_one_period() -> None:
    so_far = Window(LAST.start, LAST.end - timedelta(days=2), "Europe/Berlin", "this-week", so_far=True)
    same = digest(schedule(totals_item()), [totals(4, window=LAST)], [totals(3, window=so_far)])
    assert (same.figures[0].before_is, same.figures[0].new_period, headed(same).before) == ("baseline", False, 3)
    other = digest(schedule(totals_item()), [totals(4, window=LAST)], [totals(3, window=BEFORE)])
    assert (other.figures[0].before_is, other.figures[0].new_period, headed(other).before) == ("", True, None)
    first = digest(schedule(totals_item()), [totals(4, window=LAST)]).figures[0]
    assert (first.before_is, first.new_period) == ("", False)
    live = digest(schedule(totals_item()), [totals(4)], [totals(3)]).figures[0]
    assert (live.before_is, live.new_period) == ("baseline", False)


def test_a_new_period_is_said_also_beside_a_comparison() -> None:
    found = digest(
        schedule(totals_item()),
        [totals(4, window=LAST)],
        [totals(9, window=BEFORE)],
        compared={"totals": totals(3, window=BEFORE)},
    )
    (section,) = found.figures
    assert (section.before_is, section.new_period, headed(found).before) == ("comparison", True, 3)


def test_amounts_of_two_currencies_stand_without_a_before() -> None:
    found = digest(schedule(totals_item()), [totals(4, currency="EUR")], [totals(4, currency="USD")])
    assert found.figures[0].figures[0].before is None


def test_a_figure_that_cannot_be_computed_keeps_its_null_and_its_reason() -> None:
    found = digest(schedule(totals_item()), [totals(None)], [totals(0)])
    figure = next(one for one in found.figures[0].figures if one.name == "count_total_won")
    assert (figure.value, figure.before, figure.why_null) == (None, 0, "none won")


def test_other_tables_are_shown_whole_and_a_plain_list_as_show_says() -> None:
    two = (Row("g1", ("Ann", 2)), Row("g2", ("Bo", 1)))
    groups = Table("groups", (Column("label", Kind.TEXT), Column("count", Kind.INT)), two)
    plain = Query("partners", "close", "opportunities", follow=Follow.CLOSED, show=Show("-value", 1))
    now = [
        answer([deal("a")]),
        answer([deal("s", stalled=True)], query="stalled"),
        answer([deal("x", 1), deal("y", 2)], query="partners", tables=(groups,)),
    ]
    found = digest(schedule(open_deals(), stalled_deals(), plain, bridge="deals"), now)
    assert [(one.query_id, one.table_id, len(one.rows), one.limit) for one in found.tables] == [
        ("partners", "opportunities", 2, 1),
        ("partners", "groups", 2, 10),
    ]
    assert found.tables[0].rows[0][0] == "Deal y"


def test_show_orders_and_cuts_the_tables_of_a_query_without_a_list() -> None:
    users = table("users", (Column("count", Kind.INT),), [Row(key, (count,)) for count, key in enumerate("abc")])
    at = (THIS_WEEK, THIS_WEEK)
    item = Query("totals", "close", "funnel_totals", show=Show("-count", 2))
    found = digest(schedule(item), [Snapshot("totals", "fp", None, THIS_WEEK, at, tables=(users,))])
    assert (found.tables[0].rows, found.tables[0].limit) == (((2,), (1,), (0,)), 2)


def test_show_names_the_tables_and_columns_that_are_printed() -> None:
    columns = (Column("user_id", Kind.ID), Column("user", Kind.TEXT), Column("won", Kind.INT), Column("lost", Kind.INT))
    users = table("users", columns, [Row("a", ("u1", "Ann", 2, 1))])
    others = table("others", columns[1:], [Row("b", ("Bo", 1, 1))])
    at = (THIS_WEEK, THIS_WEEK)
    item = Query("totals", "close", "funnel_totals", show=Show(tables=("users",), columns=("user", "lost")))
    found = digest(schedule(item), [Snapshot("totals", "fp", None, THIS_WEEK, at, tables=(users, others))])
    (section,) = found.tables
    assert section.layout == Layout(1, (), (FigurePlace(3),))


def headed(found: Digest) -> Figure:
    """The figure that heads the digest."""
    assert found.measure is not None
    return found.measure.figure
