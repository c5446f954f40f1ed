"""What became of deals that left a list: looked up, deleted, or openly not known."""

from typing import Any

import pytest

from tests.sources.close.account import Account, cells, close, copied, deal, following
from tests.support.scripted_http import Asked, Said
from worker.domain.snapshot.snapshot import Snapshot
from worker.errors import SourceIncomplete


def left_keys(snapshot: Snapshot) -> set[str]:
    assert snapshot.followed is not None
    return {row.key for row in snapshot.followed.rows}


async def test_nothing_is_looked_up_when_nobody_left() -> None:
    async with close(Account([deal("oppo_a")])) as (source, server):
        snapshot = (await source.fetch(following({"oppo_a"}))).snapshot
    assert left_keys(snapshot) == set()
    assert len(server.to("/opportunity/")) == 1


async def test_won_and_lost_deals_are_found_in_one_list_and_the_others_by_id() -> None:
    account = Account(
        [
            deal("oppo_a"),
            deal("oppo_w", status_id="stat_won", date_won="2026-11-20", value=90000),
            deal("oppo_l", status_id="stat_lost"),
            deal("oppo_m", status_id="stat_renew", status_type="won"),
        ]
    )
    account.deals[3]["status_type"] = "won"
    async with close(account) as (source, server):
        snapshot = (await source.fetch(following({"oppo_a", "oppo_w", "oppo_l", "oppo_x"}))).snapshot
    assert snapshot.members == {"oppo_a"}
    assert left_keys(snapshot) == {"oppo_w", "oppo_l", "oppo_x"}
    assert cells(snapshot, "oppo_w", "followed")["status"] == "won"
    assert cells(snapshot, "oppo_w", "followed")["value"] == 90000
    closed = server.to("/opportunity/")[1].params
    assert closed["status_type__in"] == "won,lost"
    assert closed["date_updated__gte"] == "2026-11-16T13:00:00Z"
    alone = [asked.path for asked in server.asked if asked.path.startswith("/opportunity/oppo")]
    assert alone == ["/opportunity/oppo_x/", "/opportunity/oppo_a/"], "a listed one shows that the address is right"


async def test_a_deal_that_is_not_found_is_deleted_with_its_last_known_cells() -> None:
    account = Account([deal("oppo_a"), deal("oppo_d", value=77700)])
    async with close(account) as (source, _):
        before = (await source.fetch(following(set()))).snapshot
        account.deals.pop()
        after = (await source.fetch(following({"oppo_a", "oppo_d"}, previous=before))).snapshot
        again = (await source.fetch(following({"oppo_a", "oppo_d"}, previous=after))).snapshot
    for snapshot in (after, again):
        row = cells(snapshot, "oppo_d", "followed")
        assert (row["status"], row["value"], row["owner_id"]) == ("deleted", 77700, "user_ada")


async def test_a_deleted_deal_that_was_never_kept_has_no_cells_but_its_end() -> None:
    async with close(Account()) as (source, _):
        snapshot = (await source.fetch(following({"oppo_d"}))).snapshot
    row = cells(snapshot, "oppo_d", "followed")
    assert {name for name, value in row.items() if value is not None} == {"status"}
    assert row["status"] == "deleted"


async def test_a_deal_that_is_gone_for_good_is_deleted_too() -> None:
    account = Account()
    account.instead["/opportunity/oppo_d/"] = lambda _: Said({"error": "gone"}, 410)
    async with close(account) as (source, _):
        snapshot = (await source.fetch(following({"oppo_d"}))).snapshot
    assert cells(snapshot, "oppo_d", "followed")["status"] == "deleted"


@pytest.mark.parametrize(
    "said",
    [
        Said({"error": "no right"}, 403),
        Said(b"", 504),
        Said(b"<html>", 200),
        Said(deal("oppo_other"), 200),
    ],
)
async def test_a_look_up_that_fails_leaves_the_deal_unexplained_never_gone(said: Said) -> None:
    account = Account([deal("oppo_a")])
    account.instead["/opportunity/oppo_d/"] = lambda _: said
    async with close(account) as (source, _):
        snapshot = (await source.fetch(following({"oppo_a", "oppo_d"}))).snapshot
    assert snapshot.members == {"oppo_a"}
    assert left_keys(snapshot) == set()
    assert any(note.startswith("oppo_d could not be looked up") for note in snapshot.notes)


async def test_at_most_follow_limit_deals_are_looked_up_and_the_rest_is_noted() -> None:
    account = Account([deal(f"oppo_{n}", status_id="stat_renew") for n in range(5)])
    account.instead["/opportunity/"] = lambda asked: Said(account.listed({**asked.params, "status_type": "none"}))
    async with close(account) as (source, _):
        ask = following({f"oppo_{n}" for n in range(5)}, follow_limit=2, pipeline="pipe_new")
        snapshot = (await source.fetch(ask)).snapshot
    assert left_keys(snapshot) == {"oppo_0", "oppo_1"}
    assert "3 deals past follow_limit were not looked up: oppo_2, oppo_3, oppo_4" in snapshot.notes


async def test_when_closed_deals_cannot_be_listed_each_is_asked_for_by_id() -> None:
    account = Account([deal("oppo_w", status_id="stat_won", date_won="2026-11-20")])

    def refuse_closed(asked: Asked) -> Said:
        return Said({"error": "no"}, 400) if "date_updated__gte" in asked.params else Said(account.listed(asked.params))

    account.instead["/opportunity/"] = refuse_closed
    async with close(account) as (source, _):
        snapshot = (await source.fetch(following({"oppo_w"}))).snapshot
    assert cells(snapshot, "oppo_w", "followed")["status"] == "won"
    assert any("closed deals could not be listed" in note for note in snapshot.notes)


async def test_a_hostile_id_stays_one_segment_of_the_path() -> None:
    async with close(Account()) as (source, server):
        snapshot = (await source.fetch(following({"../me/?x=1#"}))).snapshot
    assert left_keys(snapshot) == {"../me/?x=1#"}
    assert len(server.to("/me/")) == 1


def swapped(account: Account, keys: list[str]) -> None:
    """While page two is read, one deal leaves from page one and another comes at the end: the totals agree, and the
    deal that slid onto page one is on no page.
    """
    moves = iter(keys)

    def swap(asked: Asked) -> None:
        if asked.path == "/opportunity/" and asked.params["_skip"] == "2" and "date_updated__gte" not in asked.params:
            key = next(moves, None)
            if key is not None:
                first = account.deals.pop(0)
                account.deals.append(deal(key, status_id="stat_first"))
                account.deals.append({**first, "status_type": "lost", "status_id": "stat_lost"})

    account.before = swap


async def test_a_swap_that_keeps_the_total_shows_where_two_pages_meet() -> None:
    account = Account([deal(f"oppo_{n}") for n in range(6)])
    swapped(account, ["oppo_new"])
    async with close(account) as (source, server):
        snapshot = (await source.fetch(following({f"oppo_{n}" for n in range(6)}))).snapshot
    assert snapshot.members == {"oppo_1", "oppo_2", "oppo_3", "oppo_4", "oppo_5", "oppo_new"}
    assert left_keys(snapshot) == {"oppo_0"}
    assert cells(snapshot, "oppo_0", "followed")["status"] == "lost"
    assert len(server.to("/me/")) == 2  # names are read anew, for they might have been the reason


async def test_a_list_that_swaps_in_both_readings_is_a_gap() -> None:
    account = Account([deal(f"oppo_{n}") for n in range(6)])
    swapped(account, ["oppo_new", "oppo_newer"])
    async with close(account) as (source, _):
        with pytest.raises(SourceIncomplete, match="twice: a page ends with oppo_3 and the next one"):
            await source.fetch(following({f"oppo_{n}" for n in range(6)}))


async def test_a_deal_that_the_service_withholds_twice_is_a_member_as_it_was_looked_up() -> None:
    account = Account([deal("oppo_a"), deal("oppo_b", value=70000)])
    hidden = copied(account.deals[1])
    account.deals.pop()
    account.instead["/opportunity/oppo_b/"] = lambda _: Said(hidden)
    async with close(account) as (source, _):
        snapshot = (await source.fetch(following({"oppo_a", "oppo_b"}))).snapshot
    assert snapshot.members == {"oppo_a", "oppo_b"}
    assert left_keys(snapshot) == set()
    assert cells(snapshot, "oppo_b")["value"] == 70000
    assert snapshot.rows is not None
    assert snapshot.rows.total == 2
    assert [note for note in snapshot.notes if note.startswith("oppo_b matches the filters, yet the list does not")]


async def test_a_cut_list_looks_nobody_up() -> None:
    async with close(Account([deal("oppo_a")])) as (source, server):
        snapshot = (await source.fetch(following({"oppo_a", "oppo_z"}, _limit=1))).snapshot
    assert snapshot.followed is None
    assert len(server.to("/opportunity/")) == 1


async def test_stalled_since_is_carried_from_run_to_run() -> None:
    account = Account([deal("oppo_a", is_stalled=True)])
    async with close(account) as (source, _):
        first = (await source.fetch(following(set(), is_stalled=True))).snapshot
        second: Any = (await source.fetch(following({"oppo_a"}, previous=first, is_stalled=True))).snapshot
    assert cells(second, "oppo_a")["stalled_since"] == cells(first, "oppo_a")["stalled_since"] is not None
