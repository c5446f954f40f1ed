"""The condition of an entry, asked about rows."""

from typing import Any

from tests.support.fakes import Least
from worker.domain.snapshot.record import Record
from worker.flow.run.conditions import condition_of, holds_of

EXPRESSIONS: Any = Least()


def test_a_condition_is_asked_about_a_row_in_its_own_words() -> None:
    holds = holds_of(condition_of(EXPRESSIONS, "1000"))
    assert holds is not None
    rows = [Record("a", {"value": value, "currency": "EUR"}) for value in (100_000_000, 900, None)]
    assert [holds(row) for row in rows] == [True, False, None]


def test_an_entry_without_a_condition_asks_nothing() -> None:
    assert holds_of(None) is None
