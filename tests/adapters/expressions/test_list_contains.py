"""`event.changed.contains('x')` asks whether a list holds a text."""

import pytest

from worker.adapters.expressions.cel import CelExpressions
from worker.adapters.expressions.list_contains import with_list_contains
from worker.domain.source_event import VARIABLES, SourceEvent, values
from worker.errors import RequestError

EVENT = SourceEvent("ev_1", "opportunity", "updated", "oppo_1", ("status_id", "note's"))


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("event.changed.contains('status_id')", True),
        ("event.changed.contains('status')", False),
        ("!event.changed.contains('value') && event.changed.contains('status_id')", True),
        ('event.changed.contains("note\'s")', True),
        ("'status_id' in event.changed", True),
        ("event.key.contains('oppo')", True),
        ("event.action == 'created' || event.changed.contains('status_id')", True),
    ],
)
def test_a_filter_asks_for_whole_names(text: str, holds: bool) -> None:
    assert CelExpressions().condition(text, VARIABLES)(values(EVENT)) is holds


def test_columns_of_what_follows_stay() -> None:
    text = "event.changed.contains('a') && event.kay == 'b'"
    assert len(with_list_contains(text, VARIABLES)) == len(text)
    with pytest.raises(RequestError, match=r"character 38: event\.kay"):
        CelExpressions().condition(text, VARIABLES)


def test_figures_of_an_event_cannot_be_asked_for() -> None:
    with pytest.raises(RequestError, match=r"event.value, which is no column"):
        CelExpressions().condition("event.value > 5", VARIABLES)
