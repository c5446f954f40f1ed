"""Days that have no fixed number in a month, against a walk through every quarter of an hour of some years.

The walk asks of each day whether it is one, by looking at the days around it. It shares nothing with the code.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.walked_slots import walked
from worker.adapters.public_holidays import PublicHolidays
from worker.adapters.triggers import ApTriggers
from worker.domain.schedule import Trigger
from worker.domain.time.window import WindowSpec, resolve
from worker.domain.time.zones import wall

ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata", "Pacific/Apia")
ONE = timedelta(days=1)
MONDAY, TUESDAY, FRIDAY, SUNDAY = 0, 1, 4, 6

triggers = ApTriggers(PublicHolidays().name)
IsDay = Callable[[date, str], bool]


def month_of(day: date) -> list[date]:
    around = [day + timedelta(days=number) for number in range(-31, 32)]
    return [one for one in around if (one.year, one.month) == (day.year, day.month)]


def is_before_last(number: int, day: date, _: str) -> bool:
    after = [one for one in month_of(day) if one > day]
    return len(after) == number


def works(day: date, calendar: str) -> bool:
    return day.strftime("%a") not in {"Sat", "Sun"} and not (calendar and PublicHolidays().name(calendar, day))


def is_last_working(day: date, calendar: str) -> bool:
    return works(day, calendar) and not any(works(one, calendar) for one in month_of(day) if one > day)


def is_first_working(day: date, calendar: str) -> bool:
    return works(day, calendar) and not any(works(one, calendar) for one in month_of(day) if one < day)


def is_nth(weekday: int, nth: int, day: date, _: str) -> bool:
    return day.weekday() == weekday and sum(one.weekday() == weekday for one in month_of(day) if one <= day) == nth


def is_last_weekday(weekday: int, day: date, _: str) -> bool:
    return day.weekday() == weekday and (day + 7 * ONE).month != day.month


def is_number(number: int, day: date, _: str) -> bool:
    return day.day == number


OF_MONTH: dict[str, IsDay] = {
    "L": partial(is_before_last, 0),
    "last-day": partial(is_before_last, 0),
    "L-1": partial(is_before_last, 1),
    "L-30": partial(is_before_last, 30),
    "LW": is_last_working,
    "last working day": is_last_working,
    "first working day": is_first_working,
    "1W": is_first_working,
    "15": partial(is_number, 15),
}
OF_WEEK: dict[str, IsDay] = {
    "MON#1": partial(is_nth, MONDAY, 1),
    "2#2": partial(is_nth, TUESDAY, 2),
    "SUN#5": partial(is_nth, SUNDAY, 5),
    "FRI#L": partial(is_last_weekday, FRIDAY),
    "5L": partial(is_last_weekday, FRIDAY),
    "0L": partial(is_last_weekday, SUNDAY),
}
MONTHS = {"*": range(1, 13), "2": (2,), "MAR,6,SEP,DEC": (3, 6, 9, 12), "*/5": (1, 6, 11)}
LINES = st.tuples(
    st.one_of(*(st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=3) for known in (OF_MONTH, OF_WEEK))),
    st.sampled_from(sorted(MONTHS)),
    st.sampled_from([(2, 30), (0, 0), (9, 0), (23, 45)]),
    st.sampled_from(ZONES),
    st.sampled_from(["", "", "DE-BE", "US", "JP"]),
).filter(lambda line: (set(line[0]), line[1]) != ({"L-30"}, "2"))
Line = tuple[list[str], str, tuple[int, int], str, str]


def trigger_of(line: Line) -> Trigger:
    days, months, (hour, minute), zone, calendar = line
    words = ",".join(days)
    fields = f"* {months} {words}" if days[0] in OF_WEEK else f"{words} {months} *"
    return Trigger("cron", zone, f"{minute} {hour} {fields}", holidays=calendar)


def expected(line: Line, after: datetime, until: datetime) -> list[datetime]:
    days, months, time, zone, calendar = line

    @cache
    def is_day(day: date) -> bool:
        found = day.month in MONTHS[months] and any((OF_MONTH | OF_WEEK)[one](day, calendar) for one in days)
        return found and not (calendar and PublicHolidays().name(calendar, day))

    place = ZoneInfo(zone)
    slots = walked(lambda shown: (shown.hour, shown.minute) == time and is_day(shown.date()), place, after, until)
    # A time that clocks jumped over counts at the jump: a holiday there is one of the day after.
    return [slot for slot in slots if not (calendar and PublicHolidays().name(calendar, wall(slot, place).date()))]


def between(trigger: Trigger, after: datetime, until: datetime) -> list[datetime]:
    return list(takewhile(lambda slot: slot <= until, triggers.upcoming(trigger, after)))


@given(LINES, st.integers(2009, 2031))
@settings(max_examples=15, deadline=None)
def test_the_slots_of_three_years_are_those_of_a_walk_through_every_day(line: Line, year: int) -> None:
    after, until = datetime(year, 1, 2, tzinfo=UTC), datetime(year + 3, 1, 2, tzinfo=UTC)
    assert between(trigger_of(line), after, until) == expected(line, after, until)


@given(LINES, st.datetimes(datetime(2009, 1, 1), datetime(2034, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
@settings(max_examples=80, deadline=None)
def test_the_slot_before_the_next_one_is_the_previous_one(line: Line, after: datetime) -> None:
    trigger = trigger_of(line)
    slots = list(islice(triggers.upcoming(trigger, after), 6))
    assert all(a < b for a, b in pairwise([after, *slots]))
    assert [triggers.next(trigger, slot) for slot in slots[:-1]] == slots[1:]
    assert [triggers.previous(trigger, slot) for slot in slots[1:]] == slots[:-1]
    if slots:
        earlier = triggers.previous(trigger, slots[0])
        assert earlier is None or (earlier <= after and triggers.next(trigger, earlier) == slots[0])


@given(LINES, st.datetimes(datetime(2009, 1, 1), datetime(2034, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
@settings(max_examples=30, deadline=None)
def test_windows_since_the_previous_slot_cover_all_time_once(line: Line, after: datetime) -> None:
    trigger, since = trigger_of(line), WindowSpec("since-previous-slot")
    slots = list(islice(triggers.upcoming(trigger, after), 5))
    windows = [resolve(since, slot, trigger.zone, previous_slot=triggers.previous(trigger, slot)) for slot in slots]
    assert all(earlier.end == later.start for earlier, later in pairwise(windows))


def local(expression: str, zone: str, year: int, calendar: str = "") -> list[str]:
    trigger = Trigger("cron", zone, expression, holidays=calendar)
    after, until = datetime(year, 1, 1, tzinfo=UTC) - ONE, datetime(year + 1, 1, 1, tzinfo=UTC) + ONE
    shown = (wall(slot, ZoneInfo(zone)) for slot in between(trigger, after, until))
    return [f"{one:%m-%d %H:%M}" for one in shown if one.year == year]


def test_the_last_day_is_29_february_in_a_leap_year() -> None:
    assert local("0 18 L 2 *", "Europe/Berlin", 2028) == ["02-29 18:00"]
    assert local("0 18 L 2 *", "Europe/Berlin", 2027) == ["02-28 18:00"]
    assert local("0 18 L-28 2 *", "Europe/Berlin", 2028) == ["02-01 18:00"]
    assert local("0 18 L-28 2 *", "Europe/Berlin", 2027) == []


def test_a_month_end_on_a_weekend_or_a_holiday_has_its_last_working_day_before_it() -> None:
    months = "0 7 LW 3,5,10 *"
    assert local(months, "Europe/Berlin", 2024) == ["03-29 07:00", "05-31 07:00", "10-31 07:00"]
    with_holidays = ["03-28 07:00", "05-31 07:00", "10-31 07:00"]
    assert local(months, "Europe/Berlin", 2024, "DE-BE") == with_holidays, "29 March 2024 was Good Friday"
    assert local(months, "America/New_York", 2027, "US") == ["03-31 07:00", "05-28 07:00", "10-29 07:00"]


def test_the_first_working_day_of_a_year_is_no_1_january() -> None:
    assert local("0 7 1W 1 *", "Europe/Berlin", 2026) == ["01-01 07:00"]
    assert local("0 7 1W 1 *", "Europe/Berlin", 2026, "DE") == ["01-02 07:00"]
    assert local("0 7 first-working-day 1 *", "Europe/Berlin", 2028, "DE") == ["01-03 07:00"]


def test_a_first_monday_on_a_holiday_is_left_out_and_not_moved() -> None:
    labor_day = "0 9 * 9,10 MON#1"
    assert local(labor_day, "America/New_York", 2026) == ["09-07 09:00", "10-05 09:00"]
    assert local(labor_day, "America/New_York", 2026, "US") == ["10-05 09:00"]


def test_a_fifth_monday_of_february_is_waited_for() -> None:
    trigger = Trigger("cron", "UTC", "0 0 * 2 MON#5")
    assert triggers.next(trigger, datetime(2025, 1, 1, tzinfo=UTC)) == datetime(2044, 2, 29, tzinfo=UTC)
    assert triggers.previous(trigger, datetime(2025, 1, 1, tzinfo=UTC)) == datetime(2016, 2, 29, tzinfo=UTC)


def test_a_month_end_in_the_hour_that_is_left_out_has_its_slot_at_the_change() -> None:
    """Clocks in Berlin went from 02:00 to 03:00 on 31 March 2024."""
    assert local("30 2 L 3 *", "Europe/Berlin", 2024) == ["03-31 03:00"]


def test_a_month_end_in_the_hour_that_comes_twice_fires_once_unless_the_hour_is_any() -> None:
    """Clocks in Berlin went back from 03:00 to 02:00 on 31 October 2027."""
    assert local("30 2 L 10 *", "Europe/Berlin", 2027) == ["10-31 02:30"]
    assert local("30 * L 10 *", "Europe/Berlin", 2027)[:5] == [
        f"10-31 {hour}:30" for hour in ("00", "01", "02", "02", "03")
    ]


def test_the_last_working_day_that_apia_left_out_has_its_slot_at_the_change() -> None:
    """Apia had no Friday 30 December 2011."""
    slots = between(
        Trigger("cron", "Pacific/Apia", "0 9 LW 12 *"),
        datetime(2011, 12, 1, tzinfo=UTC),
        datetime(2012, 2, 1, tzinfo=UTC),
    )
    assert slots == [datetime(2011, 12, 30, 10, tzinfo=UTC)]


@pytest.mark.parametrize("expression", ["0 9 L * *", "0 9 LW * *", "0 9 * * MON#1", "*/15 * L * *"])
def test_the_end_of_time_names_nothing(expression: str) -> None:
    assert triggers.next(Trigger("cron", "UTC", expression), datetime(9500, 1, 1, tzinfo=UTC)) is None
