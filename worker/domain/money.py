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


def custom(code: str, digits: int, label: str) -> str:
    """A currency that ISO 4217 does not have, as one text. `code` is the service's own, `digits` the number of
    decimals, `label` the name that people use.
    """
    return f"{code}:{digits}:{label}"


def exponent(currency: str) -> int:
    """Digits after the decimal point of `currency` (JPY 0, EUR 2, KWD 3, CLF 4; a custom currency names its own)."""
    made_up = _parts(currency) if ":" in currency else None
    return _EXPONENTS.get(currency, 2) if made_up is None else int(made_up[1])


def code_of(currency: str) -> str:
    """The service's own code of a custom currency. Any other currency is its own code."""
    made_up = _parts(currency)
    return currency if made_up is None else made_up[0]


def label_of(currency: str) -> str:
    """The label of a custom currency. Any other currency is labelled with its code."""
    made_up = _parts(currency)
    return currency if made_up is None else made_up[2]


def _parts(currency: str) -> tuple[str, str, str] | None:
    code, _, rest = currency.partition(":")
    digits, mark, label = rest.partition(":")
    return (code, digits, label) if mark and digits.isascii() and digits.isdecimal() else None


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """`amount` in minor units of `currency` (ISO 4217 alphabetic code, or one made by `custom`)."""

    amount: int
    currency: str


def from_hundredths(hundredths: int, currency: str) -> tuple[int, int]:
    """A service's cents in minor units of the currency, and the remainder that does not fit, in hundredths.

    A service may write every amount in hundredths, even for a currency without decimals.
    """
    digits = exponent(currency)
    if digits >= 2:
        return hundredths * 10 ** (digits - 2), 0
    unit: int = 10 ** (2 - digits)
    amount = abs(hundredths) // unit * (1 if hundredths >= 0 else -1)
    return amount, hundredths - amount * unit
