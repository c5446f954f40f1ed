"""A deal that did not change is not read again, and is never taken for one that did."""

import json
from dataclasses import replace
from typing import Any

import msgspec

from tests.sources.close.account import deal
from worker.domain.snapshot.opportunity import COLUMNS
from worker.sources.close.known_rows import KnownRows
from worker.sources.close.names import CloseNames, CloseStatus
from worker.sources.close.plain_rows import plain_row

NAMES = CloseNames(
    "orga_acme", "EUR", {"user_ada": "Ada"}, {}, {"stat_first": CloseStatus("First call", "active", "pipe_new", 0)}
)


def raw(found: dict[str, Any]) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(found).encode())


def page(*changes: dict[str, Any]) -> list[msgspec.Raw]:
    return [raw(deal(f"oppo_{number}", **change)) for number, change in enumerate(changes)]


def test_equal_deals_of_two_runs_are_one_row() -> None:
    known = KnownRows()
    first = known.rows(page({}, {"value": 7}), NAMES, listed_as=None)
    second = known.rows(page({}, {"value": 8}), NAMES, listed_as=None)
    assert first is not None
    assert second is not None
    assert second[0] is first[0]
    assert second[1] == plain_row(deal("oppo_1", value=8), NAMES, listed_as=None)
    assert second[1] != first[1]


def test_a_change_of_a_field_that_no_row_holds_gives_an_equal_row() -> None:
    known = KnownRows()
    assert known.rows(page({"note": "a"}), NAMES, listed_as=None) == known.rows(
        page({"note": "b"}), NAMES, listed_as=None
    )


def test_other_names_make_every_row_again() -> None:
    known = KnownRows()
    known.rows(page({}), NAMES, listed_as=None)
    renamed = replace(NAMES, users={"user_ada": "Ada Lovelace"})
    found = known.rows(page({}), renamed, listed_as=None)
    assert found == (plain_row(deal("oppo_0"), renamed, listed_as=None),)


def test_equal_names_that_were_read_again_keep_the_rows() -> None:
    known = KnownRows()
    first = known.rows(page({}), NAMES, listed_as=None)
    second = known.rows(page({}), replace(NAMES), listed_as=None)
    assert first is not None
    assert second is not None
    assert second[0] is first[0]


def test_a_known_row_is_held_to_the_condition_of_each_list() -> None:
    known = KnownRows()
    stalled = page({"is_stalled": True})
    assert known.rows(stalled, NAMES, listed_as=True) is not None
    assert known.rows(stalled, NAMES, listed_as=False) is None


def test_a_page_with_one_odd_deal_is_left_to_the_walk_each_time() -> None:
    known = KnownRows()
    odd = page({}, {"confidence": "high"})
    assert known.rows(odd, NAMES, listed_as=None) is None
    assert known.rows(odd, NAMES, listed_as=None) is None
    assert known.rows(odd[:1], NAMES, listed_as=None) is not None


def test_no_more_rows_are_kept_than_agreed_and_those_used_last_stay() -> None:
    known = KnownRows(most=2)
    first, second, third = page({}, {}, {})
    kept = known.rows([first, second], NAMES, listed_as=None)
    known.rows([first, third], NAMES, listed_as=None)
    again = known.rows([first], NAMES, listed_as=None)
    assert kept is not None
    assert again is not None
    assert again[0] is kept[0]
    made = known.rows([second], NAMES, listed_as=None)
    assert made is not None
    assert made[0] == kept[1]
    assert made[0] is not kept[1]


def test_rows_of_a_list_that_does_not_fit_are_made_and_not_kept() -> None:
    known = KnownRows()
    first = known.rows(page({}), NAMES, listed_as=None, keep=False)
    second = known.rows(page({}), NAMES, listed_as=None, keep=False)
    assert first is not None
    assert second is not None
    assert first == second
    assert first[0] is not second[0]


def test_texts_that_repeat_are_one_object() -> None:
    rows = KnownRows().rows(page({"date_won": "2026-12-24"}, {"date_won": "2026-12-24"}), NAMES, listed_as=None)
    assert rows is not None
    shared = [column.name for at, column in enumerate(COLUMNS) if rows[0].cells[at] is rows[1].cells[at]]
    assert {"owner_id", "owner", "pipeline_id", "stage_id", "stage", "currency", "expected_close"} <= {*shared}
