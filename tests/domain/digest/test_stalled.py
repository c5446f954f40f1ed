"""Who must act: newly stalled, still stalled, and what became of those that left."""

import pytest

from tests.domain.builders import LAST_WEEK, LONG_AGO, THIS_WEEK, answer, deal, ms, open_deals, schedule, stalled_deals
from tests.domain.digests import digest
from worker.domain.digest.model import StalledSection
from worker.domain.money import Money
from worker.domain.schedule import Follow, Query, Show
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.snapshot import Gap, GapReason, Row


def stalled(
    now: list[Row], before: list[Row] | None = None, left: list[Row] | None = None, item: Query | None = None
) -> StalledSection:
    old = None if before is None else [answer(before, query="stalled", at=LAST_WEEK)]
    found = digest(schedule(item or stalled_deals()), [answer(now, query="stalled", followed=left or [])], old)
    return found.stalled[0]


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
    item = Query("stalled", "close", "opportunities", params={"is_stalled": True}, follow=Follow.NONE)
    section = stalled([], [deal("a", 100, stalled=True)], item=item)
    assert [(one.key, one.move) for one in section.left] == [("a", Move.UNEXPLAINED)]
    assert section.bridges == ()


@pytest.mark.parametrize(
    ("order_by", "keys"), [(None, ["c", "b"]), ("value", ["a", "b"]), ("-value", ["c", "b"]), ("title", ["a", "b"])]
)
def test_show_orders_and_cuts_and_says_how_many_are_hidden(order_by: str | None, keys: list[str]) -> None:
    item = Query(
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
