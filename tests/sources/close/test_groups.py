"""`_group_by`: groups that pages cut apart, put together by their key."""

from typing import Any

import pytest

from tests.sources.close.account import Account, cells, close, copied, deal, listing
from tests.support.scripted_http import Asked, Said
from worker.errors import SourceIncomplete, SourceShapeChanged

QUARTERS: list[dict[str, Any]] = [
    {"key": "2026-4", "year": 2026, "quarter": 4, "total_results": 4, "total_value_annual": 400000, "deals": 4},
    {"key": 20271, "year": 2027, "quarter": 1, "total_results": 3, "total_value_annual": 0, "deals": 3},
]


def grouped(asked: Asked, groups: list[dict[str, Any]]) -> dict[str, Any]:
    """Groups as Close pages them: by objects, so that a page may end within a group."""
    every = [(n, deal(f"oppo_{group['key']}_{i}")) for n, group in enumerate(groups) for i in range(group["deals"])]
    skip, limit = int(asked.params["_skip"]), int(asked.params["_limit"])
    data: list[dict[str, Any]] = []
    for number, group in enumerate(groups):
        objects = [found for n, found in every[skip : skip + limit] if n == number]
        if objects:
            data.append({**{k: v for k, v in group.items() if k != "deals"}, "objects": objects})
    return {"data": data, "has_more": skip + limit < len(every), "total_results": len(every)}


def account(groups: list[dict[str, Any]]) -> Account:
    found = Account()
    found.instead["/opportunity/"] = lambda asked: Said(grouped(asked, groups))
    return found


async def test_groups_cut_by_pages_come_together_beside_the_rows() -> None:
    async with close(account(QUARTERS)) as (source, server):
        snapshot = (await source.fetch(listing(_group_by="date_won__quarter"))).snapshot
    assert len(snapshot.members) == 7
    table = snapshot.table("groups")
    assert table is not None
    assert [row.key for row in table.rows] == ["2026-4", "20271"]
    last = cells(snapshot, "2026-4", "groups")
    assert (last["label"], last["position"], last["total_results"]) == ("2026 Q4", 0, 4)
    assert (last["total_value_annual"], last["currency"]) == (400000, "EUR")
    assert last["expected_value_annual"] is None
    assert cells(snapshot, "20271", "groups")["total_value_annual"] == 0
    assert len(server.to("/opportunity/")) == 3


@pytest.mark.parametrize(
    ("head", "label"),
    [
        ({"key": "a", "year": 2026}, "2026"),
        ({"key": "a", "year": 2026, "month": 3}, "2026-03"),
        ({"key": "a", "weekyear": 2026, "week": 7}, "2026-W07"),
        ({"key": "a", "user_id": "user_ben", "user_name": "old"}, "Ben"),
        ({"key": "a", "user_id": "user_gone", "user_name": ""}, "Unknown user (user_gone)"),
        ({"key": None, "user_id": None}, "(no owner)"),
        ({"key": "none/none", "user_id": None, "user_name": None}, "(no owner)"),
        ({"key": "none/none", "weekyear": None, "week": None}, "(no date)"),
        ({"key": "none", "year": None}, "(no date)"),
        ({"key": "none/2", "year": None, "quarter": 2}, "none/2"),
        ({"key": {"b": 1, "a": 2}}, '{"a": 2, "b": 1}'),
    ],
)
async def test_a_group_is_called_by_what_it_holds_not_by_its_key(head: dict[str, Any], label: str) -> None:
    async with close(account([{**head, "total_results": 1, "deals": 1}])) as (source, _):
        snapshot = (await source.fetch(listing(_group_by="user_id"))).snapshot
    table = snapshot.table("groups")
    assert table is not None
    assert table.record(table.rows[0])["label"] == label


async def test_a_group_whose_parts_do_not_make_up_its_total_means_that_rows_moved() -> None:
    groups = copied(QUARTERS)
    groups[0]["total_results"], groups[1]["total_results"] = 5, 2
    async with close(account(groups)) as (source, _):
        with pytest.raises(SourceIncomplete, match="4 of the 5 deals of group '2026-4' came"):
            await source.fetch(listing(_group_by="date_won__quarter"))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"objects": None}, r"data\[0\]\.objects: expected a list, found null"),
        ({"key": ...}, r"data\[0\]\.key: expected a group's key, found nothing"),
        ({"total_results": "4"}, r"data\[0\]\.total_results: expected a number"),
        ({"objects": [deal("oppo_x", value=False)]}, r"data\[0\]\.objects\[0\]\.value: expected a number, found false"),
    ],
)
async def test_a_broken_group_is_named_by_its_place(change: dict[str, Any], place: str) -> None:
    group = {"key": "a", "objects": [deal("oppo_a")], "total_results": 1, **change}
    found = Account()
    kept = {name: value for name, value in group.items() if value is not ...}
    found.instead["/opportunity/"] = lambda _: Said({"data": [kept], "has_more": False, "total_results": 1})
    async with close(found) as (source, _):
        with pytest.raises(SourceShapeChanged, match=place):
            await source.fetch(listing(_group_by="user_id"))
