"""Dates, times, windows and durations in a reader's locale and zone, by Babel's CLDR data. No line breaks inside a
date.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from datetime import date as calendar_date
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import (
    format_interval,
    format_skeleton,
    format_time,
    get_day_names,
    get_month_names,
    get_timezone_location,
    get_timezone_name,
)

from worker.domain.time.window import Window
from worker.rendering.numbers import MINUS, NBSP
from worker.rendering.phrases import Phrases

TEN_DAYS = 864_000
"""Seconds from which on a duration in days has no hours."""

UNITS = ((86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds"))


class Times:
    """`year`: dates of this year are printed without it; None: every date has its year."""

    def __init__(self, locale: Locale, zone: ZoneInfo, year: int | None, phrases: Phrases) -> None:
        self._locale = locale
        self._zone = zone
        self._year = year
        self._say = phrases.say

    def date(self, instant: datetime) -> str:
        """As in "Mon 16 Nov"; with the year only if it is not the digest's."""
        return self._date(instant.astimezone(self._zone), "MMMEd", "yMMMEd")

    def day(self, instant: datetime) -> str:
        """As in "16 Nov"."""
        return self._date(instant.astimezone(self._zone), "MMMd", "yMMMd")

    def local_day(self, day: calendar_date) -> str:
        """As `day`, for a date without a zone."""
        return self._date(day, "MMMd", "yMMMd")

    def local_date(self, day: calendar_date) -> str:
        """As `date`, for a date without a zone."""
        return self._date(day, "MMMEd", "yMMMEd")

    def weekday(self, number: int) -> str:
        """As in "Monday" for 0."""
        return str(get_day_names("wide", "stand-alone", self._locale)[number])

    def month(self, number: int) -> str:
        """As in "January" for 1."""
        return str(get_month_names("wide", "stand-alone", self._locale)[number])

    def clock(self, instant: datetime) -> str:
        """As in "08:59:41", for a column whose head or neighbour has the zone."""
        return format_time(instant.astimezone(self._zone), "HH:mm:ss", locale=self._locale)

    def time(self, instant: datetime) -> str:
        """As in "09:00 CET"."""
        return self.wall_times([instant.astimezone(self._zone)])

    def wall_times(self, moments: Sequence[datetime]) -> str:
        """As in "09:00, 17:00 CET", in the zone of the moments."""
        return f"{self.listed([self._wall(local) for local in moments])}{NBSP}{self._zone_name(moments[-1])}"

    def wall_span(self, first: datetime, last: datetime) -> str:
        """As in "08:00–18:00 CET", in the zone of the instants."""
        return f"{self._wall(first)}–{self._wall(last)}{NBSP}{self._zone_name(last)}"

    def listed(self, names: Sequence[str]) -> str:
        """As in "1., 8. und 15."."""
        if len(names) < 2:
            return "".join(names)
        return self._say("and_last", first=", ".join(names[:-1]), last=names[-1])

    @property
    def zone(self) -> str:
        """The common name of the zone: a city, as in "Berlin"."""
        if "/" not in self._zone.key:
            return self._zone.key
        try:
            return get_timezone_location(self._zone, locale=self._locale, return_city=True)
        except KeyError:  # this locale has no word for "unknown region", which Babel asks for first
            return self._zone.key

    def stamp(self, instant: datetime) -> str:
        """As in "Mon 16 Nov, 09:00 CET"."""
        return f"{self.date(instant)}, {self.time(instant)}"

    def span(self, window: Window) -> str:
        """A window's days in its own zone, including its last day: "9–15 Nov"; with times if it starts or ends within a
        day.
        """
        if window.name == "all-time":
            return self._say("window.all-time")
        zone = ZoneInfo(window.zone)
        start, end = window.start.astimezone(zone), window.end.astimezone(zone)
        if _is_midnight(start) and (_is_midnight(end) or window.so_far):
            text = self._days(start.date(), (end - timedelta(microseconds=1)).date())
        else:
            text = f"{self._moment(start)} – {self._moment(end)} {self._zone_name(end)}"
        return self._say("window.so_far", span=text) if window.so_far else text

    def duration(self, seconds: float) -> str:
        """The one or two largest units: "2 hours 5 minutes", "1 day 6 hours", "34 days"."""
        whole = round(abs(seconds))
        for position, (size, name) in enumerate(UNITS):
            if whole >= size or size == 1:
                big, rest = divmod(whole, size)
                text = self._say(name, big)
                small = rest // UNITS[position + 1][0] if size >= 3_600 and whole < TEN_DAYS else 0
                return f"{text} {self._say(UNITS[position + 1][1], small)}" if small else text
        raise AssertionError(seconds)

    def every(self, seconds: float) -> str:
        """As in "every day", "every 15 minutes" and "every 90 minutes": in the largest unit that gives a whole
        number.
        """
        return self._counted("every", seconds)

    def per(self, seconds: float) -> str:
        """For "5 a day" and "5 in 7 days": in one unit, as `every`."""
        return self._counted("per", seconds)

    def _counted(self, words: str, seconds: float) -> str:
        whole = round(seconds)
        size, name = next(unit for unit in UNITS if (whole and whole % unit[0] == 0) or unit[0] == 1)
        return self._say(f"{words}.{name}", whole // size)

    def brief(self, seconds: float) -> str:
        """For a column: "45 s", "2 min 15 s", "9 h 40", "1 d 6 h", "16 d"."""
        whole = round(abs(seconds))
        if whole < 60:
            return self._say("brief.seconds", whole)
        if whole < 3_600:
            return self._say("brief.minutes", minutes=whole // 60, seconds=f"{whole % 60:02}")
        if whole < 86_400:
            return self._say("brief.hours", hours=whole // 3_600, minutes=f"{whole % 3_600 // 60:02}")
        if whole < TEN_DAYS and whole % 86_400 >= 3_600:
            return self._say("brief.days_hours", days=whole // 86_400, hours=whole % 86_400 // 3_600)
        return self._say("brief.days", round(whole / 86_400))

    def since_days(self, start: datetime, end: datetime) -> int:
        """Whole days between two instants, in the reader's calendar."""
        return (end.astimezone(self._zone).date() - start.astimezone(self._zone).date()).days

    def _date(self, local: datetime | calendar_date, short: str, long: str) -> str:
        skeleton = short if local.year == self._year else long
        text = format_skeleton(skeleton, local, locale=self._locale).replace(", ", " ", 1 if "E" in skeleton else 0)
        return text.replace(" ", NBSP)

    def _days(self, first: calendar_date, last: calendar_date) -> str:
        skeleton = "MMMd" if first.year == last.year == self._year else "yMMMd"
        text = format_interval(first, last, skeleton, locale=self._locale)
        return text.replace("\u2009", "").replace("\u202f", NBSP).replace(" ", NBSP)

    def _moment(self, local: datetime) -> str:
        return f"{self._date(local, 'MMMd', 'yMMMd')}, {self._wall(local)}"

    def _wall(self, local: datetime) -> str:
        return format_time(local, "HH:mm", locale=self._locale)

    def _zone_name(self, local: datetime) -> str:
        """CLDR's abbreviation if the locale has one (MEZ), otherwise the zone's own (EST), otherwise the offset
        (UTC+5:30).
        """
        for name in (get_timezone_name(local, width="short", locale=self._locale), local.tzname() or ""):
            if name.isalpha() and len(name) <= 5:
                return name
        minutes = int((local.utcoffset() or timedelta()).total_seconds() // 60)
        hours, rest = divmod(abs(minutes), 60)
        return f"UTC{'+' if minutes >= 0 else MINUS}{hours}" + (f":{rest:02}" if rest else "")


def _is_midnight(local: datetime) -> bool:
    """A day starts at its first existing instant: 01:00 counts as midnight if midnight was skipped."""
    before = (local.astimezone(UTC) - timedelta(microseconds=1)).astimezone(local.tzinfo)
    return before.date() != local.date()
