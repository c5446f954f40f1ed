"""Money is an integer count of minor units with its currency; absent money is None, never 0."""

from dataclasses import dataclass

# ISO 4217, the currencies whose minor unit is not a hundredth: https://www.six-group.com/en/products-services/financial-information/data-standards.html
_EXPONENTS = {
    code: digits
    for digits, codes in {
        0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
        3: "BHD IQD JOD KWD LYD OMR TND",
        4: "CLF UYW",
    }.items()
    for code in codes.split()
}


def exponent(currency: str) -> int:
    """Digits after the decimal point of `currency` (JPY 0, EUR 2, KWD 3, CLF 4)."""
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """`amount` in minor units of `currency` (ISO 4217 alphabetic code)."""

    amount: int
    currency: str


def from_hundredths(hundredths: int, currency: str) -> tuple[int, int]:
    """A service's cents in the currency's own minor units, and the remainder that does not fit (in hundredths).

    A service may write every amount in hundredths, also of a currency that has none.
    """
    digits = exponent(currency)
    if digits >= 2:
        return hundredths * 10 ** (digits - 2), 0
    unit: int = 10 ** (2 - digits)
    amount = abs(hundredths) // unit * (1 if hundredths >= 0 else -1)
    return amount, hundredths - amount * unit
