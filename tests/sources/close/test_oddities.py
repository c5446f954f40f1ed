"""Answers that are odd in a small way: they cost a cell, a figure or a file, never the whole list or report."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.sources.close.account import KEY, PIPELINES, Account, cells, close, deal, listing, report
from tests.sources.close.test_complete_lists import LIST, deals, fetched
from tests.sources.close.test_funnel import TOTALS, TOTALS_PATH
from tests.sources.close.test_groups import QUARTERS
from tests.sources.close.test_groups import account as grouping
from tests.support.scripted_http import Said
from worker.domain.snapshot.snapshot import Snapshot
from worker.errors import SourceRefused, SourceShapeChanged


def noted(snapshot: Snapshot, words: str) -> bool:
    return any(words in note for note in snapshot.notes)


@pytest.mark.parametrize(
    ("changes", "column", "place"),
    [
        ({"stall_status": "stalled"}, "stall_reason", "stall_status: expected an object, found the text 'stalled'"),
        ({"stall_status": {"communication_issue": 7}}, "stall_reason", "communication_issue: expected text"),
        ({"stall_status": {"next_action": "call"}}, "next_step", "next_action: expected an object"),
        ({"suggested_action": ["call"]}, "next_step", "suggested_action: expected an object, found a list"),
        ({"suggested_action": {"action": 3}}, "next_step", "suggested_action.action: expected text"),
        ({"confidence": 50.5}, "confidence", "confidence: expected a whole number, found the number 50.5"),
        ({"confidence": "50"}, "confidence", "confidence: expected a number, found the text '50'"),
        ({"lead_name": 42}, "lead", "lead_name: expected text, found the number 42"),
        ({"date_updated": "lately"}, "updated_at", "date_updated: expected an instant"),
    ],
)
async def test_what_is_shown_only_costs_its_cell_and_a_note(changes: dict[str, Any], column: str, place: str) -> None:
    snapshot = await fetched(Account([deal("oppo_a", **changes), deal("oppo_b")]), listing())
    assert snapshot.members == {"oppo_a", "oppo_b"}
    found = cells(snapshot, "oppo_a")
    assert found[column] is None
    assert found["value"] == 100000
    assert noted(snapshot, place), snapshot.notes


@pytest.mark.parametrize(("name", "kept"), [("user_name", "Ada Okafor"), ("status_label", "First call")])
async def test_a_name_of_another_type_is_taken_from_the_lists_of_names(name: str, kept: str) -> None:
    snapshot = await fetched(Account([deal("oppo_a", **{name: 7})]), listing())
    assert kept in cells(snapshot, "oppo_a").values()
    assert noted(snapshot, f"{name}: expected text, found the number 7")


@pytest.mark.parametrize(
    "changes",
    [
        {"value_period": "weekly"},
        {"status_type": "paused"},
        {"value_currency": "usd"},
        {"value": "9"},
        {"date_created": "lately"},
        {"is_stalled": "yes"},
    ],
)
async def test_what_moves_a_figure_is_still_a_gap(changes: dict[str, Any]) -> None:
    account = Account()
    account.instead[LIST] = lambda _: Said({"data": [deal("oppo_a", **changes)], "total_results": 1})
    with pytest.raises(SourceShapeChanged):
        await fetched(account, listing())


SUMS: Mapping[str, Any] = {
    "total_value_one_time": {"USD": 25000},
    "total_value_annual": "much",
    "expected_value_annualized": 2**60,
    "count_by_value_period": [1, 2],
}


@pytest.mark.parametrize("name", SUMS)
async def test_a_sum_that_cannot_be_read_is_left_out_and_the_list_stays(name: str) -> None:
    account = Account(deals(2))
    account.instead[LIST] = lambda asked: Said({**account.listed(asked.params), name: SUMS[name]})
    snapshot = await fetched(account, listing())
    assert len(snapshot.members) == 2
    assert not [measure for measure in snapshot.measures if measure.key == ("total", name)]
    assert noted(snapshot, f"{name}: expected"), snapshot.notes


async def test_a_note_about_a_sum_does_not_repeat_the_key() -> None:
    account = Account(deals(1))
    account.instead[LIST] = lambda asked: Said({**account.listed(asked.params), "total_value_annual": f"sum of {KEY}"})
    snapshot = await fetched(account, listing())
    assert noted(snapshot, "total_value_annual: expected")
    assert not noted(snapshot, KEY)


async def test_a_sum_in_no_known_currency_is_left_out_where_the_deals_need_none() -> None:
    account = Account([deal("oppo_a", value=None, value_currency=None)])
    account.currency = None
    account.instead[LIST] = lambda asked: Said({**account.listed(asked.params), "total_value_annual": 5})
    snapshot = await fetched(account, listing())
    assert snapshot.members == {"oppo_a"}
    assert noted(snapshot, "total_value_annual: expected an amount in a known currency")


async def test_a_groups_sum_that_cannot_be_read_costs_its_cell() -> None:
    groups = [{**QUARTERS[0], "total_value_annual": {"EUR": 1}, "year": "2026"}, QUARTERS[1]]
    async with close(grouping(groups)) as (source, _):
        snapshot = (await source.fetch(listing(_group_by="date_won__quarter"))).snapshot
    found = cells(snapshot, "2026-4", "groups")
    assert (found["total_value_annual"], found["year"]) == (None, None)
    assert cells(snapshot, "20271", "groups")["total_value_annual"] == 0
    assert noted(snapshot, "total_value_annual: expected")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "Something went wrong"}, "Something went wrong"),
        ({"errors": ["try later"], "field-errors": {}}, "try later"),
        ({"errors": [], "field-errors": {"query": "bad word"}}, "query: bad word"),
    ],
)
async def test_an_error_under_status_200_is_told_in_the_services_own_words(body: Any, words: str) -> None:
    account = Account(deals(1))
    account.instead[LIST] = lambda _: Said(body)
    with pytest.raises(SourceShapeChanged, match=f"expected an answer, found an error: {words}"):
        await fetched(account, listing())


async def test_an_answer_beside_an_empty_list_of_errors_is_an_answer() -> None:
    account = Account(deals(1))
    account.instead[LIST] = lambda asked: Said({**account.listed(asked.params), "errors": []})
    assert len((await fetched(account, listing())).members) == 1


async def test_a_page_for_people_under_403_is_not_said_to_be_the_keys_fault() -> None:
    account = Account()
    account.instead[LIST] = lambda _: Said(b"<!doctype html><title>Attention required</title>", 403)
    with pytest.raises(SourceRefused) as caught:
        await fetched(account, listing())
    assert caught.value.status == 403
    assert "has no right" not in str(caught.value)
    assert "a page for people (403): something in front of Close refused it" in str(caught.value)


async def test_a_key_without_a_right_is_still_said_to_have_none() -> None:
    account = Account()
    account.instead[LIST] = lambda _: Said({"error": "no"}, 403)
    with pytest.raises(SourceRefused, match=r"the key has no right to this \(403\): no"):
        await fetched(account, listing())


async def test_a_report_that_is_answered_with_201_is_read() -> None:
    account = Account()
    account.instead[TOTALS_PATH] = lambda _: Said(TOTALS, 201)
    assert (await fetched(account, report("funnel_totals"))).measures


@pytest.mark.parametrize(
    "said", [Said(b"", 400), Said(b"<html>"), Said(b""), Said({"error": "no CSV"}), Said(b"", 403)]
)
async def test_a_file_that_cannot_be_had_is_missing_with_a_note_and_the_figures_stay(said: Said) -> None:
    account = Account()
    account.instead[TOTALS_PATH] = lambda asked: said if asked.headers["accept"] == "text/csv" else Said(TOTALS)
    async with close(account) as (source, _):
        snapshot = (await source.fetch(report("funnel_totals", files=True))).snapshot
    assert snapshot.measures
    assert snapshot.files == ()
    assert noted(snapshot, "the file by user is missing: POST /report/funnel/opportunity/totals/")


@pytest.mark.parametrize("pipelines", [[], [{**PIPELINES[0], "organization_id": None}]])
async def test_without_a_pipeline_the_statuses_say_which_organization_the_key_sees(pipelines: list[Any]) -> None:
    account = Account([deal("oppo_a", value_currency=None)])
    both = [{"id": "orga_other", "currency": "USD"}, {"id": "orga_acme", "currency": "EUR"}]
    status = {"id": "stat_first", "label": "First", "type": "active", "organization_id": "orga_acme"}
    account.instead["/me/"] = lambda _: Said({"organizations": both})
    account.instead["/pipeline/"] = lambda _: Said({"data": pipelines})
    account.instead["/status/opportunity/"] = lambda _: Said({"data": [status], "has_more": False})
    assert cells(await fetched(account, listing()), "oppo_a")["currency"] == "EUR"


async def test_two_organizations_of_which_nothing_says_which_are_a_gap() -> None:
    """Their currencies may differ, and each figure would be in the wrong one."""
    account = Account()
    both = [{"id": "orga_other", "currency": "USD"}, {"id": "orga_acme", "currency": "EUR"}]
    account.instead["/me/"] = lambda _: Said({"organizations": both})
    account.instead["/pipeline/"] = lambda _: Said({"data": []})
    account.instead["/status/opportunity/"] = lambda _: Said({"data": [], "has_more": False})
    with pytest.raises(SourceShapeChanged, match="organizations: expected one organization, or a pipeline that names"):
        await fetched(account, listing())
