"""`retention:` of a schedule."""

import pytest

from tests.adapters.definitions.conftest import Load
from tests.adapters.definitions.example import WEEKLY
from worker.domain.schedule import Retention
from worker.domain.time.duration import DAY

PATH = "schedules/weekly.yaml"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("", Retention(35 * DAY, 400 * DAY)),
        ("retention: {all: 7d}\n", Retention(7 * DAY, 400 * DAY)),
        ("retention: {all: 36h, daily: 4w}\n", Retention(36 * 3600, 28 * DAY)),
        ("retention: {daily: 20d}\n", Retention(20 * DAY, 20 * DAY)),
    ],
)
def test_what_is_not_written_has_its_default(written: str, kept: Retention, loading: Load) -> None:
    loaded = loading({PATH: WEEKLY + written})
    assert loaded.complaints == ()
    assert loaded.bundle is not None
    schedule = loaded.bundle.schedules["weekly"]
    assert schedule.retention == kept


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("{all: 50d, daily: 40d}", "`all` that is longer than `daily`"),
        ("{all: 3h}", "at least 1d"),
        ("{daily: 401d}", "at most 400d"),
        ("{weekly: 3d}", "weekly"),
        ("35d", "retention"),
    ],
)
def test_a_retention_that_makes_no_sense_is_refused_in_its_place(written: str, found: str, loading: Load) -> None:
    (complaint,) = loading({PATH: WEEKLY + f"retention: {written}\n"}).complaints
    assert found in str(complaint)
    assert complaint.path == PATH
    assert complaint.line == len(WEEKLY.splitlines()) + 1
