"""Numbers, money, dates and our own words in a reader's language, by Babel's CLDR data; names are cleaned.

Numbers and dates follow any locale that Babel knows. Our own words exist in English and German, and in the languages
that a project adds; all other locales get English.
U+2212 is the minus sign. U+2060 prevents a line break between a sign and its amount, U+00A0 between a number and its
noun.
"""

from collections.abc import Mapping
from types import MappingProxyType
from zoneinfo import ZoneInfo

from worker.domain.reason import SENTENCES, Reason
from worker.locales import locale_named
from worker.rendering import words_de, words_en
from worker.rendering.labels import Labels, direction
from worker.rendering.measures import Measures
from worker.rendering.numbers import JOIN, MINUS, NBSP, NONE, Numbers, needs_cents
from worker.rendering.phrases import Phrases
from worker.rendering.reason_words_en import key_of
from worker.rendering.row_names import RowNames
from worker.rendering.times import Times
from worker.sanitize import NAME_LIMIT, clean, isolate, visible

__all__ = ["JOIN", "MINUS", "NBSP", "NONE", "Wording", "direction", "needs_cents"]

ENGLISH = "en"
ENGLISH_WORDS: Mapping[str, str] = words_en.WORDS
"""The keys of all our own words."""

ENGLISH_PLURAL = locale_named(ENGLISH).plural_form
_LANGUAGES: Mapping[str, Mapping[str, str]] = {ENGLISH: ENGLISH_WORDS, "de": words_de.WORDS}
SHIPPED = frozenset(_LANGUAGES)
"""The languages that Funnelbeat ships."""

_NO_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType({})


class Wording:
    """`locale` as "en_GB" or "en-GB"; `zone` an IANA name. `year`: dates of this year are printed without it; None:
    every date has its year. `services`: words that only services have, language → key → text. `own`: those of the
    project, which have precedence. Templates see all of it as `w`.

    Raises ValueError, with the value that was found, for a locale or zone that does not exist.
    """

    def __init__(
        self,
        locale: str,
        zone: str,
        year: int | None = None,
        services: Mapping[str, Mapping[str, str]] = _NO_WORDS,
        own: Mapping[str, Mapping[str, str]] = _NO_WORDS,
    ) -> None:
        place, own_zone = locale_named(locale), _zone(zone)
        known = place.language in _LANGUAGES or place.language in own
        self.language = place.language if known else ENGLISH
        english = services.get(ENGLISH, {})
        shipped = {**services.get(self.language, english), **_LANGUAGES.get(self.language, ENGLISH_WORDS)}
        words = {**shipped, **own.get(self.language, {})}
        self._words, self._services, self._place = words, services, (locale, zone, year)
        numbers = Numbers(place)
        phrases = Phrases(words, numbers.count, place.plural_form if known else ENGLISH_PLURAL)
        times = Times(place, own_zone, year, phrases)
        labels = Labels(words, english, phrases)
        measures = Measures(numbers, times, phrases)
        self.pattern, self.say, self.knows = phrases.pattern, phrases.say, phrases.knows
        self.deals, self.days, self.more = phrases.deals, phrases.days, phrases.more
        self.move_label, self.move_counted, self.detail = labels.move_label, labels.move_counted, labels.detail
        self.metric_label, self.query_label = labels.metric_label, labels.query_label
        self.next_step, self.stall_reason = labels.next_step, labels.stall_reason
        self.service_word = labels.service_word
        self.count, self.percent, self.points = numbers.count, numbers.percent, numbers.points
        self.money, self.whole, self.sum = numbers.money, numbers.whole, numbers.sum
        self.currency = numbers.currency
        self.date, self.day, self.clock, self.time = times.date, times.day, times.clock, times.time
        self.weekday, self.month = times.weekday, times.month
        self.wall_times, self.wall_span, self.zone = times.wall_times, times.wall_span, times.zone
        self.local_day, self.local_date = times.local_day, times.local_date
        self.stamp, self.span = times.stamp, times.span
        self.duration, self.since_days, self.brief = times.duration, times.since_days, times.brief
        self.every, self.per, self.listed = times.every, times.per, times.listed
        self.row_name = RowNames(words, place, times).row_name
        self.measure, self.difference, self.cell = measures.measure, measures.difference, measures.cell

    def said_of(self, prefix: str) -> "Wording":
        """With a service's own words instead of ours: "rotting.newly" for "newly". Unchanged if it has none."""
        if not prefix:
            return self
        own = {
            key.removeprefix(f"{prefix}."): text for key, text in self._words.items() if key.startswith(f"{prefix}.")
        }
        return Wording(*self._place, services=self._services, own={self.language: {**self._words, **own}})

    def reason(self, reason: Reason | None) -> str:
        """Why something was or was not sent, run or fetched, in a sentence; "" for no reason."""
        return "" if reason is None else self.say(key_of(reason))

    def sentence(self, text: str) -> str:
        """A text from a record, with our own sentences for reasons in this language. Records hold them in English."""
        for reason, stored in SENTENCES.items():
            if stored in text:
                text = text.replace(stored, self.reason(reason))
        return text

    def clean(self, name: str | None, limit: int = NAME_LIMIT) -> str:
        """An external text on one line: without control, format, bidi override or surrogate characters, at most `limit`
        characters (the last one an ellipsis).
        """
        return clean(name or "", limit)

    def named(self, name: str | None, otherwise: str) -> str:
        """A name as `clean`; `otherwise` if the result would be invisible."""
        return clean(name) if name is not None and visible(name) else otherwise

    def isolate(self, name: str | None) -> str:
        """As `clean`, for plain text: right-to-left names are between U+2068 and U+2069, so that they do not reorder
        other text.
        """
        return isolate(name or "")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        raise ValueError(f"found the timezone {name!r}, expected one like Europe/Berlin") from error
