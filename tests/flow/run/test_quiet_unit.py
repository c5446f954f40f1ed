"""Until when a delivery waits for the end of quiet hours."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

from tests.support.fakes import TEAM, Workdays
from worker.domain.outcome import Deferred
from worker.domain.quiet import LONGEST, QuietHours
from worker.domain.reason import Reason
from worker.domain.schedule import Collect
from worker.flow.run.quiet import collected, quiet

OFFICE = QuietHours(time(19), time(8), (0, 1, 2, 3, 4), "DE-BE")
READER = replace(TEAM, quiet_hours=OFFICE, zone="Europe/Berlin")
FRIDAY_NIGHT = datetime(2026, 12, 4, 18, 30, tzinfo=UTC)
MONDAY = datetime(2026, 12, 7, 7, 0, tzinfo=UTC)


def test_a_reader_without_quiet_hours_waits_for_nothing() -> None:
    assert quiet(Workdays().name, TEAM, FRIDAY_NIGHT) is None


def test_by_day_nothing_waits() -> None:
    assert quiet(Workdays().name, READER, MONDAY) is None


def test_what_falls_into_quiet_hours_waits_for_the_readers_own_morning_and_says_why() -> None:
    said = "Quiet hours are from 19:00 to 08:00: it waits until Mon 07 Dec 2026 08:00 (Europe/Berlin)."
    assert quiet(Workdays().name, READER, FRIDAY_NIGHT) == Deferred(MONDAY, Reason.QUIET_HOURS, said, extends=True)


def test_a_holiday_is_named() -> None:
    waits = quiet(Workdays(date(2026, 12, 7)).name, READER, MONDAY)
    assert waits is not None
    assert waits.sentence.startswith("A holiday is a public holiday in DE-BE: it waits until Tue 08 Dec")


def test_without_any_allowed_instant_it_waits_as_long_as_is_looked_ahead() -> None:
    closed = replace(READER, quiet_hours=QuietHours(days=()))
    waits = quiet(Workdays().name, closed, MONDAY)
    assert waits is not None
    assert waits.until == MONDAY + LONGEST


def test_outside_of_its_days_a_reader_waits_for_the_next_one() -> None:
    weekdays = replace(TEAM, days=(0, 1, 2, 3, 4), zone="Europe/Berlin")
    waits = quiet(Workdays().name, weekdays, datetime(2026, 12, 5, 9, 0, tzinfo=UTC))
    said = "Nothing is sent on a Saturday: it waits until Mon 07 Dec 2026 00:00 (Europe/Berlin)."
    assert waits == Deferred(datetime(2026, 12, 6, 23, 0, tzinfo=UTC), Reason.QUIET_HOURS, said, extends=True)


def test_a_collected_digest_waits_for_the_fixed_time_and_then_for_an_allowed_day() -> None:
    daily = replace(TEAM, collect=Collect.DAILY, days=(0, 1, 2, 3, 4), zone="Europe/Berlin")
    waits = collected(Workdays().name, daily, FRIDAY_NIGHT, FRIDAY_NIGHT)
    said = "This reader's digests are collected (daily): it waits until Mon 07 Dec 2026 00:00 (Europe/Berlin)."
    assert waits == Deferred(datetime(2026, 12, 6, 23, 0, tzinfo=UTC), Reason.COLLECTED, said, extends=True)


def test_the_oldest_digest_that_is_told_of_decides_whether_it_is_time() -> None:
    daily = replace(TEAM, collect=Collect.DAILY)
    assert collected(Workdays().name, daily, FRIDAY_NIGHT, MONDAY) is None
    assert collected(Workdays().name, daily, MONDAY, MONDAY) is not None
    assert collected(Workdays().name, TEAM, MONDAY, MONDAY) is None
