"""Numbers, money and shares in a reader's locale, by Babel's CLDR data.

U+2212 is the minus sign. U+2060 prevents a line break between a sign and its amount.
"""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal

from babel.core import Locale
from babel.numbers import format_decimal, get_currency_symbol

from worker.domain.money import Money, exponent, label_of
from worker.sanitize import clean

MINUS = "\u2212"
JOIN = "\u2060"
NBSP = "\u00a0"
NONE = "–"


class Numbers:
    def __init__(self, locale: Locale) -> None:
        self._locale = locale
        self._grouping = _grouping(locale.decimal_formats[None].pattern)
        self._grouping_of_money = _grouping(locale.currency_formats["standard"].pattern)

    def count(self, n: int) -> str:
        """A whole number in the locale: "1,274"."""
        return _minus(format_decimal(n, locale=self._locale))

    def money(self, amount: int | None, currency: str, signed: bool = False, cents: bool | None = None) -> str:
        """`amount` in minor units. `cents` None: printed if there are any; False rounds to whole units.

        `signed` puts + or U+2212 before every amount except zero; a negative amount has its minus in any case.
        """
        if amount is None:
            return NONE
        digits = exponent(currency)
        if cents is None:
            cents = needs_cents([amount], currency)
        shown = digits if cents else 0
        value = (Decimal(abs(amount)) / 10**digits).quantize(Decimal(1).scaleb(-shown), ROUND_HALF_EVEN)
        number = format_decimal(value, _places(self._grouping_of_money, shown), locale=self._locale)
        return _sign(Decimal(amount), signed) + self._with_symbol(number, currency)

    def whole(self, amount: int | None, currency: str, signed: bool = False) -> str:
        """The form for headlines: whole units, except for an amount that rounding would almost remove."""
        return self.money(amount, currency, signed, cents=amount is not None and _is_small(amount, currency))

    def sum(self, totals: Iterable[Money], cents: bool | None = None) -> str:
        """The sums of several currencies side by side, never added up; a dash if there are none."""
        return ", ".join(self.money(m.amount, m.currency, cents=cents) for m in totals) or NONE

    def currency(self, currency: str) -> str:
        """The name of a currency that is printed without an amount: its code, or the label of a custom one."""
        return _code(currency)

    def decimal(self, value: float) -> str:
        """A number that is not a count, in the format of the locale."""
        return _minus(format_decimal(value, locale=self._locale))

    def percent(self, fraction: float | None, digits: int = 0, signed: bool = False) -> str:
        """A fraction 0..1; None is a dash, never 0 %."""
        if fraction is None:
            return NONE
        value = _rounded(fraction * 100, digits)
        gap = NBSP if self._locale.percent_formats[None].pattern.endswith(f"{NBSP}%") else ""
        number = format_decimal(abs(value), _places(self._grouping, digits), locale=self._locale)
        return f"{_sign(value, signed)}{number}{gap}%"

    def points(self, difference: float | None, digits: int = 0) -> str:
        """A difference of two fractions in percentage points, always signed: "+6", "−12", "="."""
        if difference is None:
            return NONE
        value = _rounded(difference * 100, digits)
        if value == 0:
            return "="
        number = format_decimal(abs(value), _places(self._grouping, digits), locale=self._locale)
        return _sign(value, True) + number

    def _with_symbol(self, number: str, currency: str) -> str:
        symbol = get_currency_symbol(_code(currency), locale=self._locale)
        pattern = self._locale.currency_formats["standard"].pattern.split(";")[0]
        if symbol[-1:].isalpha() and pattern.startswith("¤"):
            symbol += NBSP
        placed = re.sub(r"[#0.,]+", lambda _: number, pattern, count=1).replace("¤", symbol)
        return placed.replace(NBSP * 2, NBSP).replace("\u200e", "").replace("\u200f", "")


def needs_cents(amounts: Iterable[int | None], currency: str) -> bool:
    """Whether any of these amounts of one currency has minor units. Then all must be printed with them, to add up."""
    unit = 10 ** exponent(currency)
    return any(amount is not None and amount % unit for amount in amounts)


def as_printed(fraction: float, digits: int) -> float:
    """A share, rounded as `Numbers.percent` prints it."""
    return float(_rounded(fraction * 100, digits) / 100)


def whole_units(amount: int, currency: str) -> int:
    """An amount in minor units, rounded to whole units as `Numbers.money` prints them without cents."""
    unit: int = 10 ** exponent(currency)
    return int((Decimal(amount) / unit).to_integral_value(ROUND_HALF_EVEN)) * unit


def _is_small(amount: int, currency: str) -> bool:
    """Whether the amount is not a whole number of units and is under one; under ten if a unit has more than a hundred
    parts.
    """
    digits = exponent(currency)
    unit: int = 10**digits
    return amount % unit != 0 and abs(amount) < unit * (10 if digits > 2 else 1)


def _grouping(pattern: str) -> str:
    """The whole part of a CLDR pattern, which says how digits are grouped: "#,##,##0" in India."""
    found = re.search(r"[#,0]*0", pattern)
    return found[0] if found else "#,##0"


def _places(grouping: str, digits: int) -> str:
    return f"{grouping}.{'0' * digits}" if digits else grouping


def _sign(value: Decimal, signed: bool) -> str:
    if value < 0:
        return MINUS + JOIN
    return "+" + JOIN if signed and value > 0 else ""


def _code(currency: str) -> str:
    """An unknown currency is printed as received, but cleaned and shortened."""
    return clean(label_of(currency), 20 if label_of(currency) != currency else 8) or "?"


def _minus(text: str) -> str:
    return text.replace("-", MINUS)


def _rounded(value: float, digits: int) -> Decimal:
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
