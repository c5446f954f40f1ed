"""Currencies that a company made up: their codes say nothing, so what they are is asked for, once and only then."""

from typing import Any

import pytest

from tests.sources.pipedrive.account import (
    DEALS,
    ME,
    Account,
    asking,
    cells,
    deal,
    fetched,
    following,
    over,
    pipedrive,
)
from tests.sources.pipedrive.test_statistics import MOVED, Counted, moved
from tests.sources.pipedrive.test_sums import SUMS, Summed
from tests.support.scripted_http import Said
from worker.domain.diff.stock import sums_of
from worker.domain.money import custom
from worker.errors import SourceUnavailable

CURRENCIES = "/api/v1/currencies"
SEATS, COIN = custom("6_2", 0, "seats"), custom("6_3", 8, "Bit coin")


def made_up(number: int, code: str, **changes: Any) -> dict[str, Any]:
    found = {"id": number, "code": code, "name": code, "decimal_points": 2, "symbol": "", "active_flag": True}
    return found | {"is_custom_flag": True} | changes


LISTED = [
    made_up(1, "USD", name="US Dollar", symbol="$", is_custom_flag=False),
    made_up(2, "6_2", name="Seats", symbol="seats", decimal_points=0),
    made_up(3, "6_3", name="Bit coin", symbol="$", decimal_points=8),
    made_up(4, "6_4", decimal_points=None),
]


def with_currencies(account: Account, listed: list[dict[str, Any]] | None = None) -> Account:
    account.v1[CURRENCIES] = {"data": LISTED if listed is None else listed}
    return account


async def test_a_deal_in_a_made_up_currency_counts_in_its_own_minor_units_and_is_named() -> None:
    deals = [deal(1, currency="6_2", value=500), deal(2), deal(3, currency="6_3", value=0.12345678)]
    async with pipedrive(with_currencies(Account(deals))) as (source, server):
        snapshot = (await source.fetch(asking("deals"))).snapshot
        again = (await source.fetch(asking("deals"))).snapshot
        assert len(server.to(CURRENCIES)) == 1, "with the names, for five minutes"
    assert (cells(snapshot, "1")["value"], cells(snapshot, "1")["currency"]) == (500, SEATS)
    assert (cells(snapshot, "3")["annual"], cells(snapshot, "3")["currency"]) == (12_345_678, COIN)
    assert snapshot.rows is not None
    assert {code: one.total for code, one in sums_of(snapshot.rows).items()} == {
        SEATS: 500,
        "EUR": 100_000,
        COIN: 12_345_678,
    }
    assert snapshot.notes == again.notes == ()


async def test_currencies_of_the_standard_are_not_asked_for() -> None:
    async with pipedrive(Account([deal(1), deal(2, currency="CLF")])) as (source, server):
        await source.fetch(asking("deals"))
        assert server.to(CURRENCIES) == []


@pytest.mark.parametrize("code", ["9_9", "6_4", "euro", "", None, 7, {}, "x" * 300, "a\nb"])
async def test_a_currency_that_cannot_be_read_costs_the_value_of_its_deal_and_not_the_list(code: Any) -> None:
    snapshot = await fetched(with_currencies(Account([deal(1, currency=code), deal(2)])), asking("deals"))
    found = cells(snapshot, "1")
    assert (found["value"], found["annual"], found["currency"]) == (None, None, None)
    assert cells(snapshot, "2")["value"] == 100_000
    (note,) = snapshot.notes
    assert note.startswith("deal 1: ")
    assert note.endswith("its value is left out")
    assert len(note) < 200


async def test_a_deal_worth_nothing_needs_no_currency() -> None:
    snapshot = await fetched(with_currencies(Account([deal(1, currency=None, value=0)])), asking("deals"))
    assert (cells(snapshot, "1")["value"], cells(snapshot, "1")["currency"]) == (0, None)
    assert snapshot.notes == ()


async def test_without_the_right_to_see_currencies_a_made_up_one_costs_its_values() -> None:
    account = Account([deal(1, currency="6_2"), deal(2)])
    account.instead[CURRENCIES] = lambda _: Said({"success": False, "error": "Scope and URL mismatch"}, 403)
    snapshot = await fetched(account, asking("deals"))
    assert (cells(snapshot, "1")["value"], cells(snapshot, "2")["value"]) == (None, 100_000)
    assert snapshot.notes[0].startswith("currencies of the company's own cannot be read: ")


async def test_currencies_that_cannot_be_asked_for_just_now_are_a_gap() -> None:
    """Values that vanish for a day would be a loss in one digest and a gain in the next."""
    account = Account([deal(1, currency="6_2")])
    account.instead[CURRENCIES] = lambda _: Said(b"", 503)
    with pytest.raises(SourceUnavailable):
        await fetched(account, asking("deals"))


async def test_a_company_whose_own_currency_is_made_up_has_every_query() -> None:
    account = with_currencies(Account([deal(1)]))
    account.v1["/api/v1/users/me"] = {"data": ME | {"default_currency": "6_2"}}
    assert (await fetched(account, asking("deals"))).members == {"1"}
    account.v1["/api/v1/users/me"] = {"data": ME | {"default_currency": 7}}
    assert (await fetched(account, asking("pipelines"))).tables


async def test_deals_that_left_are_looked_up_in_a_made_up_currency() -> None:
    """The first by its list, the second alone, and both where the list itself holds no such currency."""
    won, alone = deal(2, currency="6_2", status="won"), deal(3, currency="6_3")
    account = with_currencies(Account([deal(1), won]))
    account.instead[f"{DEALS}/3"] = lambda _: Said({"success": True, "data": alone | {"status": "lost"}})
    snapshot = await fetched(account, following({"1", "2", "3"}))
    assert (cells(snapshot, "2", "followed")["value"], cells(snapshot, "2", "followed")["currency"]) == (1000, SEATS)
    assert cells(snapshot, "3", "followed")["currency"] == COIN


async def test_sums_of_a_made_up_currency_stand_beside_the_others() -> None:
    told = SUMS | {
        "values_total": {
            "6_2": {"value": 7, "count": 1},
            "EUR": {"value": 1, "count": 1},
            "9_9": {"value": 1, "count": 1},
        },
        "weighted_values_total": {"6_2": {"value": 3, "count": 1}, "9_9": {"value": 1, "count": 1}},
        "total_count": 3,
    }
    snapshot = await fetched(with_currencies(Summed(told)), asking("deals_summary"))
    sums = snapshot.table("sums")
    assert sums is not None
    assert {row.key: row.cells for row in sums.rows} == {"6_2": (SEATS, 1, 7, 3), "EUR": ("EUR", 1, 100, None)}
    assert snapshot.measured()["total", "value_6_2"].value == 7
    assert "data.values_total.9_9: the currency '9_9' cannot be read; its sum is left out" in snapshot.notes


async def test_movements_in_a_made_up_currency_are_told() -> None:
    account = Counted()
    account.moves[""] = MOVED | {"won_deals": moved(2) | {"values": {"6_2": 12, "9_9": 1}}}
    snapshot = await fetched(with_currencies(account), over("movements"))
    assert cells(snapshot, "11|won_deals|6_2", "values")["value"] == 12
    assert cells(snapshot, "11|won_deals|6_2", "values")["currency"] == SEATS
    assert snapshot.measured()["total", "won_deals_value_6_2"].currency == SEATS
    assert any("9_9" in note for note in snapshot.notes)


async def test_stage_sums_of_the_old_list_know_made_up_currencies() -> None:
    one = {"count": 1, "value": 5, "weighted_value": 1}
    summary = {"per_stages": {"1": {"6_2": one, "9_9": one}}, "per_currency": {}, "total_count": 1}
    old = {
        "data": [deal(1, user_id=11, owner_id=..., currency="6_2", value=5)],
        "additional_data": {"pagination": {"more_items_in_collection": False}, "deals_summary": summary},
    }
    account = with_currencies(Account())
    account.v1["/api/v1/pipelines/1/deals"] = old
    snapshot = await fetched(account, asking("deals", id="1", everyone=1, get_summary=1))
    assert cells(snapshot, "1|6_2", "stage_sums")["value"] == 5
    assert cells(snapshot, "1")["currency"] == SEATS
