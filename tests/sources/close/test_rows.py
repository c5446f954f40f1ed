"""Rows from generated opportunities: valid ones come back cell by cell, broken ones name their place."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.sources.close.account import deal
from worker.domain.money import exponent
from worker.domain.snapshot.opportunity import COLUMNS
from worker.errors import SourceShapeChanged
from worker.sources.close.names import CloseNames, CloseStatus
from worker.sources.close.rows import FIELDS, SHOWN_ONLY, OpportunityRowReader
from worker.sources.common.parse import Node

STAGES = {"stat_first": CloseStatus("First call", "active", "pipe_new", 0)}
NAMES = CloseNames("orga_acme", "EUR", {}, {}, STAGES)
TIMES = {"one_time": 1, "monthly": 12, "annual": 1}


def read(found: Any) -> dict[str, Any]:
    row = OpportunityRowReader(NAMES).row(Node("GET /opportunity/", found, "data[0]"))
    return {column.name: cell for column, cell in zip(COLUMNS, row.cells, strict=True)}


valid = st.fixed_dictionaries(
    {
        "value": st.none() | st.integers(-(10**13), 10**13),
        "value_period": st.sampled_from(sorted(TIMES)),
        "value_currency": st.sampled_from(["EUR", "USD", "JPY", "KWD"]),
        "confidence": st.none() | st.integers(0, 100),
        "lead_name": st.none() | st.text(max_size=20),
        "user_id": st.none() | st.just("user_x"),
        "user_name": st.none() | st.text(max_size=20),
        "date_won": st.none() | st.dates().map(lambda day: day.isoformat()),
        "is_stalled": st.none() | st.booleans(),
    }
)


@settings(max_examples=60, deadline=None)
@given(valid)
def test_any_valid_deal_is_read_cell_by_cell(changes: dict[str, Any]) -> None:
    cells = read(deal("oppo_a", **changes))
    value, digits = changes["value"], exponent(changes["value_currency"])
    if value is None:
        assert cells["value"] is cells["annual"] is None
    else:
        assert abs(cells["value"] * 100 - value * 10**digits) < 100
        assert cells["annual"] == cells["value"] * TIMES[changes["value_period"]]
    assert cells["confidence"] == changes["confidence"]
    assert cells["expected_close"] == changes["date_won"]
    assert cells["stalled"] is changes["is_stalled"]
    assert cells["owner_id"] == changes["user_id"]
    assert (cells["owner"] is None) is (changes["user_id"] is None)
    cells["title"].encode()  # half a surrogate pair would not survive


PATTERN = deal("oppo_a", is_stalled=True, suggested_action={"action": "follow_up_call"})


@settings(max_examples=80, deadline=None)
@given(
    name=st.sampled_from([name for name in FIELDS if name in PATTERN and name not in SHOWN_ONLY]),
    nonsense=st.sampled_from([True, [], {}, 7, 1.5, "\x00", 10**40]),
)
def test_a_cell_of_a_wrong_type_is_named_and_never_becomes_null_or_zero(name: str, nonsense: Any) -> None:
    kept = PATTERN[name]
    alike = isinstance(nonsense, str) and name in ("lead_id", "lead_name", "user_name", "pipeline_id", "status_label")
    assume(not alike and name != "annualized_value")
    assume(not (isinstance(nonsense, int | float) and isinstance(kept, int) and abs(nonsense) < 100))
    assume(not (isinstance(nonsense, bool) and isinstance(kept, bool)))
    assume(not (nonsense == {} and isinstance(kept, dict)))
    with pytest.raises(SourceShapeChanged) as caught:
        read({**PATTERN, name: nonsense})
    assert caught.value.path.startswith(f"data[0].{name}")


def test_half_a_surrogate_pair_in_a_name_is_replaced() -> None:
    assert read(deal("oppo_a", lead_name="\ud800 Ltd"))["title"] == "? Ltd"


def test_an_amount_of_money_is_never_read_from_true() -> None:
    with pytest.raises(SourceShapeChanged, match=r"data\[0\]\.value: expected a number, found true"):
        read(deal("oppo_a", value=True))
