"""What became of deals that left: looked up by the hundred, never guessed."""

import pytest

from tests.sources.pipedrive.account import ARCHIVED, DEALS, Account, cells, deal, fetched, following, pipedrive
from tests.support.scripted_http import Asked, Said
from tests.support.traits import bridged
from worker.domain.snapshot.opportunity import Move
from worker.errors import SourceIncomplete


async def test_each_end_is_found_where_it_is_kept() -> None:
    account = Account(
        [
            deal(1),
            deal(2, status="won", won_time="2026-11-20T10:00:00Z"),
            deal(3, status="lost", lost_time="2026-11-20T10:00:00Z"),
            deal(4, pipeline_id=2, stage_id=3),
            deal(5, is_deleted=True, status="deleted"),
            deal(6, is_archived=True),
            deal(7, is_archived=True, status="won", won_time="2026-11-20T10:00:00Z"),
        ]
    )
    async with pipedrive(account) as (source, server):
        formerly = {str(n) for n in range(1, 9)}
        snapshot = (await source.fetch(following(formerly))).snapshot
        looked = [a for a in server.asked if "ids" in a.params]
        alone = server.to(f"{DEALS}/8")
    assert snapshot.members == {"1"}
    found = {key: cells(snapshot, key, "followed")["status"] for key in formerly - {"1"}}
    assert found == {
        "2": "won",
        "3": "lost",
        "4": "open",
        "5": "deleted",
        "6": "archived",
        "7": "won",
        "8": "deleted",
    }
    assert [(a.path, a.params["ids"], a.params.get("status")) for a in looked] == [
        (DEALS, "2,3,4,5,6,7,8", None),
        (DEALS, "5,6,7,8", "deleted"),
        (ARCHIVED, "6,7,8", None),
    ]
    assert len(alone) == 1, "one that no list holds is asked for alone"


async def test_the_bridge_gives_each_of_them_its_reason() -> None:
    account = Account([deal(n) for n in range(1, 8)])
    before = await fetched(account, following(set()))
    account.deals = [
        deal(1, value=900),
        deal(2, status="won", value=1200),
        deal(3, is_archived=True),
        deal(4, owner_id=12, pipeline_id=2, stage_id=3),
        deal(5, is_deleted=True, status="deleted"),
        deal(6, value=1000, currency="USD"),
        deal(8, add_time="2026-11-23T15:00:00Z"),
    ]
    ask = following(set(before.members), previous=before)
    after = await fetched(account, ask)
    found = bridged(before, after, ask.item)
    assert found is not None
    assert {(step.key, step.move, step.detail) for step in found.steps if step.key != "6"} == {
        ("1", Move.LOWERED, ""),
        ("2", Move.RAISED, ""),
        ("2", Move.WON, ""),
        ("3", Move.MOVED_OUT, "archived"),
        ("4", Move.MOVED_OUT, "pipeline"),
        ("5", Move.REMOVED, ""),
        ("7", Move.REMOVED, ""),
        ("8", Move.NEW, ""),
    }


async def test_more_than_a_hundred_are_asked_for_in_hundreds_and_no_more_than_the_limit() -> None:
    account = Account([deal(n, status="lost") for n in range(1, 400)])
    async with pipedrive(account) as (source, server):
        snapshot = (await source.fetch(following({str(n) for n in range(1, 400)}, follow_limit=250))).snapshot
        firsts = {a.params["ids"] for a in server.to(DEALS) if "ids" in a.params and "cursor" not in a.params}
    assert sorted(len(ids.split(",")) for ids in firsts) == [50, 100, 100]
    assert snapshot.followed is not None
    assert len(snapshot.followed.rows) == 250
    assert snapshot.notes == ("149 deals past follow_limit were not looked up: 251, 252, 253, 254, 255 and more",)


async def test_a_look_up_that_fails_leaves_the_deal_unexplained_and_says_so() -> None:
    account = Account([deal(1)])
    account.instead[ARCHIVED] = lambda _: Said(b"", 403)
    account.instead[f"{DEALS}/9"] = lambda _: Said(b"", 403)
    snapshot = await fetched(account, following({"1", "9"}))
    assert snapshot.followed is not None
    assert snapshot.followed.rows == ()
    assert snapshot.notes == (
        "9 could not be looked up: GET /api/v2/deals/archived: the token has no right to this (403)",
        "9 could not be looked up: GET /api/v2/deals/{id}: the token has no right to this (403)",
    )


async def test_an_answer_about_another_deal_explains_nothing() -> None:
    account = Account([deal(1)])
    account.instead[f"{DEALS}/9"] = lambda _: Said({"success": True, "data": deal(77)})
    snapshot = await fetched(account, following({"1", "9"}))
    assert snapshot.followed is not None
    assert snapshot.followed.rows == ()


async def test_what_the_last_answer_knew_of_a_purged_deal_is_kept() -> None:
    account = Account([deal(1), deal(2, value=70)])
    before = await fetched(account, following(set()))
    account.deals = [deal(1)]
    after = await fetched(account, following({"1", "2"}, previous=before))
    found = cells(after, "2", "followed")
    assert (found["status"], found["value"], found["title"]) == ("deleted", 7000, "Deal 2")


async def test_a_deal_that_still_matches_makes_the_list_be_read_again() -> None:
    account = Account([deal(1), deal(2)])
    lists = 0

    def page(asked: Asked) -> Said:
        nonlocal lists
        found = account.listed(asked.params, archived=False)
        if "ids" not in asked.params:
            lists += 1
            found["data"] = found["data"][: 1 if lists == 1 else 2]
        return Said({"success": True, **found})

    account.instead[DEALS] = page
    snapshot = await fetched(account, following({"1", "2"}))
    assert (snapshot.members, lists) == (frozenset({"1", "2"}), 2)


async def test_a_list_that_will_not_stand_still_is_incomplete() -> None:
    account = Account([deal(1), deal(2)])
    lists = 0

    def page(asked: Asked) -> Said:
        nonlocal lists
        found = account.listed(asked.params, archived=False)
        if "ids" not in asked.params:
            lists += 1
            found["data"] = [d for d in found["data"] if d["id"] != lists]
        return Said({"success": True, **found})

    account.instead[DEALS] = page
    with pytest.raises(SourceIncomplete, match="twice: 2 matches it and did not come"):
        await fetched(account, following({"1", "2"}))


async def test_a_filter_hides_why_a_deal_left() -> None:
    account = Account([deal(1), deal(2)])
    ask = following({"1", "2"}, filter_id="5")
    before = await fetched(account, ask)
    account.instead[DEALS] = lambda asked: Said(
        {
            "success": True,
            "data": [d for d in account.deals if "ids" in asked.params or d["id"] == 1],
            "additional_data": {"next_cursor": None},
        }
    )
    after = await fetched(account, ask)
    found = bridged(before, after, ask.item)
    assert found is not None
    assert [(step.key, step.move, step.detail) for step in found.steps] == [("2", Move.MOVED_OUT, "filter")]


async def test_a_deleted_deal_counts_at_what_it_was_last_listed_at() -> None:
    account = Account([deal(1), deal(2, value=70)])
    before = await fetched(account, following(set()))
    account.deals[1] |= {"is_deleted": True, "status": "deleted", "value": 5000}
    after = await fetched(account, following({"1", "2"}, previous=before))
    assert cells(after, "2", "followed")["value"] == 7000
    unknown = await fetched(account, following({"1", "2"}))
    assert cells(unknown, "2", "followed")["value"] == 500_000
