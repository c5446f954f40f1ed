"""The true list or a gap: what Pipedrive may leave out, shift or answer halfway."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.pipedrive.account import (
    ARCHIVED,
    DEALS,
    PIPELINES,
    QUICK,
    STAGES,
    TOKEN,
    Account,
    Clock,
    asking,
    cells,
    deal,
    following,
    listing,
    pipedrive,
    stage,
)
from tests.support.scripted_http import Asked, Said
from tests.support.scripted_sender import ScriptedSender
from worker.domain.snapshot.snapshot import Snapshot
from worker.errors import SourceError, SourceIncomplete, SourceShapeChanged
from worker.ports import Question
from worker.sources.common.credentials import StaticHeaders
from worker.sources.pipedrive import PipedriveSource

OLD = "/api/v1/pipelines/1/deals"
ROTTEN = {"update_time": "2026-11-01T00:00:00Z"}


def keys(count: int) -> set[str]:
    return {str(n) for n in range(1, count + 1)}


def deals(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [deal(n, **changes) for n in range(1, count + 1)]


async def fetched(account: Account, question: Question) -> Snapshot:
    credential = StaticHeaders({"x-api-token": TOKEN}, (TOKEN,))
    source = PipedriveSource(ScriptedSender(account.answer), credential, clock=Clock(), tuning=QUICK)
    try:
        return (await source.fetch(question)).snapshot
    finally:
        await source.aclose()


def ending(account: Account, additional: Any) -> Account:
    """The first page of the list says `additional` (`...` for nothing) in place of how it goes on."""

    def page(asked: Asked) -> Said:
        found = account.listed(asked.params, archived=False)
        if "ids" not in asked.params and "cursor" not in asked.params:
            found["additional_data"] = additional
        return Said({"success": True, **{k: v for k, v in found.items() if v is not ...}})

    account.instead[DEALS] = page
    return account


async def test_a_list_that_ends_after_its_first_page_in_each_reading_is_a_gap() -> None:
    account = ending(Account(deals(12)), {"next_cursor": None})
    with pytest.raises(SourceIncomplete, match="9 that match it did not come, as 10, 11, 12, 4, 5 and more"):
        await fetched(account, following(keys(12)))


@pytest.mark.parametrize(
    "additional",
    [
        ...,
        None,
        {},
        {"next_cursor": ""},
        {"next_cursor": 7},
        {"pagination": {"start": 0, "limit": 3, "more_items_in_collection": True}},
    ],
)
@pytest.mark.parametrize("question", [listing(), asking("stalled_deals")])
async def test_a_page_without_the_mark_of_its_end_is_a_gap_on_the_very_first_run(
    additional: Any, question: Question
) -> None:
    with pytest.raises(SourceShapeChanged, match="additional_data"):
        await fetched(ending(Account(deals(12)), additional), question)


async def test_a_page_that_a_cursor_promised_and_that_holds_null_is_a_gap() -> None:
    account = Account(deals(5))

    def page(asked: Asked) -> Said:
        found = account.listed(asked.params, archived=False)
        return Said({"success": True, **found, **({"data": None} if "cursor" in asked.params else {})})

    account.instead[DEALS] = page
    with pytest.raises(SourceShapeChanged, match="data: expected a list, found null"):
        await fetched(account, listing())


@pytest.mark.parametrize(("count", "hidden"), [(1, 1), (30, 1), (100, 2)])
async def test_a_deal_or_two_in_a_hundred_that_the_list_lacks_are_counted_and_told(count: int, hidden: int) -> None:
    snapshot = await fetched(without(Account(deals(count)), hidden), following(keys(count)))
    assert snapshot.members == keys(count)
    assert snapshot.followed is not None
    assert snapshot.followed.rows == ()
    assert any("yet the list does not hold it" in note for note in snapshot.notes)


def without(account: Account, hidden: int) -> Account:
    """The list lacks the first few, and knows them where they are asked for by their ids."""

    def page(asked: Asked) -> Said:
        found = account.listed(asked.params, archived=False)
        if "ids" not in asked.params:
            found["data"] = [d for d in found["data"] if d["id"] > hidden]
        return Said({"success": True, **found})

    account.instead[DEALS] = page
    return account


async def test_more_than_that_is_a_gap() -> None:
    with pytest.raises(SourceIncomplete, match="2 that match it did not come, as 1, 2"):
        await fetched(without(Account(deals(60)), 2), following(keys(60)))


async def test_a_stalled_deal_that_the_list_lacks_is_counted_with_the_day_it_rotted_on() -> None:
    account = without(Account(deals(3, **ROTTEN)), 1)
    snapshot = await fetched(account, following(keys(3), query="stalled_deals"))
    assert snapshot.members == keys(3)
    assert cells(snapshot, "1")["stalled_since"] == cells(snapshot, "2")["stalled_since"] is not None


@pytest.mark.parametrize("stages", [[], STAGES[1:]])
async def test_a_list_of_stages_that_lacks_one_makes_no_stalled_deal_move_again(stages: list[dict[str, Any]]) -> None:
    account = Account(deals(3, **ROTTEN))
    account.v1["/api/v2/stages"] = {"data": stages, "additional_data": {"next_cursor": None}}
    with pytest.raises(SourceIncomplete, match="twice: 1 is in stage 1, which the list of stages lacks"):
        await fetched(account, following(keys(3), query="stalled_deals"))


async def test_a_stage_that_is_younger_than_the_names_is_read_with_them_once_more() -> None:
    account = Account(deals(3, **ROTTEN))
    times = 0

    def page(_asked: Asked) -> Said:
        nonlocal times
        times += 1
        found = STAGES[1:] if times == 1 else STAGES
        return Said({"success": True, "data": found, "additional_data": {"next_cursor": None}})

    account.instead["/api/v2/stages"] = page
    assert (await fetched(account, asking("stalled_deals"))).members == keys(3)


async def test_empty_pages_that_keep_promising_more_are_given_up() -> None:
    account, asked_for = Account(), 0

    def page(_asked: Asked) -> Said:
        nonlocal asked_for
        asked_for += 1
        return Said({"success": True, "data": [], "additional_data": {"next_cursor": f"c{asked_for}"}})

    account.instead[DEALS] = page
    with pytest.raises(SourceIncomplete, match="3 empty pages in a row promise more"):
        await fetched(account, listing())
    assert asked_for == 3


async def test_sixty_deals_of_a_pipeline_that_was_hidden_are_each_looked_up() -> None:
    account = Account(deals(1))
    snapshot = await fetched(account, following(keys(61)))
    assert snapshot.followed is not None
    assert {row.key for row in snapshot.followed.rows} == keys(61) - {"1"}
    assert snapshot.notes == ()


@pytest.mark.parametrize("status", [404, 410])
async def test_an_address_that_finds_no_deal_at_all_proves_none_deleted(status: int) -> None:
    """Nobody knows how a path that was taken away will answer."""
    account = Account(deals(2))
    for n in (1, 8, 9):
        account.instead[f"{DEALS}/{n}"] = lambda _: Said({"success": False, "error": "gone"}, status)
    snapshot = await fetched(account, following({*keys(2), "8", "9"}))
    assert snapshot.followed is not None
    assert snapshot.followed.rows == ()
    assert any(note.startswith("8, 9 could not be looked up") for note in snapshot.notes)


async def test_a_deal_that_may_be_archived_where_nobody_could_look_is_not_called_deleted() -> None:
    account = Account(deals(2))
    account.instead[ARCHIVED] = lambda _: Said(b"", 403)
    snapshot = await fetched(account, following({*keys(2), "9"}))
    assert snapshot.followed is not None
    assert snapshot.followed.rows == ()
    assert any(note.startswith("9 could not be looked up") for note in snapshot.notes)


def old(key: int) -> dict[str, Any]:
    return deal(key, user_id=11, owner_id=..., next_activity_id=None)


def by_offset(kept: list[dict[str, Any]], asked: Asked, **marks: Any) -> Said:
    start, most = int(asked.params.get("start", "0")), int(asked.params["limit"])
    told = {"start": start, "limit": most, "more_items_in_collection": start + most < len(kept)} | marks
    pagination = {name: value for name, value in told.items() if value is not ...}
    page = kept[start : start + most] or None
    return Said({"success": True, "data": page, "additional_data": {"pagination": pagination}})


async def test_a_deal_that_leaves_an_old_list_while_it_is_read_is_seen_where_two_pages_meet() -> None:
    account, kept = Account(), [old(n) for n in range(1, 8)]

    def page(asked: Asked) -> Said:
        if asked.params.get("start") == "2" and len(kept) == 7:
            kept.pop(0)
        return by_offset(kept, asked)

    account.instead[OLD] = page
    assert (await fetched(account, asking("deals", id="1", everyone=1))).members == keys(7) - {"1"}


async def test_an_old_list_that_moves_in_each_reading_is_a_gap() -> None:
    account, kept = Account(), [old(n) for n in range(1, 12)]

    def page(asked: Asked) -> Said:
        if asked.params.get("start") == "2":
            kept.pop(0)
        return by_offset(kept, asked)

    account.instead[OLD] = page
    with pytest.raises(SourceIncomplete, match="twice: a page ends with 4 and the next one begins with 5"):
        await fetched(account, asking("deals", id="1", everyone=1))


async def test_an_old_page_without_the_mark_of_its_end_is_a_gap() -> None:
    account = Account()
    account.instead[OLD] = lambda asked: by_offset([old(1)], asked, more_items_in_collection=...)
    with pytest.raises(SourceShapeChanged, match="more_items_in_collection: expected true or false, found nothing"):
        await fetched(account, asking("deals", id="1", everyone=1))


async def test_deleted_pipelines_and_stages_that_lists_still_hold_are_no_default_and_have_no_place() -> None:
    account = Account([deal(1), deal(2, stage_id=9)])
    gone = {"is_deleted": True}
    account.v1 = {
        "/api/v2/pipelines": {
            "data": [{**PIPELINES[1], "id": 7, "order_nr": 0, **gone}, *PIPELINES],
            "additional_data": {"next_cursor": None},
        },
        "/api/v2/stages": {
            "data": [{**stage(9, "Dropped", 0, 1), **gone}, *STAGES],
            "additional_data": {"next_cursor": None},
        },
        "/api/v1/deals/summary": {"data": {"values_total": {}, "weighted_values_total": {}, "total_count": 0}},
        "/api/v2/pipelines/1": {"data": PIPELINES[0]},
    }
    pipelines = (await fetched(account, asking("pipelines"))).table("pipelines")
    assert pipelines is not None
    assert {row.key for row in pipelines.rows if pipelines.record(row)["is_default"]} == {"2"}
    async with pipedrive(account) as (source, server):
        one = (await source.fetch(asking("pipeline", id="1", by_stage=True))).snapshot
        sums = server.to("/api/v1/deals/summary")
    assert {a.params.get("stage_id") for a in sums} == {None, "1", "2"}
    stages = one.table("pipeline_stages")
    assert stages is not None
    assert {row.key: stages.record(row)["position"] for row in stages.rows} == {"1": 0, "2": 1}
    listed = await fetched(account, listing())
    assert (cells(listed, "1")["stage_order"], cells(listed, "2")["stage"]) == (0, "Dropped")


FAULTS = st.sampled_from(["cut", "emptied", "turned", "repeated", "doubled", "ended", "unmarked", "null"])


def spoilt(kind: str, at: int, answers: list[dict[str, Any]]) -> dict[str, Any]:
    """The newest answer of `answers` as a broken service would give it."""
    found = {**answers[-1], "data": list(answers[-1]["data"])}
    rows = found["data"]
    match kind:
        case "cut":
            found["data"] = rows[: at % (len(rows) + 1)]
        case "emptied":
            found |= {"data": [], "additional_data": {"next_cursor": None}}
        case "turned":
            found["data"] = rows[::-1]
        case "repeated":
            found["data"] = list(answers[at % len(answers)]["data"])
        case "doubled":
            found["data"] = [*rows, *rows[:1]]
        case "ended":
            found["additional_data"] = {"next_cursor": None}
        case "unmarked":
            found["additional_data"] = [None, {}, {"next_cursor": ""}][at % 3]
        case "null":
            found["data"] = None
    return found


@settings(max_examples=150, deadline=None)
@given(
    count=st.integers(0, 14),
    stalled=st.booleans(),
    faults=st.dictionaries(st.integers(1, 12), st.tuples(FAULTS, st.integers(0, 9)), max_size=5),
)
async def test_whatever_page_is_spoilt_in_whatever_reading_the_list_is_the_true_one_or_a_gap(
    count: int, stalled: bool, faults: dict[int, tuple[str, int]]
) -> None:
    """Every deal is known from before: nothing else tells of a deal that a list without a total leaves out."""
    account = Account(deals(count, **ROTTEN))
    answers: list[dict[str, Any]] = []

    def page(asked: Asked) -> Said:
        found = account.listed(asked.params, archived=False)
        if "ids" not in asked.params:
            answers.append(found)
            if len(answers) in faults:
                found = spoilt(*faults[len(answers)], answers)
        return Said({"success": True, **found})

    account.instead[DEALS] = page
    try:
        snapshot = await fetched(account, following(keys(count), query="stalled_deals" if stalled else "deals"))
    except SourceError:
        return
    assert snapshot.members == keys(count)
    assert snapshot.followed is not None
    assert snapshot.followed.rows == ()
    assert {cells(snapshot, key)["status"] for key in keys(count)} <= {"open"}
