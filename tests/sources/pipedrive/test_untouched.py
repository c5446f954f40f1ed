"""Stalled deals that leave their list untouched: the bound of their stage was changed, or taken away."""

from typing import Any

import pytest

from tests.sources.pipedrive.account import NOW, STAGES, Account, asking, deal, fetched, following
from tests.support.traits import bridged
from worker.domain.schedule import Follow, Query
from worker.domain.snapshot.snapshot import Snapshot

ROTTEN = {"update_time": "2026-11-01T00:00:00Z"}


def staged(account: Account, **changes: Any) -> Account:
    """The first stage is another now."""
    found = [STAGES[0] | changes, *STAGES[1:]]
    account.v1["/api/v2/stages"] = {"data": found, "additional_data": {"next_cursor": None}}
    return account


def moves(before: Snapshot, after: Snapshot, **params: Any) -> set[tuple[str, str]]:
    item = Query("q", "pipedrive", "stalled_deals", params=params, follow=Follow.CLOSED)
    found = bridged(before, after, item)
    assert found is not None
    return {(step.move.value, step.detail) for step in found.steps}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"is_deal_rot_enabled": False}, ("moved_out", "rule")),
        ({"days_to_rotten": None}, ("moved_out", "rule")),
        ({"days_to_rotten": 60}, ("revived", "more_time")),
    ],
)
async def test_a_stage_that_was_changed_makes_nobody_work_on_its_deals(
    changes: dict[str, Any], why: tuple[str, str]
) -> None:
    deals = [deal(n, **ROTTEN) for n in range(1, 4)]
    before = await fetched(Account(deals), asking("stalled_deals"))
    later = following({"1", "2", "3"}, query="stalled_deals", previous=before)
    after = await fetched(staged(Account(deals), **changes), later)
    assert moves(before, after) == {why}


async def test_a_history_that_slid_makes_nobody_work_on_the_deals_of_its_stage() -> None:
    """Two stays that leave the year: eight are needed to judge by. Two long ones more: the bound is longer."""
    params: dict[str, Any] = {"rule": "stage_history", "percentile": "75"}
    stays = [
        deal(n, status="won", won_time="2026-10-03T08:00:00Z", update_time="2026-10-03T08:00:00Z")
        for n in range(20, 28)
    ]
    long = [
        deal(n, status="won", add_time="2026-01-01T00:00:00Z", won_time=f"{NOW:%Y-%m-%d}T00:00:00Z")
        for n in range(30, 34)
    ]
    still = deal(1, **ROTTEN)
    before = await fetched(Account([still, *stays]), asking("stalled_deals", **params))
    assert before.members == {"1"}
    later = following({"1"}, query="stalled_deals", previous=before, **params)
    fewer = await fetched(Account([still, *stays[1:]]), later)
    assert moves(before, fewer, **params) == {("moved_out", "rule")}
    longer = await fetched(Account([still, *stays, *long]), later)
    assert moves(before, longer, **params) == {("revived", "more_time")}
