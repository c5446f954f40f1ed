"""What heads a digest, what stands around it, and what counts as a change."""

from datetime import timedelta

from hypothesis import given, settings

from tests.domain.builders import LAST_WEEK, THIS_WEEK, answer, deal, ms, open_deals, schedule, stalled_deals
from tests.domain.digests import GAP, digest, pipeline, totals, totals_item
from tests.domain.journal import Played, histories, play
from worker.domain.digest.model import KeyFigure, Standing
from worker.domain.money import Money
from worker.domain.reason import Reason
from worker.domain.schedule import Follow, Query
from worker.domain.snapshot.opportunity import INWARD, Move
from worker.domain.snapshot.snapshot import Gap, GapReason

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
    assert found.keys == (KeyFigure("EUR", 4, 1_300, unvalued=1),)
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
    assert (found.bridges[0].unvalued, found.keys[0].unvalued, found.keys[0].delta) == (1, 1, 0)


def test_deals_none_of_which_has_a_value_are_counted_and_their_total_is_marked() -> None:
    assert pipeline([deal("a", None, currency=None)]).keys == (KeyFigure("XXX", 1, 0, unvalued=1),)


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
    item = Query("deals", "close", "opportunities", follow=Follow.NONE)
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
    item = Query("deals", "close", "opportunities", follow=Follow.CLOSED, watch=("stage_id",))
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
