"""Public holidays from the library `holidays`, which computes those of some 250 countries and their parts.

https://holidays.readthedocs.io/
"""

from collections.abc import Collection
from datetime import date
from functools import lru_cache

import holidays

ENGLISH = "en_US"

_ENDS_SOONER = {"IN": 2035}
"""Calendars of which the library has only some holidays in its last years. It then warns on standard error at each
question (countries/india.py).
"""


class PublicHolidays:
    """Keeps worker.ports.Holidays. A calendar is made once, and fills in a year when it is first asked about it."""

    def calendars(self, like: str) -> Collection[str]:
        country = like.partition("-")[0]
        return frozenset(_countries()) | {f"{country}-{part}" for part in _countries().get(country, ())}

    def name(self, calendar: str, day: date) -> str:
        return (_calendar(calendar).get(day) or "") if day.year <= self.last_year(calendar) else ""

    def last_year(self, calendar: str) -> int:
        known = _calendar(calendar).end_year
        return min(known, _ENDS_SOONER.get(calendar.partition("-")[0], known))


@lru_cache(maxsize=1)
def _countries() -> dict[str, tuple[str, ...]]:
    """By ISO code; the library also lists longer codes and names of the same countries."""
    return {code: tuple(parts) for code, parts in holidays.list_supported_countries().items() if len(code) == 2}


@lru_cache(maxsize=256)
def _calendar(name: str) -> holidays.HolidayBase:
    country, _, part = name.partition("-")
    known = _countries()[country]
    if part and part not in known:
        raise KeyError(name)
    return holidays.country_holidays(country, subdiv=part or None, language=ENGLISH)
