import string
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.domain.money import Money, custom
from worker.rendering.wording import Wording, needs_cents

EN = Wording("en_GB", "Europe/Berlin", 2026)
DE = Wording("de-DE", "Europe/Berlin", 2026)


@pytest.mark.parametrize(
    ("amount", "currency", "signed", "english", "german"),
    [
        (8_620_000, "EUR", False, "€86,200", "86.200\u00a0€"),
        (8_620_000, "EUR", True, "+\u2060€86,200", "+\u206086.200\u00a0€"),
        (-8_620_050, "EUR", True, "−\u2060€86,200.50", "−\u206086.200,50\u00a0€"),
        (-100, "EUR", False, "−\u2060€1", "−\u20601\u00a0€"),
        (0, "EUR", True, "€0", "0\u00a0€"),
        (4_500_000, "JPY", False, "JP¥4,500,000", "4.500.000\u00a0¥"),
        (1_500, "KWD", False, "KWD\u00a01.500", "1,500\u00a0KWD"),
        (None, "EUR", True, "–", "–"),
    ],
)
def test_money_in_two_languages(amount: int | None, currency: str, signed: bool, english: str, german: str) -> None:
    assert EN.money(amount, currency, signed) == english
    assert DE.money(amount, currency, signed) == german


def test_a_headline_never_says_zero_of_an_amount_that_is_none() -> None:
    bitcoin = custom("9_2", 8, "BTC")
    assert EN.whole(50_000_000, bitcoin) == "BTC\u00a00.50000000"
    assert EN.whole(2_467, "KWD") == "KWD\u00a02.467"
    assert EN.whole(-40, "EUR", signed=True) == "−\u2060€0.40"
    assert (EN.whole(0, "EUR"), EN.whole(149, "EUR"), EN.whole(24_670, "KWD")) == ("€0", "€1", "KWD\u00a025")


def test_a_bridge_with_cents_anywhere_has_cents_everywhere() -> None:
    assert needs_cents([100, None, 101], "EUR")
    assert not needs_cents([100, 0, None], "EUR")
    assert not needs_cents([101], "JPY")
    assert EN.money(100, "EUR", cents=True) == "€1.00"
    assert EN.whole(149, "EUR") == "€1"


@given(st.integers(-(10**14), 10**14), st.sampled_from(["EUR", "USD", "JPY", "KWD"]))
@settings(max_examples=80)
def test_money_is_printed_to_the_last_minor_unit(amount: int, currency: str) -> None:
    text = EN.money(amount, currency, cents=True)
    digits = "".join(c for c in text if c in string.digits or c == ".")
    exponent = {"JPY": 0, "KWD": 3}.get(currency, 2)
    assert Decimal(digits) * 10**exponent == abs(amount)
    assert text.startswith("−\u2060") == (amount < 0)


def test_currencies_are_put_side_by_side() -> None:
    assert EN.sum([Money(100, "EUR"), Money(250, "USD")]) == "€1, US$2.50"
    assert EN.sum([]) == "–"


def test_percent_and_points() -> None:
    assert EN.percent(0.0719, 1, signed=True) == "+\u20607.2%"
    assert DE.percent(0.54) == "54\u00a0%"
    assert EN.percent(None) == "–"
    assert EN.percent(0.0) == "0%"
    assert EN.points(0.06) == "+\u20606"
    assert EN.points(-0.12) == "−\u206012"
    assert EN.points(0.001) == "="
    assert EN.points(None) == "–"


@pytest.mark.parametrize("locale", ["en_IN", "hi_IN"])
def test_money_is_grouped_as_counts_are_in_india(locale: str) -> None:
    india = Wording(locale, "Asia/Kolkata", 2026)
    assert india.count(1_234_567) == "12,34,567"
    assert india.money(123_456_789, "INR") == "₹12,34,567.89"
    assert india.money(123_456_789_00, "INR") == "₹12,34,56,789"
