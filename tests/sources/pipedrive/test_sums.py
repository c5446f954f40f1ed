"""Pipelines, and sums of deals from where they live now."""

from typing import Any

import pytest

from tests.sources.pipedrive.account import Account, asking, cells, copied, fetched, pipedrive
from tests.support.scripted_http import Asked, Said
from worker.domain.money import label_of
from worker.errors import SourceRefused, SourceShapeChanged

SUMMARY = "/api/v1/deals/summary"
SUMS = {
    "values_total": {
        "EUR": {"value": 10.5, "count": 2, "value_converted": 11.1, "value_formatted": "€10"},
        "JPY": {"value": 3000, "count": 3},
    },
    "weighted_values_total": {"EUR": {"value": 5.255, "count": 2}},
    "total_count": 5,
    "total_currency_converted_value": 41.1,
    "total_weighted_currency_converted_value": 20.559,
    "total_currency_converted_value_formatted": "US$41.1",
}


class Summed(Account):
    def __init__(self, given: Any = SUMS) -> None:
        super().__init__()
        self.instead[SUMMARY] = lambda _: Said({"success": True, "data": given})
        self.v1["/api/v2/pipelines/1"] = {"data": self.v2_pipeline()}

    def v2_pipeline(self) -> dict[str, Any]:
        return {
            "id": 1,
            "name": "New business",
            "order_nr": 2,
            "is_deleted": False,
            "is_deal_probability_enabled": True,
            "add_time": "2024-01-01T00:00:00Z",
        }


async def test_sums_stay_apart_by_currency_and_what_was_converted_has_the_companys_currency() -> None:
    snapshot = await fetched(Summed(), asking("deals_summary"))
    assert cells(snapshot, "EUR", "sums") == {"currency": "EUR", "count": 2, "value": 1050, "weighted_value": 525}
    assert cells(snapshot, "JPY", "sums") == {"currency": "JPY", "count": 3, "value": 3000, "weighted_value": None}
    found = snapshot.measured()
    assert found["total", "count"].value == 5
    converted = found["total", "converted_value"]
    assert (converted.value, label_of(converted.currency or "")) == (4110, "US$"), "as the service writes it"
    assert found["total", "converted_weighted_value"].value == 2055
    missing = found["total", "weighted_value_jpy"]
    assert (missing.value, missing.why_null) == (None, "Pipedrive did not say it")


async def test_every_filter_of_the_summary_goes_out_by_its_name() -> None:
    params: dict[str, Any] = {"status": "won", "filter_id": "3", "user_id": "11", "pipeline_id": "1", "stage_id": "2"}
    async with pipedrive(Summed()) as (source, server):
        await source.fetch(asking("deals_summary", **params))
        assert dict(server.to(SUMMARY)[0].params) == params


async def test_an_empty_account_has_lists_for_maps() -> None:
    empty = SUMS | {"values_total": [], "weighted_values_total": [], "total_count": 0}
    snapshot = await fetched(Summed(empty), asking("deals_summary"))
    sums = snapshot.table("sums")
    assert sums is not None
    assert sums.rows == ()
    assert snapshot.measured()["total", "count"].value == 0


async def test_a_total_that_is_not_the_sum_is_noted() -> None:
    snapshot = await fetched(Summed(SUMS | {"total_count": 6}), asking("deals_summary"))
    assert snapshot.notes == ("total_count is 6, the currencies together hold 5",)


def by_currency(*sums: tuple[str, float, float, str]) -> dict[str, Any]:
    return {
        code: {"value": value, "count": 1, "value_converted": converted, "value_formatted": text}
        for code, value, converted, text in sums
    }


@pytest.mark.parametrize(
    ("sums", "formatted", "currency"),
    [
        ([("EUR", 10, 11.1, "€10"), ("USD", 30, 30, "US$30")], "US$41.10", "USD"),
        ([("EUR", 10, 11.1, "€10"), ("USD", 30, 30, "US$30")], None, "USD"),
        ([("EUR", 10, 10, "10 €"), ("USD", 30, 30, "US$30")], "40,00 €", "EUR"),
        ([("EUR", 0, 0, "€0"), ("USD", 0, 0, "US$0")], "US$0", "USD"),
        ([("EUR", 10, 11.1, "€10")], "US$11.10", "US$"),
        ([("EUR", 10, 11.1, "€10")], None, None),
        ([("EUR", 10, 10, "€10"), ("CHF", 10, 10, "CHF 10")], None, None),
        ([], "₿0", "₿"),
    ],
)
async def test_converted_sums_are_in_the_companys_currency_whatever_the_users_is(
    sums: list[tuple[str, float, float, str]], formatted: str | None, currency: str | None
) -> None:
    given: dict[str, Any] = {
        "values_total": by_currency(*sums) or [],
        "weighted_values_total": [],
        "total_count": len(sums),
        "total_currency_converted_value": 41.1,
        "total_currency_converted_value_formatted": formatted,
    }
    snapshot = await fetched(Summed(given), asking("deals_summary"))
    found = snapshot.measured().get(("total", "converted_value"))
    assert (None if found is None else label_of(found.currency or "")) == currency
    note = "data.total_currency_converted_value is left out: nothing says in which currency it is"
    assert (note in snapshot.notes) is (currency is None)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"values_total": None}, "data.values_total: expected an object, found null"),
        ({"values_total": {"EUR": 5}}, "data.values_total.EUR: expected an object, found the number 5"),
        ({"values_total": {"EUR": {"count": 1}}}, "data.values_total.EUR.value: expected a number, found nothing"),
        ({"total_count": None}, "data.total_count: expected a number, found null"),
        ({"total_count": 1.5}, "data.total_count: expected a whole number, found the number 1.5"),
    ],
)
async def test_sums_of_another_shape_are_named_by_their_place(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(SourceShapeChanged) as error:
        await fetched(Summed(copied(SUMS) | changes), asking("deals_summary"))
    assert str(error.value) == f"GET {SUMMARY}: {problem}"


async def test_a_pipeline_comes_with_its_stages_and_the_sums_of_its_open_deals() -> None:
    async with pipedrive(Summed()) as (source, server):
        snapshot = (await source.fetch(asking("pipeline", id="1"))).snapshot
        asked = [dict(a.params) for a in server.to(SUMMARY)]
    assert asked == [{"pipeline_id": "1", "status": "open"}]
    found = cells(snapshot, "1", "pipeline")
    assert (found["name"], found["is_default"], found["updated_at"]) == ("New business", False, None)
    assert cells(snapshot, "2", "pipeline_stages") == {
        "name": "Offer",
        "position": 1,
        "deal_probability": 50,
        "days_to_rotten": None,
    }
    assert cells(snapshot, "EUR", "sums")["count"] == 2
    assert snapshot.table("stage_sums") is None


async def test_sums_by_stage_are_a_call_for_each() -> None:
    account = Summed()

    def by_stage(asked: Asked) -> Said:
        empty = SUMS | {"values_total": {}, "weighted_values_total": [], "total_count": 0}
        return Said({"success": True, "data": empty if asked.params.get("stage_id") == "2" else SUMS})

    account.instead[SUMMARY] = by_stage
    async with pipedrive(account) as (source, server):
        snapshot = (await source.fetch(asking("pipeline", id="1", by_stage=True, status="won"))).snapshot
        assert [a.params.get("stage_id") for a in server.to(SUMMARY)] == [None, "1", "2"]
    assert cells(snapshot, "1|EUR", "stage_sums") == {
        "stage_id": "1",
        "stage": "First call",
        "position": 0,
        "currency": "EUR",
        "count": 2,
        "value": 1050,
        "weighted_value": 525,
    }
    sums = snapshot.table("stage_sums")
    assert sums is not None
    assert len(sums.rows) == 2


async def test_a_pipeline_that_is_not_there_is_refused() -> None:
    with pytest.raises(SourceRefused, match="not found"):
        await fetched(Summed(), asking("pipeline", id="9"))


async def test_every_pipeline_is_told_and_the_first_in_order_is_the_default() -> None:
    snapshot = await fetched(Account(), asking("pipelines"))
    found = snapshot.table("pipelines")
    assert found is not None
    assert [(row.key, row.cells[0], row.cells[2]) for row in found.rows] == [
        ("1", "New business", False),
        ("2", "Renewals", True),
    ]


async def test_a_cut_list_of_pipelines_is_asked_as_written() -> None:
    async with pipedrive(Account()) as (source, server):
        wanted = asking("pipelines", sort_by="add_time", sort_direction="desc", limit=1, cursor="abc")
        snapshot = (await source.fetch(wanted)).snapshot
        asked = dict(server.to("/api/v2/pipelines")[-1].params)
    assert asked == {"sort_by": "add_time", "sort_direction": "desc", "limit": "1", "cursor": "abc"}
    found = snapshot.table("pipelines")
    assert found is not None
    assert found.sliced
