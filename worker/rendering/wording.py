"""Numbers, money, dates and our words in a reader's language, by Babel's CLDR data; names made harmless.

Numbers and dates follow any locale Babel knows; our own words exist in English and German, other languages get English.
U+2212 is the minus, U+2060 holds a sign to its amount, U+00A0 a number to its noun: a line never breaks between them.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from datetime import date as calendar_date
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_interval, format_skeleton, format_time, get_timezone_name
from babel.numbers import format_compact_currency, format_decimal, get_currency_symbol

from worker.domain.money import Money, exponent
from worker.domain.snapshot.opportunity import INWARD, Move
from worker.domain.snapshot.snapshot import Cell, Column, Kind
from worker.domain.time.window import Window
from worker.rendering import words_de, words_en
from worker.rendering.phrases import filled
from worker.sanitize import NAME_LIMIT, clean, isolate

MINUS = "\u2212"
JOIN = "\u2060"
NBSP = "\u00a0"
NONE = "–"
_LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": words_en.WORDS, "de": words_de.WORDS}

_SERVICE = {text: key for key, text in words_en.WORDS.items() if key.startswith("service.") and text}
"""Sources may word a code before it is stored: the way back from English."""


class Wording:
    """`locale` as "en_GB" or "en-GB", `zone` an IANA name. `year` needs no mention in dates; None: every year is said.

    Raises ValueError, with what was found, for a locale or zone that does not exist.
    """

    def __init__(self, locale: str, zone: str, year: int | None = None) -> None:
        try:
            self._locale = Locale.parse(locale.replace("-", "_"))
        except (UnknownLocaleError, ValueError, TypeError) as error:
            raise ValueError(f"found the locale {locale!r}, expected one like en_GB or de_DE") from error
        try:
            self._zone = ZoneInfo(zone)
        except (LookupError, ValueError, OSError) as error:
            raise ValueError(f"found the timezone {zone!r}, expected one like Europe/Berlin") from error
        self._words = _LANGUAGES.get(self._locale.language, words_en.WORDS)
        self._year = year

    @property
    def language(self) -> str:
        """The language of our words, for `lang=`: "en" or "de"."""
        return self._locale.language if self._locale.language in _LANGUAGES else "en"

    # words

    def pattern(self, key: str, n: int | None = None) -> str:
        """A phrase with its {places} still open; with `n` the plural form. Raises KeyError."""
        if n is not None and f"{key}.other" in self._words:
            key = f"{key}.one" if n == 1 else f"{key}.other"
        return self._words[key]

    def say(self, key: str, n: int | None = None, **values: object) -> str:
        """A phrase with its places filled; `n` chooses the plural and fills {n}. Raises KeyError for an unknown phrase,
        LookupError for a place without a value.
        """
        places = values if n is None else {"n": self.count(n), **values}
        return filled(self.pattern(key, n), {name: str(value) for name, value in places.items()})

    def deals(self, n: int) -> str:
        return self.say("deals", n)

    def days(self, n: int) -> str:
        return self.say("days", n)

    def more(self, n: int) -> str:
        return self.say("more", n)

    def move_label(self, move: Move) -> str:
        """The name of a bridge row."""
        return self._words[f"move.{Move(move).value}"]

    def move_counted(self, move: Move, n: int) -> str:
        """As in "6 new deals" or "4 won"."""
        return self.say(f"counted.{Move(move).value}", n)

    def detail(self, detail: str) -> str:
        """Why a deal joined or left; a detail without words of ours says nothing."""
        return self._words.get(f"detail.{detail}", "")

    def metric_label(self, name: str) -> str:
        """A service's metric in words: "count_total_won" → "Won"; an unknown one loses its underscores only."""
        words = self._words.get(f"metric.{name}") or _plain_words(self.clean(name))
        return words[:1].upper() + words[1:]

    def query_label(self, name: str) -> str:
        known = self._words.get(f"query.{name}")
        return known if known is not None else _plain_words(self.clean(name))

    def service_word(self, text: str | None) -> str:
        """A service's next step or reason of a stall, as its code ("follow_up_call") or in our English words ("Call"),
        in this language; other text as it is, cleaned.
        """
        if text is None:
            return ""
        known = self._words.get(_SERVICE.get(text, f"service.{text}"))
        return known if known is not None else _plain_words(self.clean(text))

    # numbers

    def count(self, n: int) -> str:
        return _minus(format_decimal(n, locale=self._locale))

    def money(self, amount: int | None, currency: str, signed: bool = False, cents: bool | None = None) -> str:
        """`amount` in minor units. `cents` None: shown when there are any; False rounds to whole units.

        `signed` puts + or U+2212 before anything but zero; a negative amount has its minus in any case.
        """
        if amount is None:
            return NONE
        digits = exponent(currency)
        if cents is None:
            cents = needs_cents([amount], currency)
        shown = digits if cents else 0
        value = (Decimal(abs(amount)) / 10**digits).quantize(Decimal(1).scaleb(-shown), ROUND_HALF_EVEN)
        number = format_decimal(value, "#,##0" + ("." + "0" * shown if shown else ""), locale=self._locale)
        return self._sign(amount, signed) + self._with_symbol(number, currency)

    def whole(self, amount: int | None, currency: str, signed: bool = False) -> str:
        """The headline's form: always whole units."""
        return self.money(amount, currency, signed, cents=False)

    def sum(self, totals: Iterable[Money], cents: bool | None = None) -> str:
        """Several currencies side by side, never added; nothing is a dash."""
        return ", ".join(self.money(m.amount, m.currency, cents=cents) for m in totals) or NONE

    def compact_money(self, amount: int | None, currency: str, signed: bool = False) -> str:
        """For charts: "€1.28M", "1,28 Mio. €"."""
        if amount is None:
            return NONE
        value = Decimal(abs(amount)) / 10 ** exponent(currency)
        text = format_compact_currency(value, _code(currency), locale=self._locale, fraction_digits=2)
        return self._sign(amount, signed) + text.replace(" ", NBSP)

    def percent(self, fraction: float | None, digits: int = 0, signed: bool = False) -> str:
        """A fraction 0..1; None is a dash, never 0 %."""
        if fraction is None:
            return NONE
        value = _rounded(fraction * 100, digits)
        places = "." + "0" * digits if digits else ""
        gap = NBSP if self._locale.percent_formats[None].pattern.endswith(f"{NBSP}%") else ""
        number = format_decimal(abs(value), "#,##0" + places, locale=self._locale)
        return f"{self._sign_of(value, signed)}{number}{gap}%"

    def points(self, difference: float | None, digits: int = 0) -> str:
        """A difference of two fractions in percentage points, always signed: "+6", "−12", "="."""
        if difference is None:
            return NONE
        value = _rounded(difference * 100, digits)
        if value == 0:
            return "="
        number = format_decimal(abs(value), "#,##0" + ("." + "0" * digits if digits else ""), locale=self._locale)
        return self._sign_of(value, True) + number

    def measure(self, value: Cell, kind: Kind, currency: str | None = None) -> str:
        """One value by its kind; null is a dash."""
        if value is None:
            return NONE
        if isinstance(value, bool):
            return "✓" if value else NONE
        return self._number(value, kind, currency) if isinstance(value, int | float) else self.clean(value)

    def difference(self, now: float | None, before: float | None, kind: Kind, currency: str | None = None) -> str:
        """How a measure moved, signed: money, points of a ratio, a count, a time; "=" for none, a dash if unknown."""
        if now is None or before is None:
            return NONE
        if kind is Kind.RATIO:
            points = self.points(now - before, 1)
            return points if points == "=" else self.say("points", points=points)
        delta = now - before
        if delta == 0:
            return "="
        if kind is Kind.MONEY:
            return self.money(round(delta), currency or "", signed=True, cents=_cents_matter(currency, now, before))
        text = self.duration(abs(delta)) if kind is Kind.SECONDS else format_decimal(abs(delta), locale=self._locale)
        return ("+" if delta > 0 else MINUS) + JOIN + text

    def cell(self, cell: Cell, column: Column, currency: str | None = None) -> str:
        """`currency`: of the row that the cell stands in."""
        return self.measure(cell, column.kind, currency)

    # time

    def date(self, instant: datetime) -> str:
        """As in "Mon 16 Nov"; the year only when it is another than the digest's."""
        return self._date(instant.astimezone(self._zone), "MMMEd", "yMMMEd")

    def day(self, instant: datetime) -> str:
        """As in "16 Nov"."""
        return self._date(instant.astimezone(self._zone), "MMMd", "yMMMd")

    def clock(self, instant: datetime) -> str:
        """As in "08:59:41", for a column whose head or neighbour names the zone."""
        return format_time(instant.astimezone(self._zone), "HH:mm:ss", locale=self._locale)

    def time(self, instant: datetime) -> str:
        """As in "09:00 CET"."""
        local = instant.astimezone(self._zone)
        return f"{format_time(local, 'HH:mm', locale=self._locale)} {self._zone_name(local)}"

    def stamp(self, instant: datetime) -> str:
        """As in "Mon 16 Nov, 09:00 CET"."""
        return f"{self.date(instant)}, {self.time(instant)}"

    def span(self, window: Window) -> str:
        """A window's days in its own zone, its last day included: "9–15 Nov"; with times where it cuts a day."""
        if window.name == "all-time":
            return self._words["window.all-time"]
        zone = ZoneInfo(window.zone)
        start, end = window.start.astimezone(zone), window.end.astimezone(zone)
        if _is_midnight(start) and (_is_midnight(end) or window.so_far):
            text = self._days(start.date(), (end - timedelta(microseconds=1)).date())
        else:
            text = f"{self._moment(start)} – {self._moment(end)} {self._zone_name(end)}"
        return self.say("window.so_far", span=text) if window.so_far else text

    def duration(self, seconds: float) -> str:
        """The one or two units that matter: "2 hours 5 minutes", "34 days"."""
        whole = round(abs(seconds))
        units = ((86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds"))
        for position, (size, name) in enumerate(units):
            if whole >= size or size == 1:
                big, rest = divmod(whole, size)
                text = self.say(name, big)
                small = rest // 60 if size == 3_600 else 0
                return f"{text} {self.say(units[position + 1][1], small)}" if small else text
        raise AssertionError(seconds)

    def since_days(self, start: datetime, end: datetime) -> int:
        """Whole days between two instants, by the reader's calendar."""
        return (end.astimezone(self._zone).date() - start.astimezone(self._zone).date()).days

    # names

    def clean(self, name: str | None, limit: int = NAME_LIMIT) -> str:
        """Somebody else's text on one line: no control, format, bidi override or surrogate characters, at most `limit`
        characters (the last an ellipsis).
        """
        return clean(name or "", limit)

    def isolate(self, name: str | None) -> str:
        """As `clean`, for plain text: right-to-left names in U+2068 and U+2069 so that they turn nothing else round."""
        return isolate(name or "")

    # parts

    def _number(self, value: float, kind: Kind, currency: str | None) -> str:
        if kind is Kind.MONEY:
            return self.money(round(value), currency or "", cents=_cents_matter(currency, value))
        if kind is Kind.RATIO:
            return self.percent(value, 1)
        if kind is Kind.SECONDS:
            return self.duration(value)
        if kind is Kind.INSTANT:
            return self.date(datetime.fromtimestamp(value / 1000, UTC))
        return _minus(format_decimal(value, locale=self._locale))

    def _sign(self, amount: int, signed: bool) -> str:
        return self._sign_of(Decimal(amount), signed)

    def _sign_of(self, value: Decimal, signed: bool) -> str:
        if value < 0:
            return MINUS + JOIN
        return "+" + JOIN if signed and value > 0 else ""

    def _with_symbol(self, number: str, currency: str) -> str:
        symbol = get_currency_symbol(_code(currency), locale=self._locale)
        pattern = self._locale.currency_formats["standard"].pattern.split(";")[0]
        if symbol[-1:].isalpha() and pattern.startswith("¤"):
            symbol += NBSP
        placed = re.sub(r"[#0.,]+", lambda _: number, pattern, count=1).replace("¤", symbol)
        return placed.replace(NBSP * 2, NBSP).replace("\u200e", "").replace("\u200f", "")

    def _date(self, local: datetime | calendar_date, short: str, long: str) -> str:
        skeleton = short if local.year == self._year else long
        return format_skeleton(skeleton, local, locale=self._locale).replace(", ", " ", 1 if "E" in skeleton else 0)

    def _days(self, first: calendar_date, last: calendar_date) -> str:
        skeleton = "MMMd" if first.year == last.year == self._year else "yMMMd"
        text = format_interval(first, last, skeleton, locale=self._locale)
        return text.replace("\u2009", "").replace("\u202f", NBSP)

    def _moment(self, local: datetime) -> str:
        return f"{self._date(local, 'MMMd', 'yMMMd')}, {format_time(local, 'HH:mm', locale=self._locale)}"

    def _zone_name(self, local: datetime) -> str:
        """CLDR's abbreviation where the locale has one (MEZ), else the zone's own (EST), else the offset (UTC+5:30)."""
        for name in (get_timezone_name(local, width="short", locale=self._locale), local.tzname() or ""):
            if name.isalpha() and len(name) <= 5:
                return name
        minutes = int((local.utcoffset() or timedelta()).total_seconds() // 60)
        hours, rest = divmod(abs(minutes), 60)
        return f"UTC{'+' if minutes >= 0 else MINUS}{hours}" + (f":{rest:02}" if rest else "")


def needs_cents(amounts: Iterable[int | None], currency: str) -> bool:
    """Whether any of these amounts of one currency has minor units to show: then all of them must, to add up."""
    unit = 10 ** exponent(currency)
    return any(amount is not None and amount % unit for amount in amounts)


def _cents_matter(currency: str | None, *amounts: float) -> bool | None:
    """A service's sums and averages are printed whole from a thousand units on."""
    large = any(abs(amount) >= 1_000 * 10 ** exponent(currency or "") for amount in amounts)
    return False if large else None


def direction(move: Move) -> int:
    """+1 for what adds to the closing, −1 for what takes away."""
    return 1 if move in INWARD else -1


def _code(currency: str) -> str:
    """An unknown currency is printed as it came, but harmless and short."""
    return clean(currency, 8) or "?"


def _plain_words(text: str) -> str:
    return text.replace("_", " ") if re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", text) else text


def _minus(text: str) -> str:
    return text.replace("-", MINUS)


def _rounded(value: float, digits: int) -> Decimal:
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)


def _is_midnight(local: datetime) -> bool:
    """A day starts at its first existing instant, so 01:00 is one too where midnight was skipped."""
    before = (local.astimezone(UTC) - timedelta(microseconds=1)).astimezone(local.tzinfo)
    return before.date() != local.date()
