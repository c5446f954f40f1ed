"""Findings of `doctor` about the calendars of public holidays in the definitions: whether they end soon."""

from datetime import datetime, timedelta

from worker.domain.holiday_years import LastYear, ends_of
from worker.domain.schedule import Bundle
from worker.flow.operate.doctor import CheckResult, Level

AHEAD = timedelta(days=90)
"""How long before a calendar ends a warning is given: somebody may install a newer library in time."""


def holidays(bundle: Bundle, last_year: LastYear, now: datetime) -> list[CheckResult]:
    """A warning for each calendar that has ended, or ends soon."""
    after = "a newer version of the library `holidays` may know more"
    ends = ends_of(list(bundle.schedules.values()), now + AHEAD, last_year)
    return [CheckResult(f"holidays {one.calendar}", Level.WARN, f"{one}; {after}") for one in ends]
