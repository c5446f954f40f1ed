"""Sums of version 1 that were asked for in one currency: shown where they can be understood."""

from typing import Any

import pytest

from tests.sources.pipedrive.account import Account, asking, cells, fetched
from worker.domain.money import label_of
from worker.domain.snapshot.snapshot import Snapshot

FORMATTED = {"value": 41.1, "value_formatted": "US$41.10"}


async def converted(given: Any, into: str = "USD", *, beside: bool = False) -> Snapshot:
    one = {"count": 1, "value": 10, "value_formatted": "€10", "weighted_value": 5, "weighted_value_formatted": "€5"}
    summary: dict[str, Any] = {"per_stages": {"1": {"EUR": one}}, "per_currency": {"EUR": 1}, "total_count": 1}
    extra: dict[str, Any] = {"pagination": {"more_items_in_collection": False}, "deals_summary": summary}
    (extra if beside else summary)["per_stages_converted"] = given
    account = Account()
    account.v1["/api/v1/pipelines/1/deals"] = {"data": None, "additional_data": extra}
    params: dict[str, Any] = {"id": "1", "everyone": 1, "get_summary": 1, "totals_convert_currency": into}
    return await fetched(account, asking("deals", **params))


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize("given", [{"1": {"value": 41.1}}, {"1": {"USD": {"count": 2, "value": 41.1}}}])
async def test_converted_sums_are_a_table_by_stage(given: Any, beside: bool) -> None:
    snapshot = await converted(given, beside=beside)
    assert cells(snapshot, "1|USD", "stage_sums_converted") == {
        "stage_id": "1",
        "stage": "First call",
        "position": 0,
        "currency": "USD",
        "converted_value": 4110,
    }
    assert cells(snapshot, "1|EUR", "stage_sums")["value"] == 1000
    assert snapshot.notes == ()


async def test_the_default_currency_is_the_one_that_amounts_are_written_with() -> None:
    found = cells(await converted({"1": FORMATTED}, "default_currency"), "1|US$", "stage_sums_converted")
    assert (found["converted_value"], label_of(str(found["currency"]))) == (4110, "US$")


@pytest.mark.parametrize("given", [{"1": {"value": 41.1}}, {"1": 5}, [7], {"1": {"USD": {"count": 2}}}])
async def test_converted_sums_of_another_shape_are_left_out_and_noted(given: Any) -> None:
    snapshot = await converted(given, "default_currency")
    assert snapshot.table("stage_sums_converted") is None
    assert cells(snapshot, "1|EUR", "stage_sums")["value"] == 1000
    (note,) = snapshot.notes
    assert note.startswith("per_stages_converted is left out: ")


@pytest.mark.parametrize("given", [[], {}])
async def test_nothing_converted_is_an_empty_table(given: Any) -> None:
    table = (await converted(given)).table("stage_sums_converted")
    assert table is not None
    assert table.rows == ()
