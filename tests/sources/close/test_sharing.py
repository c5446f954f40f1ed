"""A list that is read for somebody without a past, and completed for each: the same as read for each alone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.close.account import NOW, WEEK, Account, close, deal, following, listing, report
from worker.domain.schedule import Follow, Query
from worker.domain.snapshot.snapshot import Snapshot
from worker.domain.time.window import WindowSpec
from worker.ports import Question
from worker.sources.close import CloseSource
from worker.sources.close.fingerprint import fingerprint, spelled

KEYS = tuple(f"oppo_{n}" for n in range(8))


def bare(question: Question) -> Question:
    """The same question without a past, as flow shares it."""
    item = replace(question.item, follow=Follow.NONE)
    return replace(question, item=item, formerly=frozenset(), since=None, previous=None)


def essence(snapshot: Snapshot) -> tuple[object, ...]:
    followed = snapshot.followed
    return (snapshot.fingerprint, snapshot.measures, snapshot.tables, snapshot.members, followed, snapshot.notes)


def frozen(source: CloseSource) -> None:
    """Every look at the clock says the same, so that what is carried can be compared."""
    for part in (source, source._client, source._directory):
        part._clock = lambda: NOW


@settings(max_examples=15, deadline=None)
@given(
    listed=st.sets(st.sampled_from(KEYS)),
    formerly=st.sets(st.sampled_from(KEYS)),
    ends=st.lists(st.sampled_from(["won", "lost"]), min_size=8, max_size=8),
    stalled=st.sets(st.sampled_from(KEYS)),
)
async def test_a_shared_list_completed_for_a_past_is_the_list_read_with_it(
    listed: set[str], formerly: set[str], ends: list[str], stalled: set[str]
) -> None:
    deals = [
        deal(key, status_type="active" if key in listed else end, is_stalled=key in stalled)
        for key, end in zip(KEYS, ends, strict=True)
    ]
    async with close(Account(deals)) as (source, _):
        frozen(source)
        earlier = (await source.fetch(listing())).snapshot
        past = replace(earlier, as_of=(NOW - timedelta(days=7), NOW - timedelta(days=7)))
        question = following(formerly, previous=past)
        alone = (await source.fetch(question)).snapshot
        shared = await source.fetch(bare(question))
        completed = (await source.complete(question, shared)).snapshot
    assert essence(completed) == essence(alone)


async def test_a_deal_that_left_and_still_matches_makes_this_run_read_for_itself() -> None:
    account = Account([deal("oppo_a"), deal("oppo_b")])
    async with close(account) as (source, server):
        shared = await source.fetch(bare(listing()))
        shared = replace(shared, snapshot=replace(shared.snapshot, members=frozenset({"oppo_a"})))
        before = len(server.to("/opportunity/"))
        snapshot = (await source.complete(following({"oppo_a", "oppo_b"}), shared)).snapshot
        assert len(server.to("/opportunity/")) == before + 2, "closed deals, and the list itself"
    assert snapshot.members == {"oppo_a", "oppo_b"}


def spelling(question: Question) -> str:
    return repr(spelled(question))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (listing(), replace(listing(), item=replace(listing().item, params={"status_type__in": ["active"]}))),
        (listing(), replace(listing(), zone="America/New_York")),
        (listing(), following({"oppo_a"})),
        (listing(_order_by="value"), listing()),
        (report("funnel_totals"), replace(report("funnel_totals"), zone="America/New_York")),
        (report("funnel_totals", users=["b", "a"]), report("funnel_totals", users=["a", "b"])),
        (report("funnel_totals"), replace(report("funnel_totals"), window=replace(WEEK, name="range"))),
    ],
)
def test_one_question_has_one_spelling(one: Question, other: Question) -> None:
    assert spelling(one) == spelling(other)
    assert fingerprint("orga", one.item) == fingerprint("orga", other.item)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (listing(), listing(status_type="won")),
        (listing(date_won="2026-11-01"), replace(listing(date_won="2026-11-01"), zone="America/New_York")),
        (listing(date_created="this-week"), replace(listing(date_created="this-week"), slot=NOW + timedelta(days=8))),
        (listing(query="note:x"), replace(listing(query="note:x"), zone="America/New_York")),
        (listing(_limit=5), listing(_limit=6)),
        (report("funnel_totals"), report("funnel_stages")),
        (report("funnel_totals"), report("funnel_totals", files=True)),
        (report("funnel_totals"), replace(report("funnel_totals"), window=replace(WEEK, end=NOW))),
        (report("funnel_totals"), report("funnel_totals", users=["a"])),
    ],
)
def test_another_question_has_another_spelling(one: Question, other: Question) -> None:
    assert spelling(one) != spelling(other)


def test_a_window_in_the_parameters_is_spelled_as_its_instants() -> None:
    base = report("funnel_totals")
    params = {**base.item.params, "report_relative_range": "last-week"}
    written = replace(base, item=Query("funnel", "close", "funnel_totals", params=params), window=None)
    weeks = {WindowSpec("last-week"): WEEK}
    resolved = replace(written, resolve=weeks.__getitem__)
    assert spelling(resolved) == spelling(base)
