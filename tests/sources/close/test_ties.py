"""Deals of one instant, as an import makes them: Close gives them in any order, also another one for each page."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.close.account import Account, close, deal, listing
from tests.sources.close.test_complete_lists import LIST, STEPS, Step, fetched
from tests.support.scripted_http import Asked, Said
from worker.errors import SourceIncomplete
from worker.sources.close import CloseTuning

SIZE = 8


def second(number: int) -> str:
    return f"2026-10-01T08:{number // 60:02}:{number % 60:02}+00:00"


def imported(*sizes: int) -> list[dict[str, Any]]:
    """Groups of deals, each created within one second."""
    return [
        deal(f"oppo_{group:02}_{n:02}", date_created=second(group))
        for group, size in enumerate(sizes)
        for n in range(size)
    ]


def unsettled(account: Account, seed: int) -> Account:
    """Each page has its own order of the deals of one second."""
    chance = random.Random(seed)  # noqa: S311  # an order, no secret

    def page(asked: Asked) -> Said:
        kept = account.deals
        account.deals = sorted(chance.sample(kept, len(kept)), key=lambda found: str(found["date_created"]))
        try:
            return Said(account.listed(asked.params))
        finally:
            account.deals = kept

    account.instead[LIST] = page
    return account


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("sizes", [(3,) * 12, (1, 6, 1, 6, 1, 6), (6, 6, 6), (5, 1), (1,) * 20, (5, 5, 1)])
async def test_a_list_whose_ties_change_places_is_read_whole(sizes: tuple[int, ...], seed: int) -> None:
    account = unsettled(Account(imported(*sizes)), seed)
    snapshot = await fetched(account, listing(), CloseTuning(page=SIZE))
    assert snapshot.members == {found["id"] for found in account.deals}
    assert snapshot.rows is not None
    assert len(snapshot.rows.rows) == sum(sizes)


async def test_only_an_edge_that_cuts_through_ties_costs_a_request_more() -> None:
    async with close(Account(imported(*(1,) * 15)), CloseTuning(page=SIZE)) as (source, server):
        await source.fetch(listing())
        assert len(server.to(LIST)) == 2
    async with close(unsettled(Account(imported(6, 6, 3)), 1), CloseTuning(page=SIZE)) as (source, server):
        await source.fetch(listing())
    asked = [(int(each.params["_skip"]), int(each.params["_limit"])) for each in server.to(LIST)]
    assert asked[-1] == (5, 8), "the six of one second, with the deals beside them"
    assert len(asked) == 3


async def test_more_ties_than_a_page_holds_are_a_gap_that_says_so() -> None:
    account = unsettled(Account(imported(2, 40, 2)), 1)
    with pytest.raises(SourceIncomplete, match=r"begins with .*, of \d+ deals that were created at one instant"):
        await fetched(account, listing(), CloseTuning(page=SIZE))


@settings(max_examples=300, deadline=None)
@given(sizes=st.lists(st.integers(1, 5), max_size=6), moves=st.dictionaries(st.integers(1, 12), STEPS, max_size=4))
async def test_whatever_moves_among_ties_the_list_holds_who_was_there_all_along_and_nobody_else(
    sizes: list[int], moves: dict[int, list[Step]]
) -> None:
    """The service keeps one order of ties here: pages that do not fit have moved, and a tie excuses nothing."""
    account = Account(imported(*sizes))
    pages, young = 0, 0
    always: set[str] = set()
    ever: set[str] = set()

    def move(asked: Asked) -> None:
        nonlocal pages, always, young
        if asked.path != LIST:
            return
        pages += 1
        if asked.params["_skip"] == "0" and asked.params["_limit"] == str(SIZE):  # a reading begins
            always = {d["id"] for d in account.deals}
            ever.clear()
            ever.update(always)
        for kind, at, to in moves.get(pages, []):
            if kind != "join" and account.deals:
                account.deals.pop(at % len(account.deals))
            if kind != "leave":
                young += 1
                account.deals.append(deal(f"oppo_{to:02}_young_{young}", date_created=second(to % 7)))
                account.deals.sort(key=lambda found: (found["date_created"], found["id"]))
            always &= {d["id"] for d in account.deals}
            ever.update(d["id"] for d in account.deals)

    account.before = move
    try:
        snapshot = await fetched(account, listing(), CloseTuning(page=SIZE))
    except SourceIncomplete:
        return
    assert always <= snapshot.members <= ever
