"""A row decoded in C is the row of the walk. What is odd anywhere is left to the walk, with its notes and errors."""

from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.pipedrive.account import deal
from worker.domain.snapshot.notes import Note
from worker.errors import SourceError
from worker.sources.common.parse import Node
from worker.sources.pipedrive.currencies import STANDARD, Currencies, CurrenciesCache
from worker.sources.pipedrive.names import Me, PipedriveNames, PipedrivePipeline, PipedriveStage
from worker.sources.pipedrive.plain_rows import PlainDeal, plain_row
from worker.sources.pipedrive.rows import DealRowReader
from worker.sources.pipedrive.stalls import DaysInStage, Rotting, StallRule

NOW = 1_795_000_000_000
STAGES = {
    "1": PipedriveStage("1", "First call", "1", 0, 14, 40),
    "2": PipedriveStage("2", "Offer", "2", 1, None, None),
}
NAMES = [
    PipedriveNames(
        Me("1", "Ada", "acme", "acme"),
        {"11": "Ada Okafor"},
        ("11",),
        {"1": PipedrivePipeline("1", "Sales", 0, weighs=True), "2": PipedrivePipeline("2", "Old", 1, weighs=False)},
        STAGES,
    ),
    PipedriveNames(Me("1", "Ada", "acme", None), {}, (), {}, {}),
]
RULES: tuple[StallRule, ...] = (Rotting(STAGES), DaysInStage(9))
KNOWN = (STANDARD, Currencies({"5_7": "ACME5"}))
FULL = {
    **deal(7),
    "title": "Deal with Tern",
    "status": "open",
    "owner_name": "Ada",
    "org_id": 907,
    "org_name": "Tern",
    "person_id": 12,
    "person_name": "Bo",
    "stage_order_nr": 4,
    "rotten_time": "2026-11-02T08:00:00Z",
    "won_time": "2026-11-03T08:00:00Z",
    "lost_time": "2026-11-04T08:00:00Z",
    "close_time": "2026-11-05T08:00:00Z",
    "expected_close_date": "2026-12-24",
    "probability": 35,
    "next_activity_id": 5,
    "next_activity_subject": "Call",
    "is_archived": False,
    "is_deleted": False,
}
FIELDS = (*PlainDeal.__struct_fields__, "user_id")
VALUES: tuple[Any, ...] = (
    *("", "x", "é", "\x00", "\ud800", "7", "open", "won", "lost", "deleted", "EUR", "JPY", "KWD", "eur", "5_7", "EURO"),
    *("2026-11-23", "20261123", "2026-02-30", "0000-00-00", "0000-00-00 00:00:00", "2026-11-23T08:00:00Z"),
    *("2026-11-23 08:00:00", "2026-11-23T08:00:00.123456+14:00", "0001-01-01T00:00:00+14:00", "2026-11-23T08:00\ud800"),
    *(0, -1, 1, 2, 11, 50, 1.0, 1.5, 19.99, 0.1 + 0.2, -0.0, 2**53, 2**53 + 1, 2**64, 10**40, 1e17, float("inf")),
    *(None, True, False, [], {}, ["x"], {"id": 11}, {"id": 0}, {"value": 907}, {"value": 0}, ...),
)
"""For any field. `...` leaves it out."""


def changed(found: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    return {key: one for key, one in {**found, name: value}.items() if one is not ...}


def reader(names: PipedriveNames, rule: StallRule, known: Currencies, *, archives: bool) -> DealRowReader:
    made = DealRowReader(names, rule, NOW, cast("CurrenciesCache", None), archives)
    made._known = known  # what `ready` reads from the service
    return made


def outcome(made: DealRowReader, read: Any, found: Any) -> tuple[object, list[Note]]:
    """The row or the error's words, and the notes."""
    try:
        return read(made, Node("GET /deals", found, "data[0]")), made.notes
    except SourceError as error:
        return (type(error), str(error)), made.notes


def alike(
    found: dict[str, Any], names: PipedriveNames, rule: StallRule, known: Currencies, *, archives: bool = False
) -> None:
    """The same row, or the same error, and the same notes; 1, 1.0 and True are three cells."""
    walked = repr(outcome(reader(names, rule, known, archives=archives), DealRowReader.walked, found))
    assert repr(outcome(reader(names, rule, known, archives=archives), DealRowReader.row, found)) == walked
    plain = plain_row(found, names, rule, NOW, known, archives=archives)
    assert plain is None or repr((plain, [])) == walked


@pytest.mark.parametrize("name", FIELDS)
def test_both_ways_give_the_same_whatever_one_field_holds(name: str) -> None:
    for value in VALUES:
        for status in ("open", "won", "lost"):
            for names, rule in zip(NAMES, RULES, strict=True):
                for archives in (False, True):
                    found = changed({**FULL, "status": status}, name, value)
                    alike(found, names, rule, KNOWN[archives], archives=archives)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(FIELDS), st.sampled_from(VALUES)), max_size=5),
    st.sampled_from(NAMES),
    st.sampled_from(RULES),
    st.sampled_from(KNOWN),
)
def test_both_ways_give_the_same_whatever_several_fields_hold(
    changes: list[tuple[str, Any]], names: PipedriveNames, rule: StallRule, known: Currencies
) -> None:
    found = FULL
    for name, value in changes:
        found = changed(found, name, value)
    alike(found, names, rule, known)


@pytest.mark.parametrize("found", [None, [], "text", 7, {}])
def test_what_is_no_deal_is_left_to_the_walk(found: Any) -> None:
    assert plain_row(found, NAMES[0], RULES[0], NOW, STANDARD, archives=False) is None


@pytest.mark.parametrize("name", PlainDeal.__struct_fields__)
def test_every_field_of_a_wrong_type_is_left_to_the_walk(name: str) -> None:
    found = plain_row({**FULL, name: [7]}, NAMES[0], RULES[0], NOW, STANDARD, archives=False)
    assert (found is not None) == (name == "next_activity_id"), "of which only its being there counts"


def test_a_documented_deal_is_decoded_and_not_walked() -> None:
    for status in ("open", "won", "lost"):
        found = {**FULL, "status": status}
        assert plain_row(found, NAMES[0], RULES[0], NOW, STANDARD, archives=False) is not None
        assert plain_row(deal(7), NAMES[0], RULES[0], NOW, STANDARD, archives=False) is not None
