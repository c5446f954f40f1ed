"""The bridge: its worked example, its values, and when there is none. Its laws are in test_bridge_laws.py, why a deal
joined or left in test_membership.py.
"""

from datetime import timedelta

from tests.domain.bridging import booked, closes, made, moves
from tests.domain.builders import LAST_WEEK, THIS_WEEK, answer, deal, ms, open_deals, stalled_deals
from tests.support.traits import bridged, traits
from worker.domain.diff.bridge import Bridge, NoBridge, balance, why_no_bridge
from worker.domain.diff.stock import Basis
from worker.domain.schedule import Follow, Query
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.snapshot import Row

K = 100_000  # a thousand euros in cents


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
    found = bridged(before, answer(WEEK_AFTER.values(), at=THIS_WEEK, followed=GONE.values()), open_deals())
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
    found = bridged(before, after, stalled_deals())
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
    assert made([], []).terms == ()


def test_currencies_stand_by_number_of_deals() -> None:
    now = [deal("a", 9_000_000), deal("b", 1, currency="USD"), deal("c", 1, currency="USD")]
    assert [terms.currency for terms in made([], now).terms] == ["USD", "EUR"]


def test_amounts_as_entered_need_one_period() -> None:
    monthly = [deal("a", 100, period="monthly")]
    before, after = answer(monthly, at=LAST_WEEK), answer([deal("a", 150, period="monthly")])
    found = bridged(before, after, open_deals(), basis=Basis.AS_ENTERED)
    assert found is not None
    assert (found.basis, found.terms[0].opening, found.terms[0].closing) == (Basis.AS_ENTERED, 100, 150)
    mixed = balance(before, answer([deal("a", 150)]), traits(open_deals()).scope, basis=Basis.AS_ENTERED)
    assert (mixed.basis, mixed.terms[0].opening, mixed.terms[0].closing) == (Basis.ANNUAL, 1200, 150)


# When there is none.


def test_no_bridge_is_made_between_answers_that_cannot_be_compared() -> None:
    here = answer([deal("a")])
    assert why_no_bridge(None, here, Follow.CLOSED) is NoBridge.MISSING
    assert why_no_bridge(here, None, Follow.CLOSED) is NoBridge.MISSING
    assert why_no_bridge(answer([], fingerprint="other"), here, Follow.CLOSED) is NoBridge.QUERY_CHANGED
    assert why_no_bridge(answer([], sliced=True), here, Follow.CLOSED) is NoBridge.SLICED
    assert why_no_bridge(here, answer([], sliced=True), Follow.CLOSED) is NoBridge.SLICED
    assert bridged(here, answer([], sliced=True), open_deals()) is None
    assert why_no_bridge(here, here, Follow.CLOSED) is None


def test_a_list_whose_departures_are_not_looked_up_has_no_bridge() -> None:
    item = Query("deals", "close", "opportunities", follow=Follow.NONE)
    assert why_no_bridge(answer([]), answer([]), item.follow) is NoBridge.NOT_FOLLOWED


def test_an_older_answer_without_a_column_is_compared_on_what_both_have() -> None:
    older = answer([deal("a", 900), deal("b", 100)], at=LAST_WEEK)
    main = older.tables[0]
    cut = type(main)(main.id, main.columns[:-4], tuple(Row(r.key, r.cells[:-4]) for r in main.rows), main.total)
    found = bridged(
        type(older)("deals", "fp", None, LAST_WEEK, older.as_of, (), (cut,), older.members, None, main.id),
        answer([deal("a", 950), deal("b", 100)], followed=[]),
        open_deals(),
    )
    assert found is not None
    assert moves(found) == {"a": [("raised", "", 50)]}
