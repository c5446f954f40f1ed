"""A currency that an account made up carries its digits and its name along."""

import pytest
from babel.core import Locale

from worker.domain.digest.csv import as_csv, major
from worker.domain.money import code_of, custom, exponent, label_of
from worker.domain.snapshot.snapshot import Column, Kind, Row, table
from worker.rendering.numbers import Numbers

SEATS, COIN = custom("5_7", 0, "seats"), custom("9_2", 8, "a:b")


@pytest.mark.parametrize(
    ("currency", "digits", "code", "label"),
    [(SEATS, 0, "5_7", "seats"), (COIN, 8, "9_2", "a:b"), ("EUR", 2, "EUR", "EUR"), ("a:b:c", 2, "a:b:c", "a:b:c")],
)
def test_digits_code_and_label_are_those_it_was_made_of(currency: str, digits: int, code: str, label: str) -> None:
    assert (exponent(currency), code_of(currency), label_of(currency)) == (digits, code, label)


def test_an_amount_is_printed_with_the_label_and_its_own_digits() -> None:
    numbers = Numbers(Locale.parse("en_GB"))
    assert numbers.money(500, SEATS) == "seats\u00a0500"
    assert numbers.money(12_345_678, custom("9_2", 8, "BTC")) == "BTC\u00a00.12345678"


def test_a_spreadsheet_gets_major_units_and_the_label() -> None:
    assert major(12_345_678, COIN) == "0.12345678"
    columns = (Column("value", Kind.MONEY), Column("currency", Kind.TEXT))
    rows = table("t", columns, [Row("1", (500, SEATS))])
    assert as_csv(rows, {}).decode("utf-8-sig").splitlines() == ["id,value,currency", "1,500,seats"]
