"""Parses zones, durations, days of the year and locales.

Each function takes text. It raises ValueError with what to write, or TimeWordError, which also says what was found.
"""

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from worker.adapters.definitions.words import advice
from worker.adapters.definitions.zone_words import zone_advice
from worker.domain.time.duration import DAY, parse_duration
from worker.domain.time.periods import WEEKDAYS, calendar_of
from worker.domain.time.zones import day_start, first, written_zone, zone_named
from worker.locales import locale_named

_LOCALE = re.compile(r"[a-z]{2,3}(_[A-Z][a-z]{3})?(_([A-Z]{2}|[0-9]{3}))?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def zone(text: str) -> str:
    if text in _zones():
        written_zone(text)
        return text
    raise ValueError(zone_advice(text, _zones()))


def locale(text: str) -> str:
    """A locale that CLDR knows, so that messages can be rendered in it."""
    written = text.replace("-", "_")
    if not _LOCALE.fullmatch(written):
        raise ValueError("write language_TERRITORY such as en_GB or de_DE")
    try:
        locale_named(written)
    except ValueError:
        raise ValueError("write a locale that CLDR knows, such as en_GB or de_DE") from None
    if written != text:
        raise ValueError(f"write `{written}`")
    return text


def one_line(text: str) -> str:
    """Text for the head of messages, without line breaks and control characters."""
    if not _CONTROL.search(text):
        return text
    raise ValueError("write it on one line, without control characters")


def weekday(text: str) -> str:
    if text.lower() in WEEKDAYS:
        return text.lower()
    raise ValueError(advice(text, WEEKDAYS))


def day_of_year(text: str) -> str:
    """MM-DD, a day that every year has."""
    calendar_of("monday", text)
    return text


def seconds(text: str) -> int:
    """Seconds of a duration such as 90s, 30m or 1h30m, from 1s to 7d."""
    total = parse_duration(text)
    if not 0 < total <= 7 * DAY:
        raise ValueError("write a duration of at least 1s and at most 7d")
    return total


def instant(value: Any, zone_name: str) -> datetime:
    """An ISO date (its first instant in the zone) or date and time, as UTC. Without an offset it is wall time of the
    zone.
    """
    try:
        moment = datetime.fromisoformat(value)
        if len(value) <= len("2026-01-31"):
            return day_start(moment.date(), zone_named(zone_name))
        return first(moment, zone_named(zone_name)) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("write an instant between the years 1 and 9999, in UTC too") from None
    except (TypeError, ValueError):
        raise ValueError("write a date such as 2026-01-31, or a time such as 2026-01-31T09:00:00+01:00") from None
