"""Whether the calendars of public holidays that the definitions name go on: findings of `doctor`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.support.fakes import NOW, TEAM, WEEKLY, Workdays, bundle_with
from worker.domain.quiet import QuietHours
from worker.flow.operate.doctor import CheckResult, Level
from worker.flow.operate.doctor_holidays import holidays

OF_RUNS = replace(WEEKLY, trigger=replace(WEEKLY.trigger, holidays="XX"))
OF_A_READER = replace(WEEKLY, to=(replace(TEAM, quiet_hours=QuietHours(holidays="XX")),))
ENDS = datetime(NOW.year + 1, 1, 1, tzinfo=UTC)


def test_a_calendar_that_ends_soon_is_a_warning_once() -> None:
    several = bundle_with(OF_RUNS, replace(OF_A_READER, id="other"))
    known = (
        f"public holidays of XX are known until {NOW.year}; from 1 January {NOW.year + 1} on, every day counts as none"
        "; a newer version of the library `holidays` may know more"
    )
    assert holidays(several, Workdays().last_year, ENDS) == [CheckResult("holidays XX", Level.WARN, known)]
    assert holidays(bundle_with(OF_A_READER), Workdays().last_year, ENDS - timedelta(days=80)) != []


def test_a_calendar_that_goes_on_is_not_mentioned() -> None:
    assert holidays(bundle_with(OF_RUNS), Workdays().last_year, ENDS - timedelta(days=100)) == []
    assert holidays(bundle_with(WEEKLY), Workdays().last_year, ENDS) == []
