"""One list for runs with different pasts: the same words for the same question, and what each past adds."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sources.pipedrive.account import WEEK, Account, asking, cells, deal, following, over, pipedrive
from worker.domain.schedule import Follow
from worker.domain.time.window import Window
from worker.ports import Question, Shareable
from worker.sources.pipedrive import open_source


def words(question: Question) -> str:
    source = open_source({"company_domain": "acme", "api_token": "t"}, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    assert isinstance(source, Shareable)
    return source.words(question)


def unasked(question: Question) -> Question:
    """The same question of somebody without a past."""
    plain = replace(question.item, follow=Follow.NONE)
    return replace(question, item=plain, formerly=frozenset(), since=None, previous=None)


DAYS: dict[str, Any] = {"start_date": "2026-11-16", "end_date": "2026-11-22"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (asking("deals", status=["open"]), asking("deals", status="open", include_fields=["notes_count"])),
        (asking("deals", updated_since="last-week"), asking("deals", updated_since="2026-11-16")),
        (over("movements"), over("movements", None, **DAYS)),
    ],
)
def test_one_answer_serves_both(one: Question, other: Question) -> None:
    assert words(one) == words(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (asking("deals"), asking("stalled_deals")),
        (asking("deals", updated_since="last-week"), asking("deals", updated_since="yesterday")),
        (over("movements"), over("movements", Window(WEEK.start, WEEK.end, "UTC", "range"))),
        (over("movements"), over("movements", user_id=["11"])),
        (over("movements"), over("conversion")),
    ],
)
def test_two_answers_are_needed(one: Question, other: Question) -> None:
    assert words(one) != words(other)


@pytest.mark.parametrize("query", ["deals", "stalled_deals"])
async def test_a_shared_list_with_a_past_is_what_a_list_of_ones_own_would_be(query: str) -> None:
    rotten = {"update_time": "2026-11-01T00:00:00Z"}
    account = Account([deal(n, **rotten) for n in range(1, 5)])
    async with pipedrive(account) as (source, _):
        before = (await source.fetch(following(set(), query=query))).snapshot
        account.deals[0] |= {"status": "won", "won_time": "2026-11-23T12:00:00Z"}
        account.deals[1] |= {"is_deleted": True, "status": "deleted"}
        question = following(set(before.members), query=query, previous=before)
        own = (await source.fetch(question)).snapshot
        shared = (await source.complete(question, await source.fetch(unasked(question)))).snapshot
    assert (shared.tables, shared.members, shared.followed) == (own.tables, own.members, own.followed)
    assert shared.fingerprint == own.fingerprint
    assert shared.followed is not None
    assert len(shared.followed.rows) == 2


async def test_since_when_nothing_is_planned_is_each_pasts_own() -> None:
    account = Account([deal(1, next_activity_id=None)])
    async with pipedrive(account) as (source, _):
        question = following(set(), query="stalled_deals", rule="no_next_activity")
        first = (await source.fetch(question)).snapshot
        later = following({"1"}, query="stalled_deals", previous=first, rule="no_next_activity")
        listed = await source.fetch(unasked(later))
        completed = (await source.complete(later, listed)).snapshot
    assert cells(completed, "1")["stalled_since"] == cells(first, "1")["stalled_since"]
    assert cells(listed.snapshot, "1")["stalled_since"] != cells(first, "1")["stalled_since"]


async def test_a_deal_that_left_a_shared_list_and_still_matches_has_it_read_anew() -> None:
    account = Account([deal(1)])
    async with pipedrive(account) as (source, server):
        question = following({"1", "2"})
        listed = await source.fetch(unasked(question))
        account.deals.append(deal(2))
        completed = (await source.complete(question, listed)).snapshot
    assert completed.members == {"1", "2"}
    assert len([a for a in server.to("/api/v2/deals") if "ids" not in a.params]) == 2


async def test_a_cut_list_and_a_figure_have_no_past() -> None:
    account = Account([deal(1), deal(2)])
    async with pipedrive(account) as (source, _):
        for question in (asking("deals", limit=1), asking("pipelines")):
            listed = await source.fetch(question)
            assert (await source.complete(question, listed)).snapshot == listed.snapshot
