"""The true list or a gap: what Close may leave out, shift or answer halfway."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.close.account import KEY, QUICK, Account, Clock, cells, close, deal, following, listing
from tests.support.scripted_http import Asked, Said
from tests.support.scripted_sender import ScriptedSender
from worker.domain.snapshot.snapshot import Snapshot
from worker.errors import SourceError, SourceIncomplete, SourceShapeChanged
from worker.ports import Question
from worker.sources.close import CloseSource, CloseTuning

LIST = "/opportunity/"


def keys(count: int) -> set[str]:
    return {f"oppo_{n:03}" for n in range(count)}


def deals(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [deal(key, **changes) for key in sorted(keys(count))]


async def fetched(account: Account, question: Question, tuning: CloseTuning = QUICK) -> Snapshot:
    source = CloseSource(ScriptedSender(account.answer), clock=Clock(), secrets=(KEY,), tuning=tuning)
    try:
        return (await source.fetch(question)).snapshot
    finally:
        await source.aclose()


def without(account: Account, hidden: set[str]) -> Account:
    """The list lacks these, and says so nowhere; each is there when it is asked for alone."""

    def page(asked: Asked) -> Said:
        kept = account.deals
        account.deals = [found for found in kept if found["id"] not in hidden]
        try:
            return Said(account.listed(asked.params))
        finally:
            account.deals = kept

    account.instead[LIST] = page
    return account


async def test_an_empty_answer_for_deals_that_are_all_there_is_a_gap() -> None:
    """The list fell from 30 to 0, and every deal by itself is open and in scope: no figure may come of that."""
    account = without(Account(deals(30)), keys(30))
    with pytest.raises(SourceIncomplete, match="30 that match it did not come"):
        await fetched(account, following(keys(30)))


@pytest.mark.parametrize(("count", "hidden"), [(1, 1), (20, 1), (100, 2)])
async def test_a_deal_or_two_in_a_hundred_that_the_list_lacks_are_counted_and_told(count: int, hidden: int) -> None:
    account = without(Account(deals(count)), set(sorted(keys(count))[:hidden]))
    snapshot = await fetched(account, following(keys(count)))
    assert snapshot.members == keys(count)
    assert snapshot.rows is not None
    assert snapshot.rows.total == count
    assert any("yet the list does not hold it" in note for note in snapshot.notes)


@pytest.mark.parametrize(("count", "hidden"), [(2, 2), (60, 2), (100, 3)])
async def test_more_than_that_is_a_gap(count: int, hidden: int) -> None:
    account = without(Account(deals(count)), set(sorted(keys(count))[:hidden]))
    with pytest.raises(SourceIncomplete, match="did not come"):
        await fetched(account, following(keys(count)))


async def test_a_deal_that_the_list_lacks_beside_one_that_nobody_could_look_up_is_a_gap() -> None:
    account = without(Account(deals(20)), {"oppo_000"})
    account.instead["/opportunity/oppo_lost/"] = lambda _: Said(b"", 403)
    with pytest.raises(SourceIncomplete, match="oppo_lost could not be looked up"):
        await fetched(account, following({*keys(20), "oppo_lost"}))


async def test_a_deal_past_follow_limit_counts_as_not_looked_up_beside_one_that_the_list_lacks() -> None:
    account = without(Account(deals(20)), {"oppo_000"})
    with pytest.raises(SourceIncomplete, match="oppo_z could not be looked up"):
        await fetched(account, following({*keys(20), "oppo_z"}, follow_limit=1))


async def test_a_deal_lost_on_a_page_that_was_read_is_seen_without_any_past_although_the_total_stays() -> None:
    account = Account(deals(9))

    def swap_once(asked: Asked) -> None:
        if asked.path == LIST and int(asked.params["_skip"]) > 0 and account.deals[0]["id"] == "oppo_000":
            account.deals = [*account.deals[1:], deal("oppo_young")]

    account.before = swap_once
    snapshot = await fetched(account, listing())
    assert snapshot.members == {*keys(9), "oppo_young"} - {"oppo_000"}


async def test_the_row_that_two_pages_share_is_counted_once_and_costs_no_page_of_its_own() -> None:
    async with close(Account(deals(21)), CloseTuning(page=11)) as (source, server):
        snapshot = (await source.fetch(listing())).snapshot
    assert snapshot.members == keys(21)
    asked = [(a.params["_skip"], a.params["_limit"]) for a in server.to(LIST)]
    assert asked == [("0", "11"), ("10", "11")]


@pytest.mark.parametrize("stalled", [True, False])
async def test_a_list_asked_for_what_stalls_whose_rows_do_not_say_so_is_a_gap(stalled: bool) -> None:
    """An account that does not know the field ignores the filter too: every open deal would pass for stalled."""
    account = Account(deals(4))
    account.instead[LIST] = lambda asked: Said(account.listed({**asked.params, "is_stalled": ""}))
    with pytest.raises(SourceShapeChanged, match=r"data\[0\]\.is_stalled: expected true or false"):
        await fetched(account, listing(is_stalled=stalled))


async def test_a_moving_deal_in_a_list_of_stalled_ones_is_a_gap() -> None:
    account = Account([deal("oppo_000", is_stalled=True), deal("oppo_001", is_stalled=False)])
    account.instead[LIST] = lambda asked: Said(account.listed({**asked.params, "is_stalled": ""}))
    with pytest.raises(SourceIncomplete, match="twice: oppo_001 says is_stalled: false"):
        await fetched(account, listing(is_stalled=True))


@pytest.mark.parametrize("page", [{}, {"has_more": None}])
async def test_a_page_that_says_neither_how_many_there_are_nor_whether_more_come_is_a_gap(page: dict[str, Any]) -> None:
    account = Account()
    account.instead[LIST] = lambda _: Said({"data": deals(3), **page})
    with pytest.raises(SourceShapeChanged, match="has_more: expected true or false, or total_results"):
        await fetched(account, listing())


@pytest.mark.parametrize("rows", [0, 1])
async def test_without_a_total_a_page_that_brings_nothing_and_promises_more_is_a_gap(rows: int) -> None:
    """Past the first page one row is there anyway: the shared one."""
    account = Account(deals(7))
    account.counts = False

    def page(asked: Asked) -> Said:
        found = account.listed(asked.params)
        if rows == 0 or asked.params["_skip"] != "0":
            found |= {"data": found["data"][:rows], "has_more": True}
        return Said(found)

    account.instead[LIST] = page
    with pytest.raises(SourceIncomplete, match="twice: a page without another row promises more"):
        await fetched(account, listing())


async def test_without_a_total_a_service_that_heeds_no_skip_is_given_up_after_two_pages_each_time() -> None:
    account = Account(deals(7))
    account.counts = False
    account.instead[LIST] = lambda asked: Said(account.listed({**asked.params, "_skip": "0"}))
    async with close(account) as (source, server):
        with pytest.raises(SourceIncomplete, match="ends with oppo_002 and the next one begins with oppo_000"):
            await source.fetch(listing())
    assert len(server.to(LIST)) == 4


@pytest.mark.parametrize("length", [1, 2])
async def test_a_long_list_in_tiny_pages_is_given_up_before_it_costs_thousands_of_requests(length: int) -> None:
    account = Account(deals(length))
    account.instead[LIST] = lambda _: Said({"data": account.deals, "has_more": True, "total_results": 900_000})
    async with close(account) as (source, server):
        with pytest.raises(SourceIncomplete, match=r"would take 899998 requests|1 rows came of 900000"):
            await source.fetch(listing())
    assert len(server.to(LIST)) <= 2


async def test_names_that_never_end_are_given_up() -> None:
    account = Account()
    endless: dict[str, Any] = {"id": "user_ada", "first_name": "Ada", "last_name": "", "email": "ada@acme.example"}

    def page(asked: Asked) -> Said:
        return Said({"data": [endless | {"id": f"user_{asked.params['_skip']}"}], "has_more": True})

    account.instead["/user/"] = page
    with pytest.raises(SourceIncomplete, match="GET /user/: a list of more than 1000 pages is too long to read"):
        await fetched(account, listing())


def pipelines(*statuses: str) -> Said:
    kept = [{"id": status, "label": status, "type": "active"} for status in statuses]
    return Said({"data": [{"id": "pipe_new", "name": "New", "organization_id": "orga_acme", "statuses": kept}]})


async def test_a_pipeline_that_comes_without_its_statuses_is_a_gap_and_no_list_of_everything() -> None:
    account = Account(deals(3))
    account.instead["/pipeline/"] = lambda _: pipelines()
    with pytest.raises(SourceIncomplete, match="pipeline 'pipe_new' came without its statuses"):
        await fetched(account, listing(pipeline="pipe_new"))


async def test_a_status_that_the_pipeline_forgets_is_asked_for_where_the_list_of_statuses_knows_it() -> None:
    account = Account([deal("oppo_a"), deal("oppo_b", status_id="stat_offer")])
    account.instead["/pipeline/"] = lambda _: pipelines("stat_first")
    known = {"id": "stat_offer", "label": "Offer", "type": "active", "pipeline_id": "pipe_new"}
    account.instead["/status/opportunity/"] = lambda _: Said({"data": [known], "has_more": False})
    assert (await fetched(account, listing(pipeline="pipe_new"))).members == {"oppo_a", "oppo_b"}


@pytest.mark.parametrize("said", [Said(b"<html>no such page</html>", 404), Said({"error": "Not Found"}, 404)])
async def test_an_address_that_finds_no_deal_at_all_proves_none_deleted(said: Said) -> None:
    account = Account(deals(3))
    for key in ("oppo_000", "oppo_x", "oppo_y"):
        account.instead[f"/opportunity/{key}/"] = lambda _: said
    snapshot = await fetched(account, following({*keys(3), "oppo_x", "oppo_y"}))
    assert snapshot.followed is not None
    assert snapshot.followed.rows == ()
    assert any(note.startswith("oppo_x, oppo_y could not be looked up") for note in snapshot.notes)


async def test_a_filter_too_long_for_a_url_still_names_its_fields_there() -> None:
    """Behind the override an answer may be shown by the URL alone, and then lacks what stalls."""
    account = Account(deals(2))
    account.instead[LIST] = lambda asked: Said(account.listed(json.loads(asked.body)["_params"]))
    async with close(account) as (source, server):
        await source.fetch(listing(status_id__in=[f"stat_{n:040}" for n in range(120)], _fields=["note"]))
    asked = server.to(LIST)[0]
    assert asked.method == "POST"
    assert set(asked.params) == {"_fields"}
    assert {"is_stalled", "note"} <= set(asked.params["_fields"].split(","))


async def test_saved_searches_of_every_kind_are_listed() -> None:
    """Without the parameter Close lists those of leads alone."""
    account = Account()
    searches = [{"id": f"save_{kind}", "name": kind, "type": kind} for kind in ("lead", "contact", "opportunity")]
    account.instead["/saved_search/"] = lambda asked: Said(
        {"data": [s for s in searches if s["type"] in asked.params.get("type__in", "lead").split(",")]}
    )
    async with close(account) as (source, _):
        found = await source.holds("saved_searches")
    assert {row.key for row in found.rows} == {"save_lead", "save_contact", "save_opportunity"}


Step = tuple[str, int, int]
STEPS = st.lists(st.tuples(st.sampled_from(["leave", "join", "swap"]), st.integers(0, 30), st.integers(0, 30)))


@settings(max_examples=150, deadline=None)
@given(count=st.integers(0, 14), moves=st.dictionaries(st.integers(1, 12), STEPS, max_size=4), counts=st.booleans())
async def test_whatever_moves_while_a_list_is_read_it_holds_who_was_there_all_along_and_nobody_else(
    count: int, moves: dict[int, list[Step]], counts: bool
) -> None:
    """Deals leave and join at any place before any page. Either a gap, or: everybody who was listed from the first page
    to the last is a member, and every member was listed at some time.
    """
    account = Account(deals(count))
    account.counts = counts
    pages, always, ever, young = 0, keys(count), keys(count), 0

    def move(asked: Asked) -> None:
        nonlocal pages, always, young
        if asked.path != LIST:
            return
        pages += 1
        if asked.params["_skip"] == "0":  # a reading begins
            always = {d["id"] for d in account.deals}
            ever.clear()
            ever.update(always)
        for kind, at, to in moves.get(pages, []):
            if kind != "join" and account.deals:
                account.deals.pop(at % len(account.deals))
            if kind != "leave":
                young += 1
                account.deals.insert(to % (len(account.deals) + 1), deal(f"oppo_young_{young}"))
            always &= {d["id"] for d in account.deals}
            ever.update(d["id"] for d in account.deals)

    account.before = move
    try:
        snapshot = await fetched(account, listing(), CloseTuning(page=4))
    except SourceIncomplete:
        return
    assert always <= snapshot.members <= ever


FAULTS = st.sampled_from(["cut", "emptied", "turned", "repeated", "another", "doubled"])


def spoilt(kind: str, at: int, answers: list[dict[str, Any]]) -> dict[str, Any]:
    """The newest answer of `answers` as a broken service would give it."""
    found = {**answers[-1], "data": list(answers[-1]["data"])}
    rows = found["data"]
    match kind:
        case "cut":
            found["data"] = rows[: at % (len(rows) + 1)]
        case "emptied":
            found |= {"data": [], "total_results": 0, "has_more": False}
        case "turned":
            found["data"] = rows[::-1]
        case "repeated":
            found["data"] = list(answers[-2 if len(answers) > 1 else -1]["data"])
        case "another":
            found = answers[at % len(answers)]
        case "doubled":
            found["data"] = [*rows, *rows[:1]]
    return found


@settings(max_examples=150, deadline=None)
@given(
    count=st.integers(0, 14),
    known=st.booleans(),
    faults=st.dictionaries(st.integers(1, 14), st.tuples(FAULTS, st.integers(0, 9)), max_size=5),
)
async def test_whatever_page_is_spoilt_in_whatever_reading_the_list_is_the_true_one_or_a_gap(
    count: int, known: bool, faults: dict[int, tuple[str, int]]
) -> None:
    """Where nobody knows a deal, an answer that says "none" in each reading cannot be told from the truth: so the first
    page then keeps its total.
    """
    account = Account(deals(count))
    answers: list[dict[str, Any]] = []

    def page(asked: Asked) -> Said:
        found = account.listed(asked.params)
        if "date_updated__gte" in asked.params:
            return Said(found)
        answers.append(found)
        fault = faults.get(len(answers))
        first_and_unknown = asked.params["_skip"] == "0" and not known
        if fault is not None and not (first_and_unknown and fault[0] == "emptied"):
            found = spoilt(*fault, answers)
        return Said(found)

    account.instead[LIST] = page
    question = following(keys(count)) if known else listing()
    try:
        snapshot = await fetched(account, question, CloseTuning(page=4))
    except SourceError:
        return
    assert snapshot.members == keys(count)
    assert snapshot.rows is not None
    assert {row.key for row in snapshot.rows.rows} == keys(count)
    assert all(cells(snapshot, key)["status"] == "open" for key in keys(count))
