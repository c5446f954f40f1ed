"""Public holidays, by country and part of the country."""

from collections.abc import Collection
from datetime import date
from typing import Protocol


class Holidays(Protocol):
    """Calendars are named by ISO 3166: a country (DE) or a part of one (DE-BE)."""

    def calendars(self, like: str) -> Collection[str]:
        """The calendars that `like` may name: every country, and the parts of the country that it begins with."""
        ...

    def name(self, calendar: str, day: date) -> str:
        """The holiday's name in English (in the country's own language where nobody translated it), empty for a day
        that is none, and for every day after `last_year`. Raises KeyError for a calendar that is not one of
        `calendars`.
        """
        ...

    def last_year(self, calendar: str) -> int:
        """The last year whose holidays are known. Raises KeyError as `name` does."""
        ...
