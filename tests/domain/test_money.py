import pytest

from worker.domain.digest.csv import major
from worker.domain.money import exponent, from_hundredths


@pytest.mark.parametrize(
    ("currency", "digits"), [("JPY", 0), ("EUR", 2), ("KWD", 3), ("CLF", 4), ("UYW", 4), ("UYI", 0)]
)
def test_a_currency_has_the_digits_of_iso_4217(currency: str, digits: int) -> None:
    assert exponent(currency) == digits


def test_hundredths_of_a_finer_currency_lose_nothing() -> None:
    assert from_hundredths(12_345, "CLF") == (1_234_500, 0)
    assert major(1_234_567, "CLF") == "123.4567"
