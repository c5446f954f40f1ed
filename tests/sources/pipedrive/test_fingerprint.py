"""Which two answers may be compared."""

from typing import Any

import pytest

from worker.domain.schedule import Follow, Query, Show
from worker.domain.time.window import WindowSpec
from worker.sources.pipedrive.fingerprint import fingerprint
from worker.sources.pipedrive.names import Me

ADA = Me("11", "Ada", "4711", "acme")
BEN = Me("12", "Ben", "4711", "acme")
ELSEWHERE = Me("11", "Ada", "4712", "other")


def item(query: str = "deals", window: str | None = None, **params: Any) -> Query:
    return Query("q", "p", query, window=WindowSpec(window) if window else None, params=params)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (item(status=["open"]), item(status="open")),
        (item(status=["open", "won"]), item(status=["won", "open"])),
        (item(sort_by="add_time", include_fields=["notes_count"]), item()),
        (
            item("movements", "last-week", id="1"),
            item("movements", id="1", start_date="2026-01-01", end_date="2026-01-02"),
        ),
        (
            item(pipeline_id="1"),
            Query("q", "p", "deals", params={"pipeline_id": "1"}, follow=Follow.CLOSED, show=Show("-value", 3)),
        ),
    ],
)
def test_the_same_question(one: Query, other: Query) -> None:
    assert fingerprint(ADA, one) == fingerprint(ADA, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (item(status=["open"]), item(status=["won"])),
        (item(pipeline_id="1"), item(owner_id="1")),
        (item("stalled_deals"), item()),
        (item("stalled_deals", rule="days_in_stage", days=5), item("stalled_deals", rule="days_in_stage", days=6)),
        (item(limit=5, sort_by="add_time"), item(limit=5, sort_by="id")),
        (item(archived=True), item()),
    ],
)
def test_another_question(one: Query, other: Query) -> None:
    assert fingerprint(ADA, one) != fingerprint(ADA, other)


def test_the_company_is_part_of_it_and_the_user_only_where_nobody_is_named() -> None:
    assert fingerprint(ADA, item()) == fingerprint(BEN, item())
    assert fingerprint(ADA, item()) != fingerprint(ELSEWHERE, item())
    for own in (item("conversion", id="1"), item("movements", id="1"), item(id="1")):
        assert fingerprint(ADA, own) != fingerprint(BEN, own)
    for named in (item("conversion", id="1", user_id=["all"]), item(id="1", everyone=1)):
        assert fingerprint(ADA, named) == fingerprint(BEN, named)
