"""Everything that differs between two answers, and its lines."""

from tests.domain.builders import answer, deal
from worker.domain.diff.between import NotCompared, between, departed, with_followed
from worker.domain.diff.bridge import NoBridge
from worker.domain.diff.lines import LineKind, lines
from worker.domain.schedule import Follow
from worker.domain.snapshot.requests import requests
from worker.domain.snapshot.scope import Scope
from worker.domain.snapshot.snapshot import Kind, Measure


def test_a_row_has_one_line_and_a_changed_one_has_one_for_each_cell() -> None:
    before = answer([deal("a", 100), deal("b", 200)])
    after = answer([deal("a", 300, stage="Offer"), deal("c", 50)], followed=[deal("b", 200, status="lost")])
    found = between("deals", before, after, Follow.CLOSED, Scope())
    assert [(one.change, one.key, one.why, one.before, one.after) for one in lines(found)] == [
        (LineKind.ADDED, "c", "moved_in:appeared", None, 50),
        (LineKind.REMOVED, "b", "lost", 200, None),
        *((LineKind.CHANGED, "a", "", *pair) for pair in (("Demo", "Offer"), (100, 300), (100, 300))),
    ]


def test_a_figure_that_is_new_or_gone_has_an_empty_side_and_null_is_not_zero() -> None:
    was = answer([], measures=(Measure(("won", "count"), Kind.INT, 3), Measure(("old",), Kind.INT, 0)))
    now = answer(
        [], measures=(Measure(("won", "count"), Kind.INT, None, why_null="hidden"), Measure(("new",), Kind.INT, 0))
    )
    found = between("deals", was, now, Follow.CLOSED, Scope())
    assert {one.key: (one.before, one.after) for one in lines(found)} == {
        "won.count": (3, None),
        "new": (None, 0),
        "old": (0, None),
    }
    assert found


def test_what_funnelbeat_keeps_beside_an_answer_is_no_difference() -> None:
    was, now = (answer([], tables=(requests([("/opportunity/", n, 0, False)]),)) for n in (1, 2))
    assert not between("deals", was, now, Follow.CLOSED, Scope())


def test_a_list_that_the_user_cut_and_another_question_are_not_compared() -> None:
    cut = between("deals", answer([deal("a")], sliced=True), answer([], sliced=True), Follow.CLOSED, Scope())
    assert (cut.sliced, cut.tables, cut.no_bridge) == (("opportunities",), (), NoBridge.SLICED)
    other = between("deals", answer([deal("a")]), answer([], fingerprint="other"), Follow.CLOSED, Scope())
    assert (other.not_compared, other.tables, bool(other)) == (NotCompared.QUERY_CHANGED, (), False)
    assert between("deals", None, answer([]), Follow.CLOSED, Scope()).not_compared is NotCompared.NO_ANSWER_BEFORE


def test_rows_that_were_looked_up_in_between_are_added_to_those_of_the_newer_answer() -> None:
    before = answer([deal("a"), deal("b"), deal("c")])
    after = answer([deal("a")], followed=[deal("c", status="won")])
    assert departed(before, after) == {"b"}
    known = with_followed(after, {"b": deal("b", status="lost")})
    assert departed(before, known) == frozenset()
    assert with_followed(after, {}) is after


def test_a_row_that_left_at_another_value_has_both() -> None:
    before = answer([deal("a", 4_700_000), deal("b", 100), deal("c", 100), deal("d", 100)])
    gone = [
        deal("a", 4_230_000, status="won"),
        deal("b", 100, status="won"),
        deal("c", None, status="lost"),
        deal("d", 100, currency="USD", status="lost"),
    ]
    found = between("deals", before, answer([], followed=gone), Follow.CLOSED, Scope())
    assert [(one.key, one.before, one.after, one.after_in, one.revalued) for one in lines(found)] == [
        ("a", 4_700_000, 4_230_000, "EUR", True),
        ("b", 100, None, "EUR", False),
        ("c", 100, None, "EUR", True),
        ("d", 100, 100, "USD", True),
    ]


def test_a_row_whose_currency_alone_changed_shows_what_left_one_sum_and_joined_another() -> None:
    found = between("deals", answer([deal("a", 500)]), answer([deal("a", 500, currency="USD")]), Follow.CLOSED, Scope())
    shown = [(one.column.name if one.column else "", one.before, one.before_in, one.after_in) for one in lines(found)]
    assert ("annual", 500, "EUR", "USD") in shown
