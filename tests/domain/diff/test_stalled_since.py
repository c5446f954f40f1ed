"""Since when a deal stalls: carried forward without a break, begun anew after one."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.builders import LAST_WEEK, LONG_AGO, THIS_WEEK, answer, deal, ms
from worker.domain.diff.stalled_since import carried, departed, find
from worker.domain.snapshot.snapshot import Snapshot

NOW = ms(THIS_WEEK)


def last_week(*rows: tuple[str, bool | None, int | None]) -> Snapshot:
    return answer([deal(key, stalled=stalled, stalled_since=since) for key, stalled, since in rows], at=LAST_WEEK)


def test_the_first_complete_run_that_holds_a_deal_is_where_it_begins() -> None:
    assert carried(None, "a", True, NOW) == NOW
    assert carried(last_week(), "a", True, NOW) == NOW


def test_a_deal_held_without_a_break_keeps_its_beginning() -> None:
    assert carried(last_week(("a", True, ms(LONG_AGO))), "a", True, NOW) == ms(LONG_AGO)


def test_a_run_in_which_it_moved_is_a_break() -> None:
    assert carried(last_week(("a", False, ms(LONG_AGO))), "a", True, NOW) == NOW
    assert carried(last_week(("a", None, None)), "a", True, NOW) == NOW


def test_a_deal_that_moves_or_whose_service_is_silent_has_no_beginning() -> None:
    known = last_week(("a", True, ms(LONG_AGO)))
    assert carried(known, "a", False, NOW) is None
    assert carried(known, "a", None, NOW) is None


def test_where_the_last_answer_did_not_say_since_when_it_was_at_least_since_then() -> None:
    assert carried(last_week(("a", True, None)), "a", True, NOW) == ms(LAST_WEEK)


def test_a_deal_that_was_only_looked_up_was_not_held() -> None:
    followed = [deal("a", stalled=True, stalled_since=ms(LONG_AGO))]
    assert carried(answer([], at=LAST_WEEK, followed=followed), "a", True, NOW) == NOW


@given(st.sets(st.text("abc", min_size=1, max_size=3), max_size=12), st.text("abc", min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_a_row_is_found_by_its_key_and_only_by_it(keys: set[str], asked: str) -> None:
    rows = answer([deal(key) for key in keys]).rows
    assert rows is not None
    found = find(rows, asked)
    assert (found.key if found is not None else None) == (asked if asked in keys else None)


def test_those_that_departed_were_members_and_are_not_now() -> None:
    assert departed(frozenset("abc"), frozenset("bcd")) == frozenset("a")
