from datetime import UTC, datetime, timedelta

import pytest

from worker.domain.time.window import Window
from worker.rendering.wording import Wording
from worker.sanitize import plain

EN = Wording("en_GB", "Europe/Berlin", 2026)
DE = Wording("de-DE", "Europe/Berlin", 2026)
SLOT = datetime(2026, 11, 16, 8, tzinfo=UTC)


def window(start: str, end: str, name: str = "range", *, so_far: bool = False) -> Window:
    first, last = (datetime.fromisoformat(text).astimezone(UTC) for text in (start, end))
    return Window(first, last, "Europe/Berlin", name, so_far)


def test_dates_name_the_year_only_when_it_is_another() -> None:
    assert EN.date(SLOT) == "Mon\u00a016\u00a0Nov"
    assert DE.date(SLOT) == "Mo.\u00a016.\u00a0Nov."
    assert EN.day(SLOT) == "16\u00a0Nov"
    assert EN.date(SLOT.replace(year=2025)) == "Sun\u00a016\u00a0Nov\u00a02025"


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Berlin", "09:00 CET"),
        ("America/New_York", "03:00 EST"),
        ("Asia/Kolkata", "13:30 IST"),
        ("Asia/Dubai", "12:00 GST"),
        ("Asia/Kathmandu", "13:45 UTC+5:45"),
        ("UTC", "08:00 UTC"),
    ],
)
def test_a_time_always_names_its_zone(zone: str, expected: str) -> None:
    assert Wording("en_GB", zone).time(SLOT) == expected.replace(" ", "\u00a0")


def test_german_has_its_own_names_of_zones() -> None:
    assert DE.stamp(SLOT) == "Mo.\u00a016.\u00a0Nov., 09:00\u00a0MEZ"


@pytest.mark.parametrize(
    ("given_window", "expected"),
    [
        (window("2026-11-09T00:00+01:00", "2026-11-16T00:00+01:00"), "9–15 Nov"),
        (window("2026-10-26T00:00+01:00", "2026-11-02T00:00+01:00"), "26 Oct–1 Nov"),
        (window("2026-11-15T00:00+01:00", "2026-11-16T00:00+01:00"), "15 Nov"),
        (window("2025-12-29T00:00+01:00", "2026-01-05T00:00+01:00"), "29 Dec 2025–4 Jan 2026"),
        (window("2026-11-13T09:00+01:00", "2026-11-16T09:00+01:00"), "13 Nov, 09:00 – 16 Nov, 09:00 CET"),
        (window("2026-11-16T00:00+01:00", "2026-11-18T14:20+01:00", so_far=True), "16–18 Nov so far"),
        (window("0001-01-02T00:00+00:00", "2026-11-16T00:00+01:00", "all-time"), "all time"),
    ],
)
def test_a_window_says_its_days_last_one_included(given_window: Window, expected: str) -> None:
    assert plain(EN.span(given_window)) == expected


def test_a_day_without_a_midnight_still_begins_somewhere() -> None:
    """Cairo skipped 00:00 to 01:00 on 24 April 2026."""
    start = datetime(2026, 4, 23, 22, tzinfo=UTC)
    assert EN.span(Window(start, start + timedelta(hours=23), "Africa/Cairo", "yesterday")) == "24\u00a0Apr"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 seconds"),
        (59, "59 seconds"),
        (121, "2 minutes"),
        (754, "12 minutes"),
        (7_500, "2 hours 5 minutes"),
        (2_419_200, "28 days"),
        (10 * 86_400 + 7_200, "10 days"),
        (110_333, "1 day 6 hours"),
        (2 * 86_400 + 3_599, "2 days"),
    ],
)
def test_a_duration_says_what_matters(seconds: int, expected: str) -> None:
    assert plain(EN.duration(seconds)) == expected
