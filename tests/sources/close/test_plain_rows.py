"""A row decoded in C is the row of the walk. What is odd anywhere is left to the walk, with its notes and errors."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.close.account import deal
from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.snapshot import Row
from worker.errors import SourceError
from worker.sources.close.known_rows import KnownRows
from worker.sources.close.names import CloseNames, CloseStatus
from worker.sources.close.plain_rows import plain_row
from worker.sources.close.rows import FIELDS, OpportunityRowReader
from worker.sources.common.parse import Node

STAGES = {
    "stat_first": CloseStatus("First call", "active", "pipe_new", 0),
    "stat_won": CloseStatus("Won", "won", None, None),
    "stat_odd": CloseStatus("Odd", "parked", "pipe_new", 3),
}
ACCOUNTS = [
    CloseNames("orga_acme", "EUR", {"user_ada": "Ada"}, {}, STAGES),
    CloseNames("orga_acme", None, {}, {}, {}),
]
FULL = deal(
    "oppo_a",
    value=100050,
    is_stalled=True,
    date_won="2026-11-30",
    suggested_action={"action": "follow_up_call"},
    stall_status={"communication_issue": "no_reply", "next_action": {"action": "email"}},
)

VALUES: tuple[Any, ...] = (
    *("", "x", "é", "\x00", "\ud800", "lead/ ü", "active", "won", "lost", "no_issue", "one_time", "monthly", "weekly"),
    *("EUR", "JPY", "KWD", "CLF", "eur", "EURO", "ÉUR", "E1R", "stat_first", "stat_won", "stat_odd", "user_ada"),
    *("2026-11-23", "20261123", "2026-W48-1", "2026-02-30", "2026-11-23T08:00:00Z", "2026-11-23T08:00:00"),
    *("2026-11-23T08:00:00.123456+14:00", "2026-11-23 08:00", "0001-01-01T00:00:00+14:00", "2026-11-23T08:00\ud800"),
    *(0, -1, 1, 7, 50, 150, 101, 1.0, 1.5, -0.0, 2**53, 2**53 + 1, -(2**53) - 1, 2**64, 10**40, 1e17, float("inf")),
    *(None, True, False, [], {}, ["x"], {"action": None}, {"action": 7}, {"action": "\ud800"}, {"action": ""}),
    *({"communication_issue": 7}, {"communication_issue": "no_issue", "next_action": {"action": "call"}}),
    *({"next_action": []}, {"next_action": None}, {"communication_issue": "\ud800"}, ...),
)
"""For any field. `...` leaves it out."""


def changed(found: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    return {key: one for key, one in {**found, name: value}.items() if one is not ...}


def outcome(reader: OpportunityRowReader, read: Any, found: Any) -> tuple[object, list[Note]]:
    """The row or the error's words, and the notes."""
    try:
        return read(reader, Node("GET /opportunity/", found, "data[0]")), reader.notes
    except SourceError as error:
        return (type(error), str(error)), reader.notes


def alike(found: dict[str, Any], names: CloseNames, listed_as: bool | None) -> None:
    """The same row, or the same error, and the same notes; 1, 1.0 and True are three cells."""
    walked = repr(outcome(OpportunityRowReader(names, listed_as), OpportunityRowReader.walked, found))
    assert repr(outcome(OpportunityRowReader(names, listed_as), OpportunityRowReader.row, found)) == walked
    plain = plain_row(found, names, listed_as=listed_as)
    assert plain is None or repr((plain, [])) == walked
    known = KnownRows()
    for _ in ("made", "found again"):
        rows = known.rows([msgspec.Raw(json.dumps(found).encode())], names, listed_as=listed_as)
        assert rows is None or repr((rows[0], [])) == walked


@pytest.mark.parametrize("name", FIELDS)
def test_both_ways_give_the_same_whatever_one_field_holds(name: str) -> None:
    for value in VALUES:
        for status in ("active", "won", "lost", ...):
            for names in ACCOUNTS:
                for listed_as in (None, True):
                    alike(changed(changed(FULL, "status_type", status), name, value), names, listed_as)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(FIELDS), st.sampled_from(VALUES)), max_size=5),
    st.sampled_from(ACCOUNTS),
    st.sampled_from([None, True, False]),
)
def test_both_ways_give_the_same_whatever_several_fields_hold(
    changes: list[tuple[str, Any]], names: CloseNames, listed_as: bool | None
) -> None:
    found = FULL
    for name, value in changes:
        found = changed(found, name, value)
    alike(found, names, listed_as)


@pytest.mark.parametrize("found", [None, [], "text", 7, {}])
def test_what_is_no_deal_is_left_to_the_walk(found: Any) -> None:
    assert plain_row(found, ACCOUNTS[0], listed_as=None) is None


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_of_a_wrong_type_is_left_to_the_walk_or_not_read(name: str) -> None:
    found = plain_row({**FULL, name: [7]}, ACCOUNTS[0], listed_as=None)
    assert (found is not None) == (name == "annualized_value"), "which is read only where there is no period"


def test_a_documented_deal_is_decoded_and_not_walked() -> None:
    for period in ("one_time", "monthly", "annual"):
        found: Row | None = plain_row({**FULL, "value_period": period}, ACCOUNTS[0], listed_as=True)
        assert found is not None
        assert (
            KnownRows().rows(
                [msgspec.Raw(json.dumps({**FULL, "value_period": period}).encode())], ACCOUNTS[0], listed_as=True
            )
            is not None
        )
