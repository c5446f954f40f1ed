"""Calendars of public holidays end with a year, in the zone of those whose days they are."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.support.fakes import TEAM, WEEKLY
from worker.domain.holiday_years import CalendarEnd, calendar_ends
from worker.domain.quiet import QuietHours

MIDNIGHT = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("zone", "ended"), [("UTC", True), ("America/New_York", False), ("Asia/Colombo", True)])
def test_a_year_ends_in_the_zone_of_the_schedule_or_the_reader(zone: str, ended: bool) -> None:
    of_runs = replace(WEEKLY, trigger=replace(WEEKLY.trigger, holidays="LK", zone=zone))
    of_readers = replace(WEEKLY, to=(replace(TEAM, zone=zone, quiet_hours=QuietHours(holidays="LK")),))
    of_alerts = replace(of_readers, to=(), notify=of_readers.to)
    for schedule in (of_runs, of_readers, of_alerts):
        found = calendar_ends(schedule, MIDNIGHT, {"LK": 2026}.__getitem__)
        assert found == ((CalendarEnd("LK", 2026),) if ended else ())


def test_each_calendar_is_named_once_and_none_that_is_not_used() -> None:
    entry = replace(TEAM, quiet_hours=QuietHours(holidays="JP"))
    schedule = replace(WEEKLY, trigger=replace(WEEKLY.trigger, holidays="LK"), to=(entry, replace(entry, id="b")))
    years = {"LK": 2026, "JP": 2099}
    assert calendar_ends(schedule, MIDNIGHT, years.__getitem__) == (CalendarEnd("LK", 2026),)
    assert calendar_ends(schedule, datetime(2100, 6, 1, tzinfo=UTC), years.__getitem__) == (
        CalendarEnd("LK", 2026),
        CalendarEnd("JP", 2099),
    )
    assert calendar_ends(WEEKLY, MIDNIGHT, years.__getitem__) == ()
