"""When a deal stalls: by the service's rule, and by ours."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.pipedrive.account import DEALS, NOW, Account, asking, cells, deal, fetched, following, pipedrive
from worker.domain.snapshot.notes import NoteCode, counted
from worker.domain.time.epoch import to_ms
from worker.sources.pipedrive.names import PipedriveStage
from worker.sources.pipedrive.stalls import (
    DAY_MS,
    FEWEST,
    UNTOLD,
    DaysInStage,
    DealActivity,
    Idle,
    NothingPlanned,
    Rotting,
    bounds,
)

STAGES = {"1": PipedriveStage("1", "Offer", "1", 0, 10, None), "2": PipedriveStage("2", "Quiet", "1", 1, None, None)}
TIMES = st.integers(0, 2_000_000_000_000)


def ago(days: float) -> str:
    return (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


@given(TIMES, TIMES)
def test_a_deal_rots_so_many_days_after_its_last_update_and_stays_rotten(updated: int, later: int) -> None:
    rule, turned = Rotting(STAGES), updated + 10 * DAY_MS
    deal = DealActivity("1", updated, updated)
    assert rule(deal, turned - 1).stalled is False
    found = rule(deal, turned + later)
    assert (found.stalled, found.since, found.why) == (True, turned, "no_update:10:Offer")


def test_where_nothing_rots_the_rule_says_nothing() -> None:
    assert Rotting(STAGES)(DealActivity("2", 0, 0), DAY_MS * 1000) == UNTOLD
    assert Rotting(STAGES)(DealActivity("9", 0, 0), DAY_MS * 1000) == UNTOLD
    assert Rotting(STAGES)(DealActivity("1", None, 0), DAY_MS * 1000) == UNTOLD


def test_what_the_service_says_itself_stands() -> None:
    told = DealActivity("2", 0, 0, rotten_at=50)
    assert Rotting(STAGES)(told, 49).stalled is False
    assert Rotting(STAGES)(told, 50).since == 50


def test_days_in_a_stage_count_from_entering_it() -> None:
    rule = DaysInStage(14)
    assert rule(DealActivity("1", 13 * DAY_MS, 0), 14 * DAY_MS).since == 14 * DAY_MS
    assert rule(DealActivity("1", 0, 1), 14 * DAY_MS).stalled is False
    assert rule(DealActivity("1", 0, None), 14 * DAY_MS) == UNTOLD


def test_nothing_planned_needs_to_know() -> None:
    rule = NothingPlanned()
    assert rule(DealActivity("1", 0, 0, planned=None), 0) == UNTOLD
    assert rule(DealActivity("1", 0, 0, planned=True), 0).stalled is False
    assert rule(DealActivity("1", 0, 0, planned=False), 0).stalled is True


@given(st.lists(st.integers(0, 10**10), min_size=FEWEST, max_size=60), st.sampled_from([75, 90]))
def test_the_bound_is_a_stay_that_so_many_per_cent_do_not_exceed(stays: list[int], percent: int) -> None:
    bound = bounds([("1", stay) for stay in stays], percent)["1"]
    assert bound in stays
    assert sum(stay <= bound for stay in stays) * 100 >= percent * len(stays)
    assert sum(stay < bound for stay in stays) * 100 < percent * len(stays)


@given(st.lists(st.tuples(st.sampled_from("12"), st.integers(0, 1000)), max_size=30))
def test_a_stage_with_too_little_history_has_no_bound(stays: list[tuple[str, int]]) -> None:
    for stage_id in "12":
        enough = sum(stage == stage_id for stage, _ in stays) >= FEWEST
        assert (stage_id in bounds(stays, 90)) is enough


def test_idle_is_held_against_whole_stays() -> None:
    rule = Idle({"1": 5 * DAY_MS}, 90, STAGES)
    assert rule(DealActivity("1", 100, 0), 100 + 5 * DAY_MS - 1).stalled is False
    found = rule(DealActivity("1", 100, 0), 100 + 5 * DAY_MS)
    assert (found.since, found.why) == (100 + 5 * DAY_MS, "idle:90:5:Offer")
    assert rule(DealActivity("2", 100, 0), 10**15) == UNTOLD


async def test_rotten_deals_are_chosen_here_and_dated_by_the_rule() -> None:
    account = Account(
        [
            deal(1, update_time=ago(11)),
            deal(2, update_time=ago(9)),
            deal(3, update_time=ago(400), stage_id=2),
            deal(4, update_time=ago(400), status="won", won_time=ago(400)),
        ]
    )
    async with pipedrive(account) as (source, server):
        snapshot = (await source.fetch(asking("stalled_deals", pipeline_id="1"))).snapshot
        assert server.to(DEALS)[0].params["status"] == "open"
    assert snapshot.members == {"1"}
    found = cells(snapshot, "1")
    assert found["stalled_since"] == to_ms(NOW - timedelta(days=1))
    assert found["stall_reason"] == "no_update:10:First call"
    assert snapshot.notes == (counted(NoteCode.NOT_JUDGED, 1),)


async def test_a_plain_list_marks_what_rots() -> None:
    account = Account([deal(1, update_time=ago(11)), deal(2, update_time=ago(1)), deal(3, stage_id=2)])
    snapshot = await fetched(account, asking("deals"))
    assert [cells(snapshot, key)["stalled"] for key in "123"] == [True, False, None]


async def test_nothing_planned_is_asked_for_and_dated_by_our_own_runs() -> None:
    account = Account([deal(1, next_activity_id=None), deal(2, next_activity_id=5)])
    async with pipedrive(account) as (source, server):
        first = (await source.fetch(asking("stalled_deals", rule="no_next_activity"))).snapshot
        assert server.to(DEALS)[0].params["include_fields"] == "next_activity_id"
        ask = following({"1"}, query="stalled_deals", previous=first, rule="no_next_activity")
        second = (await source.fetch(ask)).snapshot
    assert first.members == {"1"}
    assert cells(first, "1")["stalled_since"] == cells(second, "1")["stalled_since"]


async def test_a_deal_that_moves_again_is_looked_up_by_the_same_rule() -> None:
    account = Account([deal(1, stage_change_time=ago(40)), deal(2, stage_change_time=ago(40))])
    ask = following(set(), query="stalled_deals", rule="days_in_stage", days=30)
    before = await fetched(account, ask)
    assert before.members == {"1", "2"}
    account.deals[0]["stage_change_time"] = ago(1)
    ask = following({"1", "2"}, query="stalled_deals", previous=before, rule="days_in_stage", days=30)
    after = await fetched(account, ask)
    assert after.members == {"2"}
    assert cells(after, "1", "followed")["stalled"] is False


def closed(key: int, days: float, status: str = "won", **changes: Any) -> dict[str, Any]:
    """A deal that stood so many days in stage 1."""
    end = datetime(2026, 10, 20, tzinfo=UTC)
    entered = (end - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return deal(key, status=status, stage_change_time=entered, **{f"{status}_time": end.isoformat()}, **changes)


@pytest.mark.parametrize(("percentile", "members"), [("75", {"1", "2"}), ("90", {"1"})])
async def test_a_stages_own_history_sets_the_bound(percentile: str, members: set[str]) -> None:
    """Stays of 1 to 10 days: three in four took at most 8, nine in ten at most 9."""
    history = [closed(100 + n, n, "won" if n % 2 else "lost") for n in range(1, 11)]
    odd = [closed(200, 3) | {"won_time": None}, closed(201, -5)]
    account = Account(
        [*history, *odd, deal(1, update_time=ago(9.5)), deal(2, update_time=ago(8.5)), deal(3, update_time=ago(7))]
    )
    async with pipedrive(account) as (source, server):
        ask = asking("stalled_deals", pipeline_id="1", rule="stage_history", percentile=percentile, history_days=90)
        snapshot = (await source.fetch(ask)).snapshot
        query = server.to(DEALS)[0].params
    assert (query["status"], query["pipeline_id"], query["updated_since"][:10]) == ("won,lost", "1", "2026-08-25")
    assert snapshot.members == members


@given(st.integers(-(10**6), 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
@settings(max_examples=50)
def test_no_rule_lets_a_deal_stall_less_as_time_goes_by(updated: int, now: int, later: int) -> None:
    deal = DealActivity("1", updated, updated)
    for rule in (Rotting(STAGES), DaysInStage(1), Idle({"1": 1000}, 75, STAGES)):
        if rule(deal, now).stalled:
            assert rule(deal, now + later) == rule(deal, now)
