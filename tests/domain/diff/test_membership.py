"""Why a deal left a list and why one joined it: each rule, and which comes first."""

from datetime import timedelta

import pytest

from tests.domain.bridging import closes, made, moves
from tests.domain.builders import LAST_WEEK, THIS_WEEK, answer, deal, ms, open_deals, stalled_deals
from tests.support.traits import bridged
from worker.domain.schedule import Follow, Query
from worker.domain.snapshot.snapshot import Row

# Those that left: the first rule that matches.


def test_a_deal_won_below_its_old_value_is_lowered_then_won() -> None:
    found = made([deal("a", 900)], [], [deal("a", 700, status="won")])
    assert moves(found) == {"a": [("lowered", "", 200), ("won", "", 700)]}


def test_a_deal_lost_in_another_currency_leaves_in_that_currency() -> None:
    found = made([deal("a", 900)], [], [deal("a", 800, currency="USD", status="lost")])
    assert moves(found) == {"a": [("converted_out", "", 900), ("converted_in", "", 800), ("lost", "", 800)]}
    assert closes(found)


def test_a_deal_nobody_looked_up_is_unexplained_and_never_called_gone() -> None:
    found = made([deal("a", 900)], [], [])
    assert moves(found) == {"a": [("unexplained", "not_looked_up", 900)]}


def test_a_deal_that_reads_as_if_it_were_still_listed_is_unexplained() -> None:
    found = made([deal("a", 900)], [], [deal("a", 900)])
    assert moves(found) == {"a": [("unexplained", "still_matches", 900)]}


def test_a_deleted_deal_leaves_at_what_it_was_worth() -> None:
    found = made([deal("a", 900)], [], [deal("a", None, status="deleted", currency=None)])
    assert moves(found) == {"a": [("removed", "", 900)]}


def test_a_deleted_deal_that_can_still_be_read_moves_to_its_last_value_first() -> None:
    found = made([deal("a", 900)], [], [deal("a", 950, status="deleted")])
    assert moves(found) == {"a": [("raised", "", 50), ("removed", "", 950)]}


@pytest.mark.parametrize("params", [{"user_id": "user_ann"}, {"user_id__in": "user_ann, user_bo"}])
def test_a_deal_given_to_an_owner_outside_the_scope_is_moved_out(params: dict[str, str]) -> None:
    away = deal("a", 900, owner_id="user_cleo", pipeline_id="pipe_partners")
    found = made([deal("a", 900)], [], [away], open_deals(**params))
    assert moves(found) == {"a": [("moved_out", "reassigned", 900)]}


def test_a_deal_without_owner_is_outside_a_list_of_owners() -> None:
    found = made([deal("a", 900)], [], [deal("a", 900, owner_id=None)], open_deals(user_id="user_ann"))
    assert moves(found) == {"a": [("moved_out", "reassigned", 900)]}


def test_an_owner_may_be_anyone_where_the_query_names_none() -> None:
    away = deal("a", 900, owner_id="user_cleo", pipeline_id="pipe_partners")
    assert moves(made([deal("a", 900)], [], [away])) == {"a": [("moved_out", "pipeline", 900)]}


def test_a_won_deal_of_another_owner_is_won_because_that_comes_first() -> None:
    away = deal("a", 900, owner_id="user_cleo", status="won")
    found = made([deal("a", 900)], [], [away], open_deals(user_id="user_ann"))
    assert moves(found) == {"a": [("won", "", 900)]}


def test_a_deal_that_left_its_stage_is_moved_out_of_a_list_of_one_stage() -> None:
    found = made([deal("a", 900)], [], [deal("a", 900, stage_id="stat_offer")], open_deals(status_id="stat_demo"))
    assert moves(found) == {"a": [("moved_out", "stage", 900)]}


def test_a_deal_that_a_saved_search_dropped_is_moved_out_by_a_filter() -> None:
    found = made([deal("a", 900)], [], [deal("a", 900)], open_deals(lead_saved_search_id="save_1"))
    assert moves(found) == {"a": [("moved_out", "filter", 900)]}


def test_a_deal_that_stalls_leaves_a_list_of_those_that_move() -> None:
    found = made([deal("a", 900)], [], [deal("a", 900, stalled=True)], open_deals(is_stalled=False))
    assert moves(found) == {"a": [("moved_out", "stalled", 900)]}


def test_a_deal_touched_after_the_bound_of_a_date_filter_is_moved_out() -> None:
    bound = (LAST_WEEK + timedelta(days=1)).isoformat()
    late = deal("a", 900, updated_at=ms(LAST_WEEK + timedelta(days=2)))
    found = made([deal("a", 900)], [], [late], open_deals(date_updated__lt=bound))
    assert moves(found) == {"a": [("moved_out", "updated", 900)]}


@pytest.mark.parametrize(("order", "detail"), [(3, "advanced"), (1, "moved_back"), (2, "touched"), (None, "touched")])
def test_a_deal_that_moves_again_says_which_way_it_went(order: int | None, detail: str) -> None:
    again = deal("a", 900, stalled=False, stage_order=order, updated_at=ms(LAST_WEEK) + 1)
    found = made([deal("a", 900, stalled=True)], [], [again], stalled_deals())
    assert moves(found) == {"a": [("revived", detail, 900)]}


def test_where_a_service_is_silent_leaving_the_stalled_list_means_moving_again() -> None:
    found = made([deal("a", 900, stalled=True)], [], [deal("a", 900, updated_at=ms(LAST_WEEK) + 1)], stalled_deals())
    assert moves(found) == {"a": [("revived", "touched", 900)]}
    untouched = made([deal("a", 900, stalled=True)], [], [deal("a", 900)], stalled_deals())
    assert moves(untouched) == {"a": [("revived", "", 900)]}


def test_where_a_service_is_silent_and_a_saved_search_is_used_the_filter_may_be_why() -> None:
    found = made([deal("a", 900, stalled=True)], [], [deal("a", 900)], stalled_deals(query="tag:x"))
    assert moves(found) == {"a": [("moved_out", "filter", 900)]}


def test_a_deal_that_left_the_stalled_list_still_stalled_is_unexplained() -> None:
    found = made([deal("a", 900, stalled=True)], [], [deal("a", 900, stalled=True)], stalled_deals())
    assert moves(found) == {"a": [("unexplained", "still_matches", 900)]}


# Those that joined.


def joined(row: Row, known: list[Row], item: Query | None = None) -> dict[str, list[tuple[str, str, int]]]:
    before = answer([], at=LAST_WEEK, followed=known)
    found = bridged(before, answer([row], at=THIS_WEEK, followed=[]), item or open_deals())
    assert found is not None
    assert closes(found)
    return moves(found)


def test_a_deal_created_at_the_first_byte_of_the_baseline_is_new() -> None:
    at_once = deal("a", 900, created_at=ms(LAST_WEEK))
    assert joined(at_once, []) == {"a": [("new", "", 900)]}
    just_before = deal("a", 900, created_at=ms(LAST_WEEK) - 1)
    assert joined(just_before, []) == {"a": [("moved_in", "appeared", 900)]}


def test_a_new_deal_that_stalls_at_once_is_new() -> None:
    row = deal("a", 900, created_at=ms(LAST_WEEK) + 1, stalled=True)
    assert joined(row, [], stalled_deals()) == {"a": [("new", "", 900)]}


@pytest.mark.parametrize("status", ["won", "lost"])
def test_a_deal_closed_in_the_baseline_is_reopened_at_its_value_now(status: str) -> None:
    assert joined(deal("a", 900), [deal("a", 500, status=status)]) == {"a": [("reopened", status, 900)]}


def test_a_deal_of_another_owner_is_moved_in_by_a_hand_over() -> None:
    known = [deal("a", 900, owner_id="user_cleo", pipeline_id="pipe_partners")]
    assert joined(deal("a", 900), known) == {"a": [("moved_in", "reassigned", 900)]}


def test_a_deal_of_another_pipeline_is_moved_in_also_where_the_query_names_none() -> None:
    item = Query("deals", "close", "opportunities", params={"status_type": "active"}, follow=Follow.CLOSED)
    known = [deal("a", 900, pipeline_id="pipe_partners")]
    assert joined(deal("a", 900), known, item) == {"a": [("moved_in", "pipeline", 900)]}


def test_a_deal_that_was_in_another_stage_is_moved_into_a_list_of_one_stage() -> None:
    known = [deal("a", 900, stage_id="stat_offer")]
    assert joined(deal("a", 900), known, open_deals(status_id="stat_demo")) == {"a": [("moved_in", "stage", 900)]}


def test_a_deal_that_moved_and_stalls_again_is_newly_stalled_whatever_else_filters() -> None:
    item = stalled_deals(lead_query="size:large")
    stalls = deal("a", 900, stalled=True)
    assert joined(stalls, [deal("a", 900, stalled=False)], item) == {"a": [("stalled_in", "", 900)]}
    assert joined(stalls, [stalls], item) == {"a": [("moved_in", "filter", 900)]}


def test_a_deal_deleted_before_and_listed_now_simply_appeared() -> None:
    known = [deal("a", None, status="deleted", owner_id=None, pipeline_id=None)]
    assert joined(deal("a", 900), known) == {"a": [("moved_in", "appeared", 900)]}


def test_a_deal_that_moved_before_and_stalls_again_is_newly_stalled() -> None:
    stalls = deal("a", 900, stalled=True)
    assert joined(stalls, [deal("a", 900, stalled=False)], stalled_deals()) == {"a": [("stalled_in", "", 900)]}
    assert joined(stalls, [], stalled_deals()) == {"a": [("stalled_in", "", 900)]}


def test_a_deal_that_a_saved_search_had_dropped_is_moved_in_by_the_filter() -> None:
    item = open_deals(lead_query="size:large")
    assert joined(deal("a", 900), [deal("a", 900)], item) == {"a": [("moved_in", "filter", 900)]}
