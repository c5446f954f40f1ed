"""What a list's parameters say of a row: what can be checked, what belongs to the selection, what is opaque."""

from datetime import timedelta
from typing import Any

import pytest

from tests.domain.builders import THIS_WEEK, deal, ms
from worker.domain.snapshot.opportunity import COLUMNS
from worker.domain.snapshot.record import Record, record
from worker.domain.snapshot.scope import Scope
from worker.domain.snapshot.snapshot import Cell
from worker.sources.close.conditions import conditions


def rules(**params: Any) -> Scope:
    return conditions(params)


def row(**cells: Cell) -> Record:
    return record([column.name for column in COLUMNS], deal("a", **cells))  # type: ignore[arg-type]


def test_order_fields_and_slices_are_no_conditions() -> None:
    assert rules(_order_by="-value", _fields="id", _limit=10, organization_id="orga_1") == Scope()


@pytest.mark.parametrize("name", ["query", "lead_query", "lead_saved_search_id", "date_won", "anything_else"])
def test_what_a_row_cannot_tell_is_opaque(name: str) -> None:
    assert rules(**{name: "x"}).opaque


@pytest.mark.parametrize("value", ["last-week", "2026-11-01", "not a date", 7])
def test_a_date_that_needs_a_zone_or_a_window_is_opaque(value: object) -> None:
    found = rules(date_updated__gte=value)
    assert (found.opaque, found.within) == (True, ())


@pytest.mark.parametrize(
    ("operator", "inside", "outside"), [("gte", 0, -1), ("gt", 1, 0), ("lte", 0, 1), ("lt", -1, 0)]
)
def test_a_date_with_an_offset_is_compared_to_the_millisecond(operator: str, inside: int, outside: int) -> None:
    found = rules(**{f"date_created__{operator}": THIS_WEEK.isoformat()})
    assert found.outside(row(created_at=ms(THIS_WEEK + timedelta(milliseconds=inside)))) is None
    assert found.outside(row(created_at=ms(THIS_WEEK + timedelta(milliseconds=outside)))) == "created"
    assert found.outside(row(created_at=None)) is None


@pytest.mark.parametrize("users", ["user_ann,user_bo", ["user_ann", "user_bo"], " user_ann , user_bo "])
def test_a_list_of_owners_is_a_list_or_text_with_commas(users: object) -> None:
    found = rules(user_id__in=users)
    assert found.outside(row(owner_id="user_bo")) is None
    assert found.outside(row(owner_id="user_cleo")) == "reassigned"
    assert found.outside(row(owner_id=None)) == "reassigned"


def test_a_pipeline_the_service_does_not_name_is_not_another_one() -> None:
    found = rules(pipeline="pipe_sales")
    assert found.outside(row(pipeline_id="pipe_partners")) == "pipeline"
    assert found.outside(row(pipeline_id=None)) is None


def test_an_owner_outside_explains_before_anything_else() -> None:
    found = rules(pipeline="pipe_sales", lead_id="lead_a", user_id="user_ann")
    assert found.outside(row(pipeline_id="pipe_partners", owner_id="user_bo", lead_id="lead_z")) == "reassigned"
    assert found.outside(row(lead_id="lead_z")) == "lead"


@pytest.mark.parametrize(
    ("params", "cells", "word"),
    [
        ({"status_id": "stat_demo"}, {"stage_id": "stat_offer"}, "stage"),
        ({"status_id__in": "stat_demo,stat_offer"}, {"stage_id": "stat_offer"}, None),
        ({"status_label": "Demo"}, {"stage": "Offer"}, "stage"),
        ({"status_type": "active"}, {"status": "won"}, "status"),
        ({"status_type": "active"}, {"status": "open"}, None),
        ({"status_type__in": ["active", "won"]}, {"status": "won"}, None),
    ],
)
def test_stages_and_statuses_select_and_are_no_scope(
    params: dict[str, object], cells: dict[str, Cell], word: str | None
) -> None:
    found = rules(**params)
    assert found.unselected(row(**cells)) == word
    assert found.outside(row(**cells)) is None
    assert not found.opaque


@pytest.mark.parametrize(
    ("said", "meant"), [(True, True), ("true", True), (False, False), ("False", False), (None, None), ("maybe", None)]
)
def test_stalling_is_asked_for_in_yaml_or_as_text(said: object, meant: bool | None) -> None:
    assert rules(is_stalled=said).stalled is meant


@pytest.mark.parametrize(
    ("params", "statuses"),
    [
        ({"status_type": "active"}, {"open"}),
        ({"status_type__in": ["won", "lost"]}, {"won", "lost"}),
        ({"status_id": "stat_demo"}, set()),
        ({}, set()),
    ],
)
def test_a_list_says_of_which_statuses_it_is_where_it_can_know(params: dict[str, Any], statuses: set[str]) -> None:
    assert rules(**params).statuses == statuses
