"""What Pipedrive's parameters ask of a row, as far as a row can tell."""

from typing import Any

import pytest

from worker.domain.snapshot.record import Record
from worker.domain.snapshot.scope import Scope
from worker.sources.pipedrive import PIPEDRIVE

OPEN: dict[str, Any] = {"owner_id": "11", "pipeline_id": "1", "stage_id": "2", "status": "open", "stalled": False}


def conditions(query: str = "deals", **params: Any) -> Scope:
    return PIPEDRIVE.queries[query].conditions(params)


def row(**changes: Any) -> Record:
    return Record("7", OPEN | changes)


@pytest.mark.parametrize(
    ("params", "changes", "word"),
    [
        ({"pipeline_id": "1"}, {}, None),
        ({"pipeline_id": "1"}, {"pipeline_id": "2"}, "pipeline"),
        ({"pipeline_id": "1", "owner_id": "11"}, {"pipeline_id": "2", "owner_id": "12"}, "reassigned"),
        ({"pipeline_id": "1"}, {"status": "archived"}, "archived"),
        ({"id": "1", "user_id": "11"}, {"owner_id": "12"}, "reassigned"),
        ({"id": "1", "user_id": "11", "everyone": 1}, {"owner_id": "12"}, None),
        ({"id": "1", "everyone": 1}, {"pipeline_id": "3"}, "pipeline"),
        ({"filter_id": "1", "pipeline_id": "1"}, {"pipeline_id": "3"}, None),
    ],
)
def test_the_first_condition_that_a_row_is_outside_of(params: Any, changes: Any, word: str | None) -> None:
    assert conditions(**params).outside(row(**changes)) == word


@pytest.mark.parametrize(
    ("query", "params", "changes", "word"),
    [
        ("deals", {"status": ["open"]}, {"status": "won"}, "status"),
        ("deals", {"status": ["open", "won"]}, {"status": "won"}, None),
        ("deals", {}, {"status": "won"}, None),
        ("deals", {"stage_id": "2"}, {"stage_id": "3"}, "stage"),
        ("deals", {"id": "1", "everyone": 1}, {"status": "won"}, "status"),
        ("stalled_deals", {}, {"status": "lost"}, "status"),
    ],
)
def test_stage_and_status_belong_to_the_selection(query: str, params: Any, changes: Any, word: str | None) -> None:
    assert conditions(query, **params).unselected(row(**changes)) == word


@pytest.mark.parametrize(
    ("params", "opaque"),
    [
        ({"pipeline_id": "1", "status": ["open"], "sort_by": "id", "include_fields": ["notes_count"]}, False),
        ({"filter_id": "1"}, True),
        ({"id": "1", "filter_id": "1", "everyone": 1}, False),
        ({"id": "1", "filter_id": "1", "user_id": "11"}, False),
        ({"id": "1"}, True),
        ({"id": "1", "everyone": 0}, True),
        ({"person_id": "1"}, True),
        ({"updated_since": "last-week"}, True),
        ({"archived": True}, True),
    ],
)
def test_what_no_row_can_tell_is_opaque(params: Any, opaque: bool) -> None:
    assert conditions(**params).opaque is opaque


def test_the_stalled_list_selects_what_stalls() -> None:
    assert conditions("stalled_deals", rule="days_in_stage", days=3).stalled is True
    assert conditions("stalled_deals", rule="days_in_stage", days=3).opaque is False
    assert conditions("deals").stalled is None
    assert PIPEDRIVE.queries["stalled_deals"].traits({}).stalled


@pytest.mark.parametrize(
    ("query", "params", "statuses"),
    [
        ("deals", {}, {"open", "won", "lost"}),
        ("deals", {"status": ["won"]}, {"won"}),
        ("deals", {"status": "open,lost"}, {"open", "lost"}),
        ("deals", {"id": "1", "everyone": 1}, {"open"}),
        ("deals", {"archived": True, "owner_id": "11"}, {"archived"}),
        ("deals", {"filter_id": "3", "status": ["won"]}, set()),
        ("stalled_deals", {"rule": "no_next_activity"}, {"open"}),
    ],
)
def test_a_list_says_of_which_statuses_it_is(query: str, params: Any, statuses: set[str]) -> None:
    assert PIPEDRIVE.queries[query].traits(params).scope.statuses == statuses
