"""The bridge, rule by rule; tests/domain/test_bridge_laws.py holds it against generated histories."""

from datetime import timedelta

import pytest

from tests.domain.builders import LAST_WEEK, THIS_WEEK, answer, deal, ms, open_deals, stalled_deals
from worker.domain.bridge import Bridge, NoBridge, Terms, as_json, balance, bridge, why_no_bridge
from worker.domain.opportunity import INWARD, Move
from worker.domain.schedule import Follow, Item
from worker.domain.snapshot import Row
from worker.domain.stock import Basis

K = 100_000  # a thousand euros in cents


def made(before: list[Row], after: list[Row], looked_up: list[Row] | None = None, item: Item | None = None) -> Bridge:
    """The bridge of two lists of open deals; `looked_up` are those that left, as they were found."""
    found = bridge(
        answer(before, at=LAST_WEEK), answer(after, at=THIS_WEEK, followed=looked_up or []), item or open_deals()
    )
    assert found is not None
    return found


def moves(found: Bridge) -> dict[str, list[tuple[str, str, int]]]:
    """Per deal: class, detail, amount."""
    per_deal: dict[str, list[tuple[str, str, int]]] = {}
    for step in found.steps:
        per_deal.setdefault(step.key, []).append((step.move.value, step.detail, step.amount))
    return per_deal


def booked(terms: Terms) -> dict[str, int]:
    return {move.value: amount for move, amount in terms.amounts.items() if amount}


def closes(found: Bridge) -> bool:
    return all(
        t.opening + sum(a if m in INWARD else -a for m, a in t.amounts.items()) == t.closing for t in found.terms
    )


# The worked example of docs/semantics.md, deal by deal.
WEEK_BEFORE = {
    "A": deal("A", 40 * K),
    "B": deal("B", 30 * K, stalled=True),
    "C": deal("C", 20 * K, stalled=True),
    "D": deal("D", 15 * K, stalled=True),
    "E": deal("E", 1 * K, period="monthly"),
    "F": deal("F", 10 * K),
    "G": deal("G", 9 * K, stalled=True),
    "H": deal("H", 5 * K, stalled=True),
    "L": deal("L", None),
    "M": deal("M", 12 * K, stalled=True),
}
GONE = {
    "C": deal("C", 18 * K, status="won"),
    "D": deal("D", 15 * K, status="lost"),
    "G": deal("G", 9 * K, pipeline_id="pipe_partners"),
    "H": deal("H", None, status="deleted", currency=None, period=None, owner_id=None, pipeline_id=None),
}
WEEK_AFTER = {
    "A": deal("A", 48 * K, stalled=True),
    "B": deal("B", 25 * K, stalled=True),
    "E": deal("E", 15 * K),
    "F": deal("F", 11 * K, currency="USD"),
    "I": deal("I", 22 * K, created_at=ms(LAST_WEEK + timedelta(days=2))),
    "J": deal("J", 7 * K + K // 2),
    "K": deal("K", 6 * K),
    "L": deal("L", 4 * K),
    "M": deal("M", 12 * K, stalled=True),
}
KNOWN_BEFORE = [deal("J", 7 * K, status="lost"), deal("K", 6 * K, pipeline_id="pipe_partners")]


def example() -> Bridge:
    before = answer(WEEK_BEFORE.values(), at=LAST_WEEK, followed=KNOWN_BEFORE)
    found = bridge(before, answer(WEEK_AFTER.values(), at=THIS_WEEK, followed=GONE.values()), open_deals())
    assert found is not None
    return found


def test_the_worked_example_closes_at_139_500_euros_and_11_000_dollars() -> None:
    euros, dollars = example().terms
    assert (euros.currency, euros.opening, euros.closing) == ("EUR", 153 * K, 139 * K + K // 2)
    assert booked(euros) == {
        "new": 22 * K,
        "reopened": 7 * K + K // 2,
        "moved_in": 6 * K,
        "raised": 15 * K,
        "lowered": 7 * K,
        "won": 18 * K,
        "lost": 15 * K,
        "moved_out": 9 * K,
        "converted_out": 10 * K,
        "removed": 5 * K,
    }
    assert (dollars.currency, dollars.opening, dollars.closing) == ("USD", 0, 11 * K)
    assert booked(dollars) == {"converted_in": 11 * K}
    assert closes(example())


def test_each_deal_of_the_worked_example_is_booked_as_the_page_says() -> None:
    assert moves(example()) == {
        "A": [("raised", "", 8 * K)],
        "B": [("lowered", "", 5 * K)],
        "C": [("lowered", "", 2 * K), ("won", "", 18 * K)],
        "D": [("lost", "", 15 * K)],
        "E": [("raised", "period", 3 * K)],
        "F": [("converted_out", "", 10 * K), ("converted_in", "", 11 * K)],
        "G": [("moved_out", "pipeline", 9 * K)],
        "H": [("removed", "", 5 * K)],
        "I": [("new", "", 22 * K)],
        "J": [("reopened", "lost", 7 * K + K // 2)],
        "K": [("moved_in", "pipeline", 6 * K)],
        "L": [("raised", "", 4 * K)],
    }
    assert example().unvalued == (1, 0)


def test_the_stalled_list_of_the_same_week_closes_at_85_000() -> None:
    before = answer((WEEK_BEFORE[key] for key in "BCDGHM"), at=LAST_WEEK)
    after = answer((WEEK_AFTER[key] for key in "ABM"), at=THIS_WEEK, followed=GONE.values())
    found = bridge(before, after, stalled_deals())
    assert found is not None
    (euros,) = found.terms
    assert (euros.opening, euros.closing) == (91 * K, 85 * K)
    assert booked(euros) == {
        "stalled_in": 48 * K,
        "lowered": 7 * K,
        "won": 18 * K,
        "lost": 15 * K,
        "moved_out": 9 * K,
        "removed": 5 * K,
    }
    assert closes(found)


def test_json_names_every_class_in_order_zeros_included() -> None:
    shown = as_json(example())
    assert list(shown) == ["EUR", "USD"]
    assert list(shown["USD"]) == ["opening", *(move.value for move in Move), "closing"]
    zeros = {move.value: 0 for move in Move}
    assert shown["USD"] == {"opening": 0, **zeros, "converted_in": 11 * K, "closing": 11 * K}


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
    again = deal("a", 900, stalled=False, stage_order=order)
    found = made([deal("a", 900, stalled=True)], [], [again], stalled_deals())
    assert moves(found) == {"a": [("revived", detail, 900)]}


def test_where_a_service_is_silent_leaving_the_stalled_list_means_moving_again() -> None:
    found = made([deal("a", 900, stalled=True)], [], [deal("a", 900)], stalled_deals())
    assert moves(found) == {"a": [("revived", "touched", 900)]}


def test_where_a_service_is_silent_and_a_saved_search_is_used_the_filter_may_be_why() -> None:
    found = made([deal("a", 900, stalled=True)], [], [deal("a", 900)], stalled_deals(query="tag:x"))
    assert moves(found) == {"a": [("moved_out", "filter", 900)]}


def test_a_deal_that_left_the_stalled_list_still_stalled_is_unexplained() -> None:
    found = made([deal("a", 900, stalled=True)], [], [deal("a", 900, stalled=True)], stalled_deals())
    assert moves(found) == {"a": [("unexplained", "still_matches", 900)]}


# Those that joined.


def joined(row: Row, known: list[Row], item: Item | None = None) -> dict[str, list[tuple[str, str, int]]]:
    before = answer([], at=LAST_WEEK, followed=known)
    found = bridge(before, answer([row], at=THIS_WEEK, followed=[]), item or open_deals())
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
    item = Item("deals", "close", "opportunities", params={"status_type": "active"}, follow=Follow.CLOSED)
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


# Values.


def test_a_change_of_period_alone_that_keeps_the_year_is_no_move() -> None:
    found = made([deal("a", 100, period="monthly")], [deal("a", 1200, period="annual")])
    assert moves(found) == {}
    assert closes(found)


def test_null_is_counted_apart_and_adds_nothing() -> None:
    found = made([deal("a", None), deal("b", 100)], [deal("a", None), deal("b", 100)])
    (euros,) = found.terms
    assert (euros.opening, euros.opening_count, euros.unvalued_before, euros.unvalued) == (100, 2, 1, 1)
    assert found.steps == ()


def test_a_value_that_becomes_null_is_lowered_to_nothing() -> None:
    found = made([deal("a", 900)], [deal("a", None)])
    assert moves(found) == {"a": [("lowered", "", 900)]}
    assert found.unvalued == (0, 1)


def test_a_deal_without_value_and_currency_counts_where_it_later_has_one() -> None:
    before = [deal("a", None, currency=None), deal("b", 500), deal("c", 600)]
    found = made(before, [deal("a", 700, currency="USD"), deal("b", 500), deal("c", 600)])
    by_currency = {terms.currency: terms for terms in found.terms}
    assert moves(found) == {"a": [("raised", "", 700)]}
    assert (by_currency["USD"].opening_count, by_currency["USD"].closing_count) == (1, 1)
    assert (by_currency["EUR"].opening_count, by_currency["EUR"].closing_count) == (2, 2)


def test_a_deal_without_value_and_currency_counts_with_the_most_deals() -> None:
    found = made([deal("b", 500)], [deal("a", None, currency="", created_at=ms(THIS_WEEK)), deal("b", 500)])
    (euros,) = found.terms
    assert (euros.currency, euros.closing_count, euros.counts[Move.NEW], euros.unvalued) == ("EUR", 2, 1, 1)


def test_a_list_of_deals_without_any_value_has_no_currency() -> None:
    found = made([], [deal("a", None, currency=None)])
    assert [(t.currency, t.closing, t.closing_count) for t in found.terms] == [("XXX", 0, 1)]


def test_two_empty_lists_have_a_bridge_without_currencies() -> None:
    assert as_json(made([], [])) == {}


def test_currencies_stand_by_number_of_deals() -> None:
    now = [deal("a", 9_000_000), deal("b", 1, currency="USD"), deal("c", 1, currency="USD")]
    assert [terms.currency for terms in made([], now).terms] == ["USD", "EUR"]


def test_amounts_as_entered_need_one_period() -> None:
    monthly = [deal("a", 100, period="monthly")]
    before, after = answer(monthly, at=LAST_WEEK), answer([deal("a", 150, period="monthly")])
    found = bridge(before, after, open_deals(), basis=Basis.AS_ENTERED)
    assert found is not None
    assert (found.basis, found.terms[0].opening, found.terms[0].closing) == (Basis.AS_ENTERED, 100, 150)
    mixed = balance(before, answer([deal("a", 150)]), open_deals(), basis=Basis.AS_ENTERED)
    assert (mixed.basis, mixed.terms[0].opening, mixed.terms[0].closing) == (Basis.ANNUAL, 1200, 150)


# When there is none.


def test_no_bridge_is_made_between_answers_that_cannot_be_compared() -> None:
    here = answer([deal("a")])
    assert why_no_bridge(None, here, open_deals()) is NoBridge.MISSING
    assert why_no_bridge(here, None, open_deals()) is NoBridge.MISSING
    assert why_no_bridge(answer([], fingerprint="other"), here, open_deals()) is NoBridge.QUERY_CHANGED
    assert why_no_bridge(answer([], sliced=True), here, open_deals()) is NoBridge.SLICED
    assert why_no_bridge(here, answer([], sliced=True), open_deals()) is NoBridge.SLICED
    assert bridge(here, answer([], sliced=True), open_deals()) is None
    assert why_no_bridge(here, here, open_deals()) is None


def test_a_list_whose_departures_are_not_looked_up_has_no_bridge() -> None:
    item = Item("deals", "close", "opportunities", follow=Follow.NONE)
    assert why_no_bridge(answer([]), answer([]), item) is NoBridge.NOT_FOLLOWED


def test_an_older_answer_without_a_column_is_compared_on_what_both_have() -> None:
    older = answer([deal("a", 900), deal("b", 100)], at=LAST_WEEK)
    main = older.tables[0]
    cut = type(main)(main.id, main.columns[:-4], tuple(Row(r.key, r.cells[:-4]) for r in main.rows), main.total)
    found = bridge(
        type(older)("deals", "fp", None, LAST_WEEK, older.as_of, (), (cut,), older.members, None, main.id),
        answer([deal("a", 950), deal("b", 100)], followed=[]),
        open_deals(),
    )
    assert found is not None
    assert moves(found) == {"a": [("raised", "", 50)]}
