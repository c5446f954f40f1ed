"""Lists by cursor and by offset: whole, or said not to be."""

import asyncio
from typing import Any

import pytest

from tests.sources.pipedrive.account import (
    ARCHIVED,
    DEALS,
    Account,
    asking,
    cells,
    deal,
    fetched,
    listing,
    pipedrive,
)
from tests.support.patience import PATIENCE
from tests.support.scripted_http import Asked, Said
from worker.errors import SourceError, SourceIncomplete, SourceUnavailable
from worker.sources.common.calls import Retries
from worker.sources.pipedrive import PipedriveTuning, costs
from worker.sources.pipedrive.client import PipedriveRequest
from worker.sources.pipedrive.pages import PipedriveListing

OLD = "/api/v1/pipelines/1/deals"


async def test_every_page_is_read_by_cursor_in_the_order_of_ids() -> None:
    account = Account([deal(n) for n in range(1, 9)])
    seen: list[int] = []
    tuning = PipedriveTuning(page=3, retries=Retries(pause=0.01), progress=seen.append)
    async with pipedrive(account, tuning) as (source, server):
        snapshot = (await source.fetch(listing())).snapshot
        asked = server.to(DEALS)
    assert snapshot.members == frozenset(str(n) for n in range(1, 9))
    assert [a.params.get("cursor") for a in asked] == [None, "3", "6"]
    assert dict(asked[0].params) == {
        "pipeline_id": "1",
        "status": "open",
        "sort_by": "id",
        "sort_direction": "asc",
        "limit": "3",
    }
    assert seen == [3, 6, 8]


async def test_an_empty_list_is_an_answer() -> None:
    snapshot = await fetched(Account(), listing())
    assert snapshot.members == frozenset()
    assert snapshot.rows is not None
    assert snapshot.rows.rows == ()


async def test_filters_go_out_under_their_own_names() -> None:
    async with pipedrive(Account()) as (source, server):
        await source.fetch(
            asking(
                "deals",
                ids=["3", "4"],
                owner_id="11",
                person_id="5",
                org_id="6",
                pipeline_id="1",
                stage_id="2",
                filter_id="9",
                status=["open", "won"],
                updated_since="2026-11-16T10:20:30.7+01:00",
                updated_until="last-week",
                include_fields=["products_count"],
                custom_fields=["d4de"],
                include_option_labels=True,
                include_labels=False,
            )
        )
        assert dict(server.to(DEALS)[0].params) == {
            "ids": "3,4",
            "owner_id": "11",
            "person_id": "5",
            "org_id": "6",
            "pipeline_id": "1",
            "stage_id": "2",
            "filter_id": "9",
            "status": "open,won",
            "updated_since": "2026-11-16T09:20:30Z",
            "updated_until": "2026-11-22T23:00:00Z",
            "include_fields": "products_count",
            "custom_fields": "d4de",
            "include_option_labels": "true",
            "include_labels": "false",
            "sort_by": "id",
            "sort_direction": "asc",
            "limit": "3",
        }


async def test_a_cut_list_is_asked_as_written_and_marked() -> None:
    account = Account([deal(n) for n in range(1, 9)])
    async with pipedrive(account) as (source, server):
        wanted = listing(limit=4, sort_by="update_time", sort_direction="desc", cursor="2")
        snapshot = (await source.fetch(wanted)).snapshot
        asked = server.to(DEALS)
    assert [(a.params["cursor"], a.params["limit"], a.params["sort_by"]) for a in asked] == [
        ("2", "3", "update_time"),
        ("5", "1", "update_time"),
    ]
    assert snapshot.rows is not None
    assert snapshot.rows.sliced
    assert snapshot.members == {"3", "4", "5", "6"}
    assert snapshot.followed is None


async def test_archived_deals_are_a_list_of_their_own() -> None:
    account = Account([deal(1), deal(2, is_archived=True, archive_time="2026-11-01T00:00:00Z")])
    assert (await fetched(account, listing())).members == {"1"}
    snapshot = await fetched(account, listing(archived=True))
    assert snapshot.members == {"2"}
    assert cells(snapshot, "2")["status"] == "open"


async def test_a_list_that_leads_back_to_itself_is_not_read_for_ever() -> None:
    account = Account()
    account.instead[DEALS] = lambda _: Said(
        {"success": True, "data": [deal(1)], "additional_data": {"next_cursor": "again"}}
    )
    with pytest.raises(SourceIncomplete, match="leads back to a page that was read already"):
        await fetched(account, listing())


async def test_a_deal_that_comes_twice_makes_the_list_be_read_again() -> None:
    account, times = Account([deal(n) for n in range(1, 6)]), []

    def page(asked: Asked) -> Said:
        times.append(asked.params.get("cursor"))
        found = account.listed(asked.params, archived=False)
        if asked.params.get("cursor") and len(times) == 2:
            found["data"] = [deal(1), *found["data"]]
        return Said({"success": True, **found})

    account.instead[DEALS] = page
    assert len((await fetched(account, listing())).members) == 5
    assert times == [None, "3", None, "3"]


async def test_a_deal_that_keeps_coming_twice_is_an_incomplete_list() -> None:
    account = Account()
    twice = {"success": True, "data": [deal(1), deal(1)], "additional_data": {"next_cursor": None}}
    account.instead[DEALS] = lambda _: Said(twice)
    with pytest.raises(SourceIncomplete, match="twice: 1 came twice"):
        await fetched(account, listing())


@pytest.mark.parametrize("status", [500, 404, 429])
async def test_a_page_that_fails_leaves_no_part_of_a_list(status: int) -> None:
    account = Account([deal(n) for n in range(1, 9)])

    def page(asked: Asked) -> Said:
        if asked.params.get("cursor") == "3":
            return Said(b"", status, {"retry-after": "0"})
        return Said({"success": True, **account.listed(asked.params, archived=False)})

    account.instead[DEALS] = page
    with pytest.raises(SourceError, match=str(status)) as error:
        await fetched(account, listing())
    assert isinstance(error.value, SourceUnavailable) is (status != 404)


def old(key: int, **changes: Any) -> dict[str, Any]:
    """A deal in version 1's shape."""
    newer = deal(key)
    for name in ("owner_id", "is_archived", "is_deleted", "custom_fields"):
        del newer[name]
    return newer | {
        "user_id": 12,
        "org_id": {"value": 31, "name": "Hollow Pine"},
        "org_name": "Hollow Pine",
        "owner_name": "Ben as told",
        "add_time": "2026-10-01 08:00:00",
        "update_time": "2026-11-20 08:00:00",
        "active": True,
        "deleted": False,
        "rotten_time": None,
        "next_activity_id": 5,
        "next_activity_subject": "Call",
        "stage_order_nr": 4,
        "weighted_value": 10,
        "visible_to": "3",
        "lost_time": "",
        **changes,
    }


class OldAccount(Account):
    """Offers the pipeline's list of version 1, by offset."""

    def __init__(self, deals: list[dict[str, Any]], **beside: Any) -> None:
        super().__init__()
        self.old, self.beside = deals, beside
        self.instead[OLD] = self.page

    def page(self, asked: Asked) -> Said:
        start, most = int(asked.params.get("start", "0")), int(asked.params["limit"])
        more = start + most < len(self.old)
        told = {"start": start, "limit": most, "more_items_in_collection": more}
        return Said(
            {
                "success": True,
                "data": self.old[start : start + most] or None,
                "additional_data": {"pagination": told, **self.beside},
            }
        )


async def test_the_old_list_is_read_by_offset_with_its_own_parameters() -> None:
    account = OldAccount([old(n) for n in range(1, 6)])
    async with pipedrive(account) as (source, server):
        wanted = asking("deals", id="1", everyone=1, user_id="12", filter_id="3", stage_id="1", get_summary=1)
        snapshot = (await source.fetch(wanted)).snapshot
        asked = server.to(OLD)
    assert snapshot.members == {"1", "2", "3", "4", "5"}
    shared = {"everyone": "1", "user_id": "12", "filter_id": "3", "stage_id": "1", "get_summary": "1", "limit": "3"}
    assert [dict(a.params) for a in asked] == [shared, shared | {"start": "2"}], "with the last deal of the first page"
    found = cells(snapshot, "1")
    assert (found["owner_id"], found["owner"]) == ("12", "Ben Lind")
    assert (found["lead_id"], found["lead"], found["next_step"]) == ("org_31", "Hollow Pine", "Call")
    assert found["value"] == 100_000


async def test_the_old_list_may_write_null_for_nothing_and_begin_later() -> None:
    assert (await fetched(OldAccount([]), asking("deals", id="1"))).members == frozenset()
    account = OldAccount([old(n) for n in range(1, 9)])
    snapshot = await fetched(account, asking("deals", id="1", start=2, limit=4))
    assert snapshot.members == {"3", "4", "5", "6"}
    assert snapshot.rows is not None
    assert snapshot.rows.sliced


async def test_the_old_list_tells_itself_when_a_deal_rotted() -> None:
    rotten = old(1, rotten_time="2026-11-20 09:00:00")
    later = old(2, rotten_time="2027-01-01 09:00:00")
    snapshot = await fetched(OldAccount([rotten, later]), asking("deals", id="1"))
    assert (cells(snapshot, "1")["stalled"], cells(snapshot, "2")["stalled"]) == (True, False)
    assert cells(snapshot, "1")["stalled_since"] == 1_795_165_200_000


async def test_the_old_lists_summary_becomes_a_table() -> None:
    told = {"count": 2, "value": 12.5, "weighted_value": 3.333, "value_formatted": "…"}
    summary = {"per_stages": {"1": {"EUR": told}}, "per_currency": {"EUR": 2}, "total_count": 2}
    account = OldAccount([old(1)], deals_summary=summary)
    snapshot = await fetched(account, asking("deals", id="1", everyone=1, get_summary=1))
    assert cells(snapshot, "1|EUR", "stage_sums") == {
        "stage_id": "1",
        "stage": "First call",
        "position": 0,
        "currency": "EUR",
        "count": 2,
        "value": 1250,
        "weighted_value": 333,
    }
    assert snapshot.measured()["total", "count"].value == 2


@pytest.mark.parametrize("empty", [{}, []])
async def test_an_empty_map_may_be_a_list(empty: Any) -> None:
    account = OldAccount([], deals_summary={"per_stages": empty, "total_count": 0})
    snapshot = await fetched(account, asking("deals", id="1", get_summary=1))
    sums = snapshot.table("stage_sums")
    assert sums is not None
    assert sums.rows == ()


async def test_a_summary_of_another_shape_is_noted_and_the_deals_stand() -> None:
    account = OldAccount([old(1)], deals_summary={"per_stages": {"1": {"EUR": 7}}, "total_count": 1})
    snapshot = await fetched(account, asking("deals", id="1", get_summary=1))
    assert snapshot.members == {"1"}
    assert [note.split(": ", 2)[2] for note in snapshot.notes] == [
        "additional_data.deals_summary.per_stages.1.EUR: expected an object, found the number 7"
    ]


@pytest.mark.parametrize("status", [404, 410])
async def test_an_old_list_that_was_taken_away_says_what_to_write(status: int) -> None:
    account = Account()
    account.instead[OLD] = lambda _: Said({"success": False, "error": "gone"}, status)
    with pytest.raises(SourceError, match="write pipeline_id and status instead of id"):
        await fetched(account, asking("deals", id="1"))


async def test_the_next_page_is_on_its_way_while_this_one_is_looked_at() -> None:
    """Otherwise a long list takes the time of its rows on top of that of its pages."""
    async with pipedrive(Account([deal(n) for n in range(1, 7)])) as (source, server):
        pages = PipedriveListing(source.client, PipedriveRequest(costs.DEALS), size=3).pages()
        await anext(pages)
        async with asyncio.timeout(PATIENCE):
            while len(server.to(DEALS)) < 2:  # noqa: ASYNC110  # the server tells nobody when it is asked
                await asyncio.sleep(0.001)
        await anext(pages)
        with pytest.raises(StopAsyncIteration):
            await anext(pages)
    assert len(server.to(DEALS)) == 2


async def test_a_list_that_is_given_up_asks_for_no_more() -> None:
    async with pipedrive(Account([deal(n) for n in range(1, 30)])) as (source, server):
        pages = PipedriveListing(source.client, PipedriveRequest(costs.DEALS), size=3).pages()
        await anext(pages)
        await pages.aclose()  # type: ignore[attr-defined]  # an async generator behind its interface
        asked = len(server.to(DEALS))
        await source.fetch(asking("pipelines"))
        assert len(server.to(DEALS)) == asked <= 2


async def test_the_archived_list_is_not_asked_for_labels_that_it_does_not_know() -> None:
    """A definition that was deployed before `check` said so still holds them."""
    async with pipedrive(Account([deal(1, is_archived=True)])) as (source, server):
        wanted = asking("deals", archived=True, include_labels=True, include_option_labels=True, custom_fields=["d4de"])
        await source.fetch(wanted)
        asked = set(server.to(ARCHIVED)[0].params)
    assert asked == {"limit", "sort_by", "sort_direction", "custom_fields"}
