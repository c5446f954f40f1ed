"""What a digest says, section by section, for one group of readers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings

from tests.domain.builders import LAST_WEEK, LONG_AGO, THIS_WEEK, answer, deal, ms, open_deals, schedule, stalled_deals
from tests.domain.journal import Played, histories, play
from worker.domain.compose import compose
from worker.domain.compose_context import Context
from worker.domain.delivery import Baseline
from worker.domain.digest import Digest, KeyFigure, StalledSection, Standing
from worker.domain.money import Money
from worker.domain.opportunity import INWARD, Move
from worker.domain.reason import Reason
from worker.domain.schedule import Follow, Item, Schedule, Show
from worker.domain.snapshot import Column, Gap, GapReason, Kind, Measure, Row, Snapshot, Table, table
from worker.domain.window import Window

BASELINE = Baseline("old", LAST_WEEK, LAST_WEEK)
GAP = Gap("deals", GapReason.UNAVAILABLE, "Close answered 503 four times.", 4)


def digest(
    plan: Schedule, now: list[Snapshot], before: list[Snapshot] | None = None, *gaps: Gap, **other: object
) -> Digest:
    """Snapshots find their query by its id."""
    context = Context(
        schedule=plan,
        run="weekly-pipeline@2026-11-16T08:00:00Z",
        slot=THIS_WEEK,
        snapshots={one.query_id: one for one in now},
        baselines={one.query_id: (BASELINE, one) for one in before or []},
        gaps=gaps,
        connections={"close": "close"},
        **other,  # type: ignore[arg-type]
    )
    return compose(context)


def pipeline(now: list[Row], before: list[Row] | None = None, left: list[Row] | None = None) -> Digest:
    old = None if before is None else [answer(before, at=LAST_WEEK)]
    return digest(schedule(open_deals(), bridge="deals"), [answer(now, followed=left or [])], old)


def stalled(
    now: list[Row], before: list[Row] | None = None, left: list[Row] | None = None, item: Item | None = None
) -> StalledSection:
    old = None if before is None else [answer(before, query="stalled", at=LAST_WEEK)]
    found = digest(schedule(item or stalled_deals()), [answer(now, query="stalled", followed=left or [])], old)
    return found.stalled[0]


# The key figure.


def test_the_key_figure_moves_against_the_reader_s_last_digest() -> None:
    found = pipeline([deal("a", 1_500), deal("b", 500)], [deal("a", 1_000)])
    assert (found.standing, found.since) == (Standing.MOVED, LAST_WEEK)
    assert found.keys == (KeyFigure("EUR", 2, 2_000, 1_000, 1, 1_000, 1.0),)


def test_currencies_stand_side_by_side_most_deals_first_and_are_never_added() -> None:
    found = pipeline([deal("a", 9_000), deal("b", 1, currency="USD"), deal("c", 2, currency="USD")])
    assert [(key.currency, key.count, key.closing) for key in found.keys] == [("USD", 2, 3), ("EUR", 1, 9_000)]


def test_from_nothing_there_is_no_percentage() -> None:
    (key,) = pipeline([deal("a", 500)], []).keys
    assert (key.opening, key.delta, key.ratio) == (0, 500, None)


def test_a_first_digest_shows_what_is_open_by_stage_and_no_bridge() -> None:
    now = [
        deal("a", 500, stage="Proposal", stage_id="s3", stage_order=3),
        deal("b", 700),
        deal("c", 100),
        deal("d", None, stage=None, stage_id=None, stage_order=None),
    ]
    found = pipeline(now)
    assert (found.standing, found.since, found.bridges, found.moves) == (Standing.FIRST, None, (), ())
    assert found.keys == (KeyFigure("EUR", 4, 1_300),)
    assert [(one.stage, one.count, one.totals) for one in found.stages] == [
        ("Demo", 2, (Money(800, "EUR"),)),
        ("Proposal", 1, (Money(500, "EUR"),)),
        (None, 1, ()),
    ]
    assert found.changed


def test_nothing_moved_is_unchanged_even_when_something_else_was_edited() -> None:
    found = pipeline([deal("a", 500, expected_close="2026-12-01")], [deal("a", 500)])
    assert (found.standing, found.bridges, found.moves) == (Standing.UNCHANGED, (), ())
    assert found.keys[0].delta == 0
    assert found.changed


def test_moves_that_cancel_out_are_moves() -> None:
    new = deal("b", 500, created_at=ms(LAST_WEEK))
    found = pipeline([new], [deal("a", 500)], [deal("a", 500, status="won")])
    assert (found.standing, found.keys[0].delta) == (Standing.MOVED, 0)
    assert [(line.move, line.count, line.amount) for line in found.bridges[0].lines] == [
        (Move.NEW, 1, 500),
        (Move.WON, 1, 500),
    ]


def test_a_new_deal_without_a_value_has_its_line() -> None:
    found = pipeline([deal("a", 500), deal("b", None, created_at=ms(LAST_WEEK))], [deal("a", 500)])
    assert [(line.move, line.count, line.amount) for line in found.bridges[0].lines] == [(Move.NEW, 1, 0)]
    assert (found.bridges[0].unvalued, found.keys[0].delta) == (1, 0)


def test_a_currency_whose_last_deal_left_still_says_so() -> None:
    found = pipeline([], [deal("a", 500)], [deal("a", 500, status="lost")])
    assert found.keys == (KeyFigure("EUR", 0, 0, 500, 1, -500, -1.0),)


def test_single_moves_stand_largest_first_and_carry_their_sign() -> None:
    now = [deal("a", 700), deal("b", 100), deal("d", None, created_at=ms(LAST_WEEK))]
    before = [deal("a", 500), deal("b", 200), deal("c", 900)]
    found = pipeline(now, before, [deal("c", 800, status="lost")])
    assert [(one.key, one.move, one.amount) for one in found.moves] == [
        ("c", Move.LOST, Money(-800, "EUR")),
        ("a", Move.RAISED, Money(200, "EUR")),
        ("b", Move.LOWERED, Money(-100, "EUR")),
        ("c", Move.LOWERED, Money(-100, "EUR")),
        ("d", Move.NEW, None),
    ]
    assert (found.moves[0].title, found.moves[0].owner, found.moves[0].url) == (
        "Deal c",
        "Ann Lindqvist",
        "https://app.example/c/",
    )


def test_a_gap_in_the_key_query_shows_what_was_last_known_in_its_own_place() -> None:
    plan = schedule(open_deals(), stalled_deals(), bridge="deals")
    old = [answer([deal("a", 500)], at=LAST_WEEK), answer([], query="stalled", at=LAST_WEEK)]
    found = digest(plan, [answer([], query="stalled", followed=[])], old, GAP)
    assert (found.standing, found.since, found.bridges) == (Standing.UNKNOWN, LAST_WEEK, ())
    assert found.keys == (KeyFigure("EUR", None, None, 500, 1),)
    assert (found.gaps, found.sources[0].gap, found.sources[0].rows) == ((GAP,), GAP, None)
    assert not found.changed
    assert not found.empty


def test_a_gap_on_a_reader_s_first_run_knows_nothing() -> None:
    plan = schedule(open_deals(), stalled_deals())
    found = digest(plan, [answer([deal("a")], query="stalled")], None, GAP)
    assert (found.standing, found.key_query, found.keys, found.since) == (Standing.UNKNOWN, "deals", (), None)
    assert found.changed


def test_a_gap_is_something_to_say_even_beside_empty_lists() -> None:
    plan = schedule(open_deals(), stalled_deals())
    empty = answer([], query="stalled", followed=[])
    assert not digest(plan, [empty], [answer([], query="stalled", at=LAST_WEEK)], GAP).empty


def test_a_list_that_the_user_cut_is_shown_and_not_compared() -> None:
    found = digest(
        schedule(open_deals()), [answer([deal("a")], sliced=True)], [answer([deal("b")], at=LAST_WEEK, sliced=True)]
    )
    assert (found.standing, found.bridges, found.changed) == (Standing.FIRST, (), False)


def test_an_edited_query_starts_anew_and_says_why() -> None:
    old = [answer([deal("a")], at=LAST_WEEK, fingerprint="before the edit")]
    found = digest(schedule(open_deals()), [answer([deal("a")], followed=[])], old)
    assert (found.standing, found.since, found.sources[0].since_reason) == (
        Standing.FIRST,
        None,
        Reason.QUERY_CHANGED,
    )


def test_without_a_bridge_the_first_list_heads_the_digest_and_without_a_list_nothing_does() -> None:
    listed = digest(schedule(totals_item(), open_deals("open")), [totals(1), answer([deal("a")], query="open")])
    assert listed.key_query == "open"
    none = digest(schedule(totals_item()), [totals(1)], [totals(1)])
    assert (none.key_query, none.keys, none.standing, none.since) == (None, (), Standing.UNCHANGED, LAST_WEEK)
    assert digest(schedule(totals_item()), [totals(1)], [totals(2)]).standing is Standing.MOVED
    assert digest(schedule(totals_item()), [totals(1)]).standing is Standing.FIRST


def test_a_list_whose_departures_nobody_looks_up_moves_without_a_bridge() -> None:
    item = Item("deals", "close", "opportunities", follow=Follow.NONE)
    found = digest(schedule(item), [answer([deal("a", 700)])], [answer([deal("a", 500)], at=LAST_WEEK)])
    assert (found.standing, found.keys[0].delta, found.bridges, found.moves) == (Standing.MOVED, 200, (), ())


@given(histories().map(play))
@settings(max_examples=60, deadline=None)
def test_single_moves_add_up_to_the_movement_of_every_currency(played: Played) -> None:
    item = played.history.item
    found = digest(schedule(item, bridge="deals"), [played.after], [played.before])
    for key in found.keys:
        assert key.delta == sum(
            one.amount.amount for one in found.moves if one.amount is not None and one.amount.currency == key.currency
        )
    for view in found.bridges:
        signed = sum(line.amount if line.move in INWARD else -line.amount for line in view.lines)
        assert view.opening + signed == view.closing
    assert (found.standing is Standing.UNCHANGED) == (not found.moves)


# Who must act.


def test_on_a_first_run_everything_stalled_is_listed_and_no_day_is_counted() -> None:
    section = stalled([deal("a", 500, stalled=True, stalled_since=ms(THIS_WEEK))])
    assert (section.first, section.newly_count, section.still_count) == (True, 1, 0)
    assert section.newly[0].deals[0].stalled_since is None
    assert section.newly_totals == (Money(500, "EUR"),)


def test_newly_stalled_deals_stand_by_owner_nobody_s_first_then_by_value() -> None:
    now = [
        deal("a", 500, stalled=True),
        deal("b", 800, stalled=True, owner_id="user_bo", owner="Bo Hagen"),
        deal("c", 400, stalled=True),
        deal("d", 10, stalled=True, owner_id=None, owner=None),
        deal("e", 300, stalled=True),
    ]
    section = stalled(now, [deal("e", 300, stalled=True)])
    assert [(g.owner_id, [one.key for one in g.deals], g.totals) for g in section.newly] == [
        (None, ["d"], (Money(10, "EUR"),)),
        ("user_ann", ["a", "c"], (Money(900, "EUR"),)),
        ("user_bo", ["b"], (Money(800, "EUR"),)),
    ]
    assert (section.newly_count, section.still_count, section.still_totals) == (4, 1, (Money(300, "EUR"),))
    assert (section.moving_again, section.left) == ((), ())


def test_the_longest_stalled_deal_is_named_since_at_least() -> None:
    since = ms(LONG_AGO)
    rows = [
        deal("a", 500, stalled=True, stalled_since=since + 5_000),
        deal("b", 100, stalled=True, stalled_since=since, next_step="follow_up_call", stall_reason="no_issue"),
        deal("c", 100, stalled=True),
    ]
    longest = stalled(rows, rows).still_longest
    assert longest is not None
    assert (longest.key, longest.stalled_since) == ("b", LONG_AGO)
    assert (longest.next_step, longest.stall_reason) == ("follow_up_call", "no_issue")
    assert stalled([rows[2]], [rows[2]]).still_longest is None


def test_what_left_the_stalled_list_says_what_became_of_it() -> None:
    before = [deal(key, 100 * size, stalled=True) for size, key in enumerate("abcd", start=1)]
    left = [
        deal("a", 100, stalled=False, stage_order=3),
        deal("b", 150, status="won"),
        deal("c", None, status="deleted", currency=None),
    ]
    section = stalled([], before, left)
    assert [one.key for one in section.moving_again] == ["a"]
    assert [(one.key, one.move, one.amount) for one in section.left] == [
        ("d", Move.UNEXPLAINED, Money(-400, "EUR")),
        ("c", Move.REMOVED, Money(-300, "EUR")),
        ("b", Move.WON, Money(-150, "EUR")),
    ]
    assert [(view.opening, view.closing) for view in section.bridges] == [(1_000, 0)]


def test_what_left_a_list_that_is_not_followed_is_no_longer_listed_and_has_no_bridge() -> None:
    item = Item("stalled", "close", "opportunities", params={"is_stalled": True}, follow=Follow.NONE)
    section = stalled([], [deal("a", 100, stalled=True)], item=item)
    assert [(one.key, one.move) for one in section.left] == [("a", Move.UNEXPLAINED)]
    assert section.bridges == ()


@pytest.mark.parametrize(
    ("order_by", "keys"), [(None, ["c", "b"]), ("value", ["a", "b"]), ("-value", ["c", "b"]), ("title", ["a", "b"])]
)
def test_show_orders_and_cuts_and_says_how_many_are_hidden(order_by: str | None, keys: list[str]) -> None:
    item = Item(
        "stalled",
        "close",
        "opportunities",
        params={"is_stalled": "true"},
        follow=Follow.DEPARTURES,
        show=Show(order_by, 2),
    )
    now = [deal("a", 1, stalled=True), deal("b", 2, stalled=True), deal("c", 3, stalled=True), deal("d", None)]
    section = stalled(now, [], item=item)
    assert [one.key for one in section.newly[0].deals] == keys
    assert (section.hidden, section.newly_count, section.newly_totals) == (2, 4, (Money(6, "EUR"),))


def test_a_gap_leaves_no_stalled_section() -> None:
    plan = schedule(open_deals(), stalled_deals(), bridge="deals")
    gap = Gap("stalled", GapReason.INCOMPLETE, "A page is missing.")
    found = digest(plan, [answer([deal("a")])], [answer([deal("a", stalled=True)], query="stalled")], gap)
    assert found.stalled == ()


# Funnels, figures, tables.

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


def totals_item() -> Item:
    return Item("totals", "close", "funnel_totals")


def totals(won: int | None, *, window: Window | None = None, currency: str | None = None) -> Snapshot:
    measures = (
        Measure(("total", "count_total_won"), Kind.INT, won, None, "none won" if won is None else None),
        Measure(("stage", "s1", "value"), Kind.MONEY, 500, currency),
    )
    return Snapshot("totals", "fp", window, THIS_WEEK, (THIS_WEEK, THIS_WEEK), measures)


def test_a_funnel_stands_in_the_pipeline_s_order_beside_its_comparison() -> None:
    now = funnel({"s9": ("Qualified", "active", 0, 24, 0.54), "s1": ("Won", "won", 1, 4, 0.0)}, LAST)
    then = funnel({"s9": ("Lead", "active", 0, 20, None)}, BEFORE)
    found = digest(schedule(Item("funnel", "close", "funnel_stages")), [now], compared={"funnel": then})
    (section,) = found.funnels
    assert (section.window, section.compared) == (LAST, BEFORE)
    assert [(one.label, one.count, one.advanced, one.before_count, one.before_advanced) for one in section.stages] == [
        ("Qualified", 24, 0.54, 20, None),
        ("Won", 4, None, None, None),
    ]
    assert [one.table_id for one in found.tables] == ["stages_by_user"]


def test_figures_stand_beside_their_comparison_when_there_is_one() -> None:
    found = digest(schedule(totals_item()), [totals(4, window=LAST)], compared={"totals": totals(3, window=BEFORE)})
    (section,) = found.figures
    assert (section.before_is, section.new_period, section.compared) == ("comparison", False, BEFORE)
    assert [(one.name, one.value, one.before) for one in section.figures] == [
        ("count_total_won", 4, 3),
        ("stage.s1.value", 500, 500),
    ]


def test_figures_move_against_the_baseline_only_within_one_period() -> None:
    so_far = Window(LAST.start, LAST.end - timedelta(days=2), "Europe/Berlin", "this-week", so_far=True)
    same = digest(schedule(totals_item()), [totals(4, window=LAST)], [totals(3, window=so_far)]).figures[0]
    assert (same.before_is, same.new_period, same.figures[0].before) == ("baseline", False, 3)
    other = digest(schedule(totals_item()), [totals(4, window=LAST)], [totals(3, window=BEFORE)]).figures[0]
    assert (other.before_is, other.new_period, other.figures[0].before) == ("", True, None)
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
    assert (section.before_is, section.new_period, section.figures[0].before) == ("comparison", True, 3)


def test_amounts_of_two_currencies_stand_without_a_before() -> None:
    found = digest(schedule(totals_item()), [totals(4, currency="EUR")], [totals(4, currency="USD")])
    assert found.figures[0].figures[1].before is None


def test_a_figure_that_cannot_be_computed_keeps_its_null_and_its_reason() -> None:
    figure = digest(schedule(totals_item()), [totals(None)], [totals(0)]).figures[0].figures[0]
    assert (figure.value, figure.before, figure.why_null) == (None, 0, "none won")


def test_other_tables_are_shown_whole_and_a_plain_list_as_show_says() -> None:
    two = (Row("g1", ("Ann", 2)), Row("g2", ("Bo", 1)))
    groups = Table("groups", (Column("label", Kind.TEXT), Column("count", Kind.INT)), two)
    plain = Item("partners", "close", "opportunities", follow=Follow.CLOSED, show=Show("-value", 1))
    now = [
        answer([deal("a")]),
        answer([deal("s", stalled=True)], query="stalled"),
        answer([deal("x", 1), deal("y", 2)], query="partners", tables=(groups,)),
    ]
    found = digest(schedule(open_deals(), stalled_deals(), plain, bridge="deals"), now)
    assert [(one.query_id, one.table_id, len(one.rows), one.hidden) for one in found.tables] == [
        ("partners", "opportunities", 1, 1),
        ("partners", "groups", 2, 0),
    ]
    assert found.tables[0].rows[0][0] == "Deal y"


def test_show_orders_and_cuts_the_tables_of_a_query_without_a_list() -> None:
    users = table("users", (Column("count", Kind.INT),), [Row(key, (count,)) for count, key in enumerate("abc")])
    at = (THIS_WEEK, THIS_WEEK)
    item = Item("totals", "close", "funnel_totals", show=Show("-count", 2))
    found = digest(schedule(item), [Snapshot("totals", "fp", None, THIS_WEEK, at, tables=(users,))])
    assert (found.tables[0].rows, found.tables[0].hidden) == (((2,), (1,)), 1)


# Around it.


def test_sources_name_every_query_in_the_report_s_order() -> None:
    plan = schedule(totals_item(), open_deals(), stalled_deals(), bridge="deals")
    gap = Gap("stalled", GapReason.RATE_LIMITED, "Asked too often.")
    now = [answer([deal("a"), deal("b")]), totals(1)]
    found = digest(plan, now, [answer([], at=LAST_WEEK)], gap, why_no_baseline={"totals": Reason.SUBSCRIBED})
    assert [(one.query_id, one.source, one.rows, one.total, one.gap, one.since_reason) for one in found.sources] == [
        ("totals", "close", None, None, None, Reason.SUBSCRIBED),
        ("deals", "close", 2, 2, None, None),
        ("stalled", "close", None, None, gap, None),
    ]
    assert found.sources[1].as_of == found.as_of == THIS_WEEK + timedelta(seconds=2)


def test_a_query_this_reader_was_never_sent_is_a_change() -> None:
    plan = schedule(open_deals(), stalled_deals())
    now = [answer([deal("a")], followed=[]), answer([], query="stalled", followed=[])]
    found = digest(plan, now, [answer([deal("a")], at=LAST_WEEK)])
    assert (found.standing, found.changed) == (Standing.UNCHANGED, True)


def test_what_is_watched_decides_what_a_change_is() -> None:
    item = Item("deals", "close", "opportunities", follow=Follow.CLOSED, watch=("stage_id",))
    before = [answer([deal("a", 500)], at=LAST_WEEK)]
    assert not digest(schedule(item), [answer([deal("a", 700)], followed=[])], before).changed
    assert digest(schedule(item), [answer([deal("a", 500, stage_id="s9")], followed=[])], before).changed


def test_a_digest_of_empty_lists_is_empty_and_one_that_lost_its_last_deal_is_not() -> None:
    plan = schedule(open_deals(), stalled_deals())
    nothing = [answer([], followed=[]), answer([], query="stalled", followed=[])]
    was = [answer([], at=LAST_WEEK), answer([], query="stalled", at=LAST_WEEK)]
    assert digest(plan, nothing, was).empty
    lost = [answer([deal("a")], at=LAST_WEEK), was[1]]
    assert not digest(plan, nothing, lost).empty


@given(histories().map(play))
@settings(max_examples=30, deadline=None)
def test_composing_twice_gives_the_same_digest(played: Played) -> None:
    plan = schedule(played.history.item)
    assert digest(plan, [played.after], [played.before]) == digest(plan, [played.after], [played.before])
