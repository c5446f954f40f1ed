"""A currency that an account made up carries its digits and its name along."""

import pytest
from babel.core import Locale

from tests.domain.builders import LAST_WEEK, answer, deal
from worker.domain.diff.bridge import balance
from worker.domain.diff.changes import query_change
from worker.domain.digest.csv import as_csv, major
from worker.domain.money import code_of, custom, exponent, label_of
from worker.domain.snapshot.currencies import written_as_in
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.scope import Scope
from worker.domain.snapshot.snapshot import Column, Kind, Measure, Row, table
from worker.rendering.numbers import Numbers

SEATS, COIN = custom("5_7", 0, "seats"), custom("9_2", 8, "a:b")
SCOPE = Scope()


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


def test_another_label_of_one_currency_is_no_change() -> None:
    before = answer(
        [deal("a", 500, currency=SEATS), deal("b")],
        at=LAST_WEEK,
        followed=[deal("c", 7, currency=SEATS)],
        measures=(Measure(("total", "value_5_7"), Kind.MONEY, 500, SEATS),),
    )
    renamed = custom("5_7", 0, "chairs")
    after = answer(
        [deal("a", 500, currency=renamed), deal("b")],
        followed=[deal("c", 7, currency=renamed)],
        measures=(Measure(("total", "value_5_7"), Kind.MONEY, 500, renamed),),
    )
    assert query_change(before, after), "as they are stored, they differ"
    same = written_as_in(before, after)
    assert not query_change(same, after)
    assert not balance(same, after, SCOPE).steps
    assert same.followed == after.followed


def test_more_digits_of_one_currency_are_no_change_and_fewer_only_where_nothing_is_lost() -> None:
    two, four = custom("5_7", 2, "seats"), custom("5_7", 4, "seats")
    coarse, fine = answer([deal("a", 150, currency=two)]), answer([deal("a", 15_000, currency=four)])
    assert written_as_in(coarse, fine).tables == fine.tables
    assert written_as_in(fine, coarse).tables == coarse.tables
    odd = answer([deal("a", 15_001, currency=four)])
    assert written_as_in(odd, coarse) == odd, "told as a conversion, since an amount would lose digits"


def test_other_currencies_stay_as_they_are() -> None:
    before, after = answer([deal("a", currency=SEATS)]), answer([deal("a", currency=COIN), deal("b")])
    assert written_as_in(before, after) is before
    (converted,) = {step.move for step in balance(before, after, SCOPE).steps if step.key == "a"} - {Move.CONVERTED_OUT}
    assert converted is Move.CONVERTED_IN


def test_a_deal_without_a_value_has_its_currency_renamed_too() -> None:
    before = answer([deal("a", None, currency=SEATS)])
    after = answer([deal("a", None, currency=custom("5_7", 0, "chairs"))])
    assert written_as_in(before, after).tables == after.tables
