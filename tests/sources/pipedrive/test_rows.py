"""A deal becomes a row of ours, whichever version wrote it."""

from datetime import datetime
from typing import Any

import pytest

from tests.sources.pipedrive.account import STAGES, Account, asking, cells, deal, fetched, listing
from tests.support.scripted_http import Said
from worker.errors import SourceShapeChanged
from worker.sources.pipedrive.amounts import minor_units


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


async def row(changes: dict[str, Any]) -> dict[str, Any]:
    return dict(cells(await fetched(Account([deal(7, **changes)]), asking("deals")), "7"))


async def test_every_column_of_an_open_deal() -> None:
    found = await row({"probability": 35, "expected_close_date": "2026-12-24"})
    assert found == {
        "title": "Deal 7",
        "lead_id": "org_907",
        "lead": None,
        "owner_id": "11",
        "owner": "Ada Okafor",
        "pipeline_id": "1",
        "stage_id": "1",
        "stage": "First call",
        "stage_order": 0,
        "status": "open",
        "value": 100_000,
        "currency": "EUR",
        "period": "one_time",
        "annual": 100_000,
        "confidence": 35,
        "expected_close": "2026-12-24",
        "created_at": ms("2026-10-01T08:00:00+00:00"),
        "updated_at": ms("2026-11-20T08:00:00+00:00"),
        "stage_since": ms("2026-10-01T08:00:00+00:00"),
        "closed_at": None,
        "stalled": False,
        "stalled_since": None,
        "next_step": None,
        "stall_reason": None,
        "url": "https://acme.pipedrive.com/deal/7",
    }


@pytest.mark.parametrize(
    ("value", "currency", "amount"),
    [
        (1500.5, "EUR", 150_050),
        (0.1 + 0.2, "EUR", 30),
        (19.99, "USD", 1999),
        (0, "EUR", 0),
        (-3.5, "EUR", -350),
        (1200, "JPY", 1200),
        (1.234, "KWD", 1234),
        (999999999999.99, "EUR", 99999999999999),
    ],
)
async def test_whole_units_become_minor_units_exactly(value: float, currency: str, amount: int) -> None:
    assert (await row({"value": value, "currency": currency}))["value"] == amount


async def test_what_no_minor_unit_can_hold_is_noted() -> None:
    snapshot = await fetched(Account([deal(7, value=10.559, currency="JPY")]), asking("deals"))
    assert cells(snapshot, "7")["value"] == 10
    assert snapshot.notes == ("deal 7: 10.559 JPY does not fit the currency's minor unit; kept 10",)
    assert minor_units(-1.239, "EUR")[0] == -123, "towards nothing, as amounts are cut elsewhere"


async def test_no_value_is_not_zero() -> None:
    found = await row({"value": None})
    assert (found["value"], found["annual"], found["currency"]) == (None, None, "EUR")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"status": "won", "won_time": "2026-11-19T07:00:00Z"}, ("won", "2026-11-19T07:00:00+00:00")),
        ({"status": "lost", "lost_time": "2026-11-19T07:00:00Z"}, ("lost", "2026-11-19T07:00:00+00:00")),
        (
            {"status": "won", "won_time": ..., "close_time": "2026-11-18T07:00:00Z"},
            ("won", "2026-11-18T07:00:00+00:00"),
        ),
        ({"status": "lost", "lost_time": ""}, ("lost", None)),
    ],
)
async def test_a_closed_deal_says_when_and_does_not_stall(
    changes: dict[str, Any], expected: tuple[str, str | None]
) -> None:
    found = await row({"update_time": "2026-01-01T00:00:00Z", **changes})
    closed = None if expected[1] is None else ms(expected[1])
    assert (found["status"], found["closed_at"], found["stalled"]) == (expected[0], closed, False)


async def test_times_that_are_missing_fall_back_to_the_birth() -> None:
    found = await row({"update_time": None, "stage_change_time": ...})
    born = ms("2026-10-01T08:00:00+00:00")
    assert (found["updated_at"], found["stage_since"]) == (born, born)


async def test_a_person_stands_in_for_a_missing_organization_and_an_unknown_owner_is_named_by_the_id() -> None:
    found = await row({"org_id": None, "person_id": 31, "owner_id": 99, "stage_id": 88, "pipeline_id": 9})
    assert (found["lead_id"], found["owner"], found["stage"]) == (
        "person_31",
        "Unknown user (99)",
        "Unknown stage (88)",
    )
    assert (found["stage_order"], found["stalled"]) == (None, None)
    assert (await row({"org_id": None}))["lead_id"] is None


async def test_a_deal_without_a_probability_has_its_stages_where_the_pipeline_weighs_by_stages() -> None:
    assert (await row({}))["confidence"] == 10
    assert (await row({"stage_id": 3, "pipeline_id": 2}))["confidence"] is None


async def test_order_counts_from_nothing_though_numbers_are_left_out() -> None:
    assert [s["order_nr"] for s in STAGES if s["pipeline_id"] == 1] == [1, 5]
    assert (await row({"stage_id": 2}))["stage_order"] == 1


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"id": "x"}, "data[0].id: expected an id (a whole number), found the text 'x'"),
        ({"id": True}, "data[0].id: expected an id (a whole number), found true"),
        ({"stage_id": None}, "data[0].stage_id: expected an id (a whole number), found null"),
        ({"owner_id": {"id": 1}}, "data[0].owner_id: expected an id (a whole number), found an object"),
        ({"owner_id": ...}, "data[0].user_id: expected an id (a whole number) or null, found nothing"),
        ({"value": "1000"}, "data[0].value: expected a number, found the text '1000'"),
        ({"value": ...}, "data[0].value: expected a number or null, found nothing"),
        ({"value": 1e300}, "data[0].value: expected a number, found a number that is too large"),
        ({"currency": ...}, "data[0].currency: expected a currency, found nothing"),
        ({"status": "frozen"}, "data[0].status: expected open, won, lost or deleted, found the text 'frozen'"),
        ({"status": ...}, "data[0].status: expected open, won, lost or deleted, found nothing"),
        ({"add_time": "yesterday"}, "data[0].add_time: expected an instant, found the text 'yesterday'"),
        ({"expected_close_date": "soon"}, "data[0].expected_close_date: expected a date, found the text 'soon'"),
        ({"is_archived": 1}, "data[0].is_archived: expected true or false, found the number 1"),
        ({"title": 7}, "data[0].title: expected text, found the number 7"),
    ],
)
async def test_a_deal_of_another_shape_is_named_by_its_place(changes: dict[str, Any], problem: str) -> None:
    account = Account()
    page = {"success": True, "data": [deal(7, **changes)], "additional_data": {"next_cursor": None}}
    account.instead["/api/v2/deals"] = lambda _: Said(page)
    with pytest.raises(SourceShapeChanged) as error:
        await fetched(account, listing())
    whose = "" if "id" in changes else "deal 7: "
    assert str(error.value) == f"GET /api/v2/deals: {whose}{problem}"


@pytest.mark.parametrize(("given", "confidence"), [(12.5, 12), (0.4, 0), (99.9, 100), ("35", 10), (1e300, 10)])
async def test_a_probability_is_any_number_and_costs_nothing_but_itself(given: Any, confidence: int) -> None:
    snapshot = await fetched(Account([deal(7, probability=given)]), asking("deals"))
    assert cells(snapshot, "7")["confidence"] == confidence
    assert any(note.startswith("deal 7: probability is ") for note in snapshot.notes) is (confidence == 10)


@pytest.mark.parametrize(
    ("changes", "column", "found"),
    [
        ({"update_time": "0000-00-00 00:00:00"}, "updated_at", "created"),
        ({"stage_change_time": "0000-00-00 00:00:00"}, "stage_since", "created"),
        ({"add_time": "0000-00-00T00:00:00Z"}, "created_at", None),
        ({"status": "won", "won_time": "0000-00-00 00:00:00", "close_time": "0000-00-00"}, "closed_at", None),
        ({"rotten_time": "0000-00-00 00:00:00"}, "stalled", False),
        ({"expected_close_date": "0000-00-00"}, "expected_close", None),
        ({"owner_id": 0}, "owner_id", None),
        ({"owner_id": ..., "user_id": 0}, "owner_id", None),
        ({"org_id": 0}, "lead_id", None),
        ({"org_id": 0, "person_id": 31}, "lead_id", "person_31"),
        ({"org_id": {"name": "Acme", "value": 0}}, "lead_id", None),
    ],
)
async def test_a_zero_date_and_the_id_nought_are_none_and_noted(
    changes: dict[str, Any], column: str, found: Any
) -> None:
    snapshot = await fetched(Account([deal(7, **changes), deal(8)]), asking("deals"))
    row = cells(snapshot, "7")
    assert row[column] == (row["created_at"] if found == "created" else found)
    zeros = sum(str(value).startswith("0000") or value == 0 or isinstance(value, dict) for value in changes.values())
    assert len(snapshot.notes) == zeros
    assert all(note.startswith("deal 7: ") and note.endswith(", read as none") for note in snapshot.notes)


async def test_what_is_null_where_the_specification_says_otherwise_is_read() -> None:
    found = await row({"is_archived": None, "custom_fields": None, "value": None})
    assert (found["status"], found["value"]) == ("open", None)
