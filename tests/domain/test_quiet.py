"""Quiet hours: which instants are allowed, and the next one that is."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.quiet import LONGEST, QuietHours, next_allowed, why_quiet
from worker.domain.time.zones import wall

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu", "UTC")
OFFICE = QuietHours(time(19), time(8), (0, 1, 2, 3, 4), "DE-BE")
CHRISTMAS = {(12, 25): "Christmas Day", (12, 26): "Second Day of Christmas"}
_INSTANT = timedelta(microseconds=1)


def holiday(code: str, day: date) -> str:
    return CHRISTMAS.get((day.month, day.day), "") if code == "DE-BE" else ""


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "found"),
    [
        ("2026-11-30T09:00", "2026-11-30T09:00"),
        ("2026-11-30T18:59:59", "2026-11-30T18:59:59"),
        ("2026-11-30T19:00", "2026-12-01T08:00"),
        ("2026-11-30T07:59:59", "2026-11-30T08:00"),
        ("2026-12-04T19:00", "2026-12-07T08:00"),
        ("2026-12-24T20:00", "2026-12-28T08:00"),
        ("2026-12-05T12:00", "2026-12-07T08:00"),
    ],
)
def test_a_delivery_waits_for_the_end_of_quiet_hours_for_a_working_day(moment: str, found: str) -> None:
    assert next_allowed(OFFICE, berlin(moment), BERLIN, holiday) == berlin(found)


@pytest.mark.parametrize(
    ("hours", "moment", "found"),
    [
        # Clocks jump from 02:00 to 03:00: the end at 02:30 never shows, so that the jump is the end.
        (QuietHours(time(1), time(2, 30)), "2026-03-29T00:30:00+00:00", "2026-03-29T01:00:00+00:00"),
        # Clocks go from 03:00 back to 02:00: the end at 02:30 is over at its first instant, and again at its second.
        (QuietHours(time(1), time(2, 30)), "2026-10-25T00:00:00+00:00", "2026-10-25T00:30:00+00:00"),
        (QuietHours(time(1), time(2, 30)), "2026-10-25T01:00:00+00:00", "2026-10-25T01:30:00+00:00"),
        # What begins at 02:30 is not quiet from 02:00 on when that comes a second time.
        (QuietHours(time(2, 30), time(4)), "2026-10-25T00:45:00+00:00", "2026-10-25T01:00:00+00:00"),
    ],
)
def test_clocks_that_change_decide_by_what_they_show(hours: QuietHours, moment: str, found: str) -> None:
    assert next_allowed(hours, datetime.fromisoformat(moment), BERLIN, holiday) == datetime.fromisoformat(found)


def test_a_day_that_begins_at_one_begins_then() -> None:
    havana = ZoneInfo("America/Havana")  # clocks jump from 00:00 to 01:00 on Sunday, 8 March 2026
    found = next_allowed(QuietHours(days=(6,)), datetime(2026, 3, 7, 12, tzinfo=UTC), havana, holiday)
    assert found == datetime(2026, 3, 8, 5, tzinfo=UTC)
    assert wall(found, havana) == datetime.fromisoformat("2026-03-08T01:00")


def test_a_reader_who_may_never_be_written_to_has_no_next_instant() -> None:
    def always(code: str, day: date) -> str:
        return "a holiday"

    closed = QuietHours(holidays="DE")
    assert next_allowed(closed, berlin("2026-11-30T09:00"), BERLIN, always) is None


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        ("2026-11-30T09:00", ""),
        ("2026-11-30T19:00", "quiet hours are from 19:00 to 08:00"),
        ("2026-12-05T09:00", "nothing is sent on a Saturday"),
        ("2026-12-25T09:00", "Christmas Day is a public holiday in DE-BE"),
    ],
)
def test_why_nothing_is_sent_is_said(shown: str, why: str) -> None:
    assert why_quiet(OFFICE, datetime.fromisoformat(shown), holiday) == why


_MINUTES = st.integers(0, 24 * 60 - 1).map(lambda n: time(n // 60, n % 60))
_NIGHTS = st.tuples(_MINUTES, _MINUTES).filter(lambda pair: pair[0] != pair[1])
_DAYS = st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days)))
_CODES = st.sampled_from(["", "DE-BE"])
_HOURS = st.builds(
    lambda night, days, code: QuietHours(night[0], night[1], days, code),
    st.just((None, None)) | _NIGHTS,
    _DAYS,
    _CODES,
)
_MOMENTS = st.integers(946_684_800, 2_114_380_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(_HOURS, _MOMENTS, st.sampled_from(ZONES), st.floats(0, 1))
def test_the_next_allowed_instant_is_allowed_not_before_and_the_earliest(
    hours: QuietHours, moment: datetime, zone_name: str, share: float
) -> None:
    zone = ZoneInfo(zone_name)
    found = next_allowed(hours, moment, zone, holiday)
    assert found is not None
    assert moment <= found < moment + LONGEST
    assert not why_quiet(hours, wall(found, zone), holiday)
    assert next_allowed(hours, found, zone, holiday) == found
    if found == moment:
        return
    for before in (moment, moment + (found - moment) * share, found - _INSTANT):
        assert before >= found or why_quiet(hours, wall(before, zone), holiday)


@given(_HOURS, st.sampled_from(ZONES[:4]), st.sampled_from([2007, 2026]), st.integers(0, 365), st.integers(0, 1439))
def test_no_minute_before_it_is_allowed(hours: QuietHours, zone_name: str, year: int, day: int, minute: int) -> None:
    zone, moment = ZoneInfo(zone_name), datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day, minutes=minute)
    found = next_allowed(hours, moment, zone, holiday)
    assert found is not None
    walked = moment
    while walked < min(found, moment + timedelta(days=2)):
        assert why_quiet(hours, wall(walked, zone), holiday)
        walked += timedelta(minutes=1)
