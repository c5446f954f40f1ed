"""Half-open windows as days with both ends, and instants in whole seconds."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.pipedrive.account import NOW, asking
from worker.domain.time.window import Window, WindowSpec, resolve
from worker.domain.time.zones import day_start
from worker.sources.pipedrive.windows import cuts_days, days, stamped

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "America/Santiago", "Pacific/Apia")
DATES = st.dates(date(2015, 1, 1), date(2030, 1, 1))


@given(DATES, st.integers(0, 400), st.sampled_from(ZONES))
def test_whole_days_come_back_as_the_same_days(first: date, more: int, zone: str) -> None:
    place, last = ZoneInfo(zone), first + timedelta(days=more)
    window = Window(
        day_start(first, place).astimezone(UTC),
        day_start(last + timedelta(days=1), place).astimezone(UTC),
        zone,
        "range",
    )
    assert days(window) == (first.isoformat(), last.isoformat())


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("today", ("2026-11-23", "2026-11-23")),
        ("yesterday", ("2026-11-22", "2026-11-22")),
        ("last-week", ("2026-11-16", "2026-11-22")),
        ("this-month", ("2026-11-01", "2026-11-30")),
        ("last-year", ("2025-01-01", "2025-12-31")),
        ("last-7d", ("2026-11-16", "2026-11-22")),
    ],
)
def test_named_windows_are_the_days_that_people_mean(name: str, found: tuple[str, str]) -> None:
    window = resolve(WindowSpec(name), NOW, "Europe/Berlin")
    assert days(window) == found
    assert not cuts_days(window)


def test_the_zone_decides_which_days() -> None:
    window = Window(
        datetime(2026, 11, 22, 23, tzinfo=UTC), datetime(2026, 11, 23, 23, tzinfo=UTC), "Europe/Berlin", "x"
    )
    assert days(window) == ("2026-11-23", "2026-11-23")
    assert not cuts_days(window)
    elsewhere = Window(window.start, window.end, "UTC", "x")
    assert days(elsewhere) == ("2026-11-22", "2026-11-23")
    assert cuts_days(elsewhere)


@given(st.integers(1_577_836_800_000_000, 1_893_456_000_000_000))
def test_seconds_are_whole_and_never_cut_anything_off(microseconds: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    text = moment.isoformat()
    ask = asking("deals", updated_since=text, updated_until=text)
    found = stamped(ask, ask.item.params)
    since, until = (datetime.fromisoformat(found[name]) for name in ("updated_since", "updated_until"))
    assert "." not in found["updated_since"] + found["updated_until"]
    assert since <= moment <= until
    assert until - since in (timedelta(0), timedelta(seconds=1))


def test_a_day_without_a_time_begins_in_the_schedules_zone() -> None:
    ask = asking("deals", updated_since="2026-11-16", updated_until="yesterday")
    assert stamped(ask, ask.item.params) == {
        "updated_since": "2026-11-15T23:00:00Z",
        "updated_until": "2026-11-22T23:00:00Z",
    }
