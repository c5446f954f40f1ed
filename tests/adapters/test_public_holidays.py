"""Calendars of public holidays, by country and part of it."""

from datetime import date, timedelta

import pytest

from worker.adapters.public_holidays import PublicHolidays

HOLIDAYS = PublicHolidays()


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    womens_day = date(2027, 3, 8)
    assert HOLIDAYS.name("DE-BE", womens_day) == "Women's Day"
    assert not HOLIDAYS.name("DE-BY", womens_day)
    assert not HOLIDAYS.name("DE", womens_day)
    assert HOLIDAYS.name("DE", date(2026, 12, 25)) == "Christmas Day"


def test_any_year_can_be_asked_for_in_any_order() -> None:
    assert [HOLIDAYS.name("GB-SCT", date(year, 1, 2)) != "" for year in (2030, 2024, 2026)] == [True] * 3


def test_calendars_are_countries_and_the_parts_of_the_one_that_is_meant() -> None:
    assert {"DE", "DE-BE", "AT"} <= set(HOLIDAYS.calendars("DE-XX"))
    assert "AT-1" not in HOLIDAYS.calendars("DE-XX")
    assert "GERMANY" not in HOLIDAYS.calendars("GERMANY")


@pytest.mark.parametrize("calendar", ["XX", "DE-XX", ""])
def test_what_is_no_calendar_is_refused(calendar: str) -> None:
    with pytest.raises(KeyError):
        HOLIDAYS.name(calendar, date(2026, 1, 1))


@pytest.mark.parametrize("calendar", sorted(HOLIDAYS.calendars("DE")))
def test_every_calendar_that_is_offered_can_be_asked(calendar: str) -> None:
    assert isinstance(HOLIDAYS.name(calendar, date(2026, 1, 1)), str)


@pytest.mark.parametrize("calendar", sorted(HOLIDAYS.calendars("DE")))
def test_every_calendar_says_how_far_it_is_known_and_has_nothing_after_that(calendar: str) -> None:
    """India's ended in 2035 with a warning of the library for each question, which fails this test."""
    last = HOLIDAYS.last_year(calendar)
    assert last >= 2026
    assert not any(HOLIDAYS.name(calendar, date(last + 1, 1, 1) + timedelta(days=number)) for number in range(365))
    assert not HOLIDAYS.name(calendar, date(9999, 12, 31))


def test_how_far_is_asked_of_known_calendars_alone() -> None:
    with pytest.raises(KeyError):
        HOLIDAYS.last_year("XX")
