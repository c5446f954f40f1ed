"""A value that an expression read becomes the cell that it was."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from worker.domain.snapshot.record import Record
from worker.domain.snapshot.snapshot import Cell, Column, Kind
from worker.domain.snapshot.values import cell_of, values


@pytest.mark.parametrize(
    ("kind", "cell", "currency"),
    [
        (Kind.MONEY, 5_200_050, "EUR"),
        (Kind.MONEY, 52_000, "JPY"),
        (Kind.MONEY, 1_234_567, "KWD"),
        (Kind.INT, 7, None),
        (Kind.RATIO, 0.1818, None),
        (Kind.INSTANT, 1_795_000_000_123, None),
        (Kind.DATE, "2026-12-11", None),
        (Kind.BOOL, True, None),
        (Kind.TEXT, "Demo", None),
        (Kind.TEXT, None, None),
    ],
)
def test_a_cell_comes_back(kind: Kind, cell: Cell, currency: str | None) -> None:
    row = Record("a", {"x": cell, "currency": currency})
    read = values(row, [Column("x", kind)], {"x"})["x"]
    assert cell_of(read, kind, currency) == cell


def test_an_average_of_amounts_keeps_its_fraction() -> None:
    assert cell_of(Decimal("10.005"), Kind.MONEY, "EUR") == 1000.5
    assert cell_of(datetime(2026, 12, 11, tzinfo=UTC), Kind.INSTANT, None) == 1_796_947_200_000
