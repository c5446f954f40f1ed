"""Windows: what each name means at a slot, how they tile, and what they are compared with."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.domain.time.periods import Calendar, WindowError, add_months, calendar_of, period
from worker.domain.time.window import (
    COMPARE_NAMES,
    WINDOW_NAMES,
    Window,
    WindowSpec,
    check_pair,
    compared,
    is_window_name,
    resolve,
)
from worker.domain.time.zones import ZoneError, first, wall

BERLIN = "Europe/Berlin"
ZONES = [BERLIN, "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata", "Pacific/Apia", "UTC"]
SLOT = datetime(2026, 11, 25, 8, tzinfo=UTC)  # Wednesday, 09:00 in Berlin


def local(text: str, zone: str = BERLIN) -> datetime:
    return first(datetime.fromisoformat(text), ZoneInfo(zone))


def at_slot(name: str, slot: datetime = SLOT, zone: str = BERLIN, fiscal: str = "01-01") -> Window:
    return resolve(WindowSpec(name), slot, zone, fiscal_year_start=fiscal)


def against(window: Window, name: str, slot: datetime = SLOT, fiscal: str = "01-01") -> Window:
    return compared(window, WindowSpec(name), slot, fiscal_year_start=fiscal)


@pytest.mark.parametrize(
    ("name", "start", "end", "so_far"),
    [
        ("today", "2026-11-25", "2026-11-26", True),
        ("yesterday", "2026-11-24", "2026-11-25", False),
        ("this-week", "2026-11-23", "2026-11-30", True),
        ("last-week", "2026-11-16", "2026-11-23", False),
        ("this-month", "2026-11-01", "2026-12-01", True),
        ("last-month", "2026-10-01", "2026-11-01", False),
        ("this-quarter", "2026-10-01", "2027-01-01", True),
        ("last-quarter", "2026-07-01", "2026-10-01", False),
        ("this-year", "2026-01-01", "2027-01-01", True),
        ("last-year", "2025-01-01", "2026-01-01", False),
        ("last-1d", "2026-11-24", "2026-11-25", False),
        ("last-7d", "2026-11-18", "2026-11-25", False),
    ],
)
def test_each_name_is_whole_local_days_around_its_slot(name: str, start: str, end: str, so_far: bool) -> None:
    assert at_slot(name) == Window(local(start), local(end), BERLIN, name, so_far)


def test_edges_are_utc_and_follow_the_offset_of_their_own_day() -> None:
    month = at_slot("last-month")
    assert month.start == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert month.end == datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert month.start.tzinfo is month.end.tzinfo is UTC


def test_all_time_runs_from_the_epoch_to_the_end_of_the_slots_day() -> None:
    window = at_slot("all-time")
    assert (window.start, window.end) == (datetime(1970, 1, 1, tzinfo=UTC), local("2026-11-26"))
    assert window.so_far


def test_the_slots_day_is_the_day_of_its_zone() -> None:
    slot = datetime(2026, 11, 25, 2, tzinfo=UTC)  # still Tuesday in New York
    assert at_slot("today", slot, "America/New_York").start == local("2026-11-24", "America/New_York")
    assert at_slot("today", slot, "Asia/Kolkata").start == local("2026-11-25", "Asia/Kolkata")


def test_a_slot_at_midnight_belongs_to_the_day_that_begins() -> None:
    assert at_slot("yesterday", local("2026-11-25")) == at_slot("yesterday")
    assert not at_slot("yesterday", local("2026-11-25")).so_far


@pytest.mark.parametrize(("week_start", "start"), [("monday", 23), ("sunday", 22), ("saturday", 21), ("Wednesday", 25)])
def test_a_week_starts_on_the_day_that_defaults_name(week_start: str, start: int) -> None:
    window = resolve(WindowSpec("this-week"), SLOT, BERLIN, week_start=week_start)
    assert window.start == local(f"2026-11-{start}")


@pytest.mark.parametrize(
    ("fiscal", "name", "start", "end"),
    [
        ("04-01", "this-year", "2026-04-01", "2027-04-01"),
        ("04-01", "last-year", "2025-04-01", "2026-04-01"),
        ("04-01", "this-quarter", "2026-10-01", "2027-01-01"),
        ("02-01", "this-quarter", "2026-11-01", "2027-02-01"),
        ("02-01", "last-quarter", "2026-08-01", "2026-11-01"),
        ("12-01", "this-year", "2025-12-01", "2026-12-01"),
        ("12-01", "this-quarter", "2026-09-01", "2026-12-01"),
        ("08-31", "this-quarter", "2026-08-31", "2026-11-30"),
    ],
)
def test_quarters_and_years_follow_the_fiscal_year(fiscal: str, name: str, start: str, end: str) -> None:
    window = at_slot(name, fiscal=fiscal)
    assert (window.start, window.end) == (local(start), local(end))


def test_a_day_whose_midnight_is_jumped_over_starts_at_the_change() -> None:
    santiago = "America/Santiago"
    window = at_slot("today", local("2026-09-06T09:00", santiago), santiago)
    assert wall(window.start, ZoneInfo(santiago)) == datetime.fromisoformat("2026-09-06T01:00")
    assert window.end - window.start == timedelta(hours=23)


def test_a_range_stands_as_written_and_naive_edges_are_wall_times_of_the_zone() -> None:
    spec = WindowSpec("range", datetime.fromisoformat("2026-03-29T02:30"), datetime(2026, 4, 1, tzinfo=UTC))
    window = resolve(spec, SLOT, BERLIN)
    assert window == Window(datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC), BERLIN, "range")


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (WindowSpec("range"), "a range without both start and end"),
        (WindowSpec("range", SLOT, SLOT), "not after its start"),
        (WindowSpec("next-week"), "'next-week' is not a window; write one of today"),
        (WindowSpec("last-0d"), "'last-0d' is not a window"),
        (WindowSpec("last-99999d"), "is not a window"),
        (WindowSpec("x" * 9999), "is not a window"),
    ],
)
def test_what_is_no_window_is_refused_in_one_sentence(spec: WindowSpec, sentence: str) -> None:
    with pytest.raises(WindowError, match=sentence) as caught:
        resolve(spec, SLOT, BERLIN)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("fiscal", ["02-29", "13-01", "04-31", "1-1", "april", "00-10", ""])
def test_a_fiscal_year_starts_on_a_day_that_every_year_has(fiscal: str) -> None:
    with pytest.raises(WindowError, match="is not a day that every year has; write month and day such as 04-01"):
        calendar_of("monday", fiscal)


def test_a_week_starts_on_a_day_of_the_week_and_a_zone_must_exist() -> None:
    with pytest.raises(WindowError, match="'montag' is not a day of the week"):
        resolve(WindowSpec("today"), SLOT, BERLIN, week_start="montag")
    with pytest.raises(ZoneError, match="no time zone is called 'Europe/Berln'"):
        at_slot("today", zone="Europe/Berln")


def test_names_are_known_before_any_slot_is() -> None:
    assert all(is_window_name(name) for name in (*WINDOW_NAMES, "last-1d", "last-7d", "last-365d"))
    assert not any(is_window_name(name) for name in ("range", "previous", "last-07d", "last-d", "last-7D", "", "none"))
    assert len(WINDOW_NAMES) == 12
    assert not any(is_window_name(name) for name in COMPARE_NAMES)


# tiling

DAYS = st.dates(date(2009, 1, 1), date(2032, 12, 28))
UNIT_OF = {
    "yesterday": "day",
    "last-week": "week",
    "last-month": "month",
    "last-quarter": "quarter",
    "last-year": "year",
}


def slots_from(day: date, unit: str, zone: str, calendar: Calendar) -> list[datetime]:
    """One slot at 09:00 in each of some periods in a row, as a schedule of that rhythm names them."""
    days = [period(unit, day, step, calendar)[0] for step in range(8)]
    return [local(f"{day.isoformat()}T09:00", zone) for day in days]


def assert_tiled(windows: Sequence[Window]) -> None:
    """No gap, no overlap, nothing empty. Beside the day that Apia left out a window may come twice."""
    assert all(window.start < window.end for window in windows)
    different = sorted({(window.start, window.end) for window in windows})
    assert all(earlier[1] == later[0] for earlier, later in pairwise(different))


@given(DAYS, st.sampled_from(sorted(UNIT_OF)), st.sampled_from(ZONES), st.sampled_from(["monday", "sunday"]), st.data())
@settings(max_examples=150, deadline=None)
def test_windows_of_consecutive_slots_tile_without_gap_or_overlap(
    day: date, name: str, zone: str, week_start: str, data: st.DataObject
) -> None:
    fiscal = data.draw(st.sampled_from(["01-01", "04-06", "08-31", "12-31"]))
    slots = slots_from(day, UNIT_OF[name], zone, calendar_of(week_start, fiscal))
    windows = [resolve(WindowSpec(name), slot, zone, week_start=week_start, fiscal_year_start=fiscal) for slot in slots]
    assert_tiled(windows)
    assert not any(window.so_far for window in windows)


def test_the_day_that_apia_left_out_is_nobodys_yesterday() -> None:
    days = ("2011-12-29", "2011-12-30", "2011-12-31", "2012-01-01")
    slots = [local(f"{day}T09:00", "Pacific/Apia") for day in days]
    windows = [at_slot("yesterday", slot, "Pacific/Apia") for slot in slots]
    assert_tiled(windows)
    assert {window.end - window.start for window in windows} == {timedelta(days=1)}
    assert windows[1] == windows[2], "the 29th, told at the change and on the morning after it"
    assert at_slot("today", slots[2], "Pacific/Apia").start == slots[1], "Saturday began when Friday was left out"


@given(st.sets(st.integers(0, 10**8), min_size=2, max_size=40), st.sampled_from(ZONES))
@settings(max_examples=50, deadline=None)
def test_since_previous_slot_covers_all_time_exactly_once(seconds: set[int], zone: str) -> None:
    slots = [SLOT + timedelta(seconds=second) for second in sorted(seconds)]
    windows = [
        resolve(WindowSpec("since-previous-slot"), slot, zone, previous_slot=before)
        for before, slot in pairwise([None, *slots])
        if slot is not None
    ]
    assert_tiled(windows)
    assert windows[0].start == datetime(1970, 1, 1, tzinfo=UTC), "before the first slot lies everything"
    assert windows[-1].end == slots[-1]
    assert not any(window.so_far for window in windows)


def test_a_weekday_digests_monday_covers_friday_to_monday() -> None:
    friday, monday = local("2026-11-20T09:00"), local("2026-11-23T09:00")
    window = resolve(WindowSpec("since-previous-slot"), monday, BERLIN, previous_slot=friday)
    assert (window.start, window.end) == (friday, monday)


def test_a_weekly_schedule_covers_its_week_and_not_only_a_day() -> None:
    """A weekly report over a daily window lost six days elsewhere."""
    mondays = [local(f"2026-{day}T09:00") for day in ("10-19", "10-26", "11-02")]  # the clocks change in between
    for before, slot in pairwise(mondays):
        since = resolve(WindowSpec("since-previous-slot"), slot, BERLIN, previous_slot=before)
        week = at_slot("last-week", slot)
        for window in (since, week):
            shown = wall(window.end, ZoneInfo(BERLIN)) - wall(window.start, ZoneInfo(BERLIN))
            assert shown == timedelta(days=7)


@given(
    DAYS, st.sampled_from(["week", "month", "quarter", "year"]), st.sampled_from(["01-01", "02-28", "05-31", "12-31"])
)
@settings(max_examples=100, deadline=None)
def test_every_day_lies_in_exactly_one_period(day: date, unit: str, fiscal: str) -> None:
    calendar = calendar_of("thursday", fiscal)
    start, after = period(unit, day, 0, calendar)
    assert start <= day < after
    assert period(unit, day, 1, calendar)[0] == after
    assert period(unit, day, -1, calendar)[1] == start
    assert period(unit, start, 0, calendar) == period(unit, after - timedelta(days=1), 0, calendar) == (start, after)


# comparisons


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("today", "2026-11-24", "2026-11-24T09:00"),
        ("yesterday", "2026-11-23", "2026-11-24"),
        ("this-week", "2026-11-16", "2026-11-18T09:00"),
        ("last-week", "2026-11-09", "2026-11-16"),
        ("this-month", "2026-10-01", "2026-10-25T09:00"),
        ("last-month", "2026-09-01", "2026-10-01"),
        ("last-quarter", "2026-04-01", "2026-07-01"),
        ("last-year", "2024-01-01", "2025-01-01"),
        ("last-7d", "2026-11-11", "2026-11-18"),
    ],
)
def test_previous_is_one_step_earlier_and_cut_where_the_window_stands(name: str, start: str, end: str) -> None:
    window = against(at_slot(name), "previous")
    assert (window.start, window.end) == (local(start), local(end))
    assert window.name == "previous"
    assert not window.so_far


def test_a_long_month_so_far_is_compared_with_no_more_than_the_whole_short_one() -> None:
    slot = local("2026-03-31T09:00")
    window = against(at_slot("this-month", slot), "previous", slot)
    assert (window.start, window.end) == (local("2026-02-01"), local("2026-03-01"))


def test_so_far_is_cut_by_the_clock_on_the_wall_over_a_change() -> None:
    slot = local("2026-10-28T09:00")  # the clocks were put back on the Sunday before
    window = against(at_slot("this-month", slot), "previous", slot)
    assert window.end == local("2026-09-28T09:00")


@pytest.mark.parametrize(
    ("base", "name", "start", "end"),
    [
        ("yesterday", "same-days-last-week", "2026-11-17", "2026-11-18"),
        ("yesterday", "same-days-last-month", "2026-10-24", "2026-10-25"),
        ("yesterday", "same-days-last-quarter", "2026-08-24", "2026-08-25"),
        ("yesterday", "same-days-last-year", "2025-11-24", "2025-11-25"),
        ("last-week", "same-days-last-year", "2025-11-16", "2025-11-23"),
        ("last-month", "same-days-last-month", "2026-09-01", "2026-10-01"),
        ("this-week", "same-days-last-week", "2026-11-16", "2026-11-18T09:00"),
    ],
)
def test_the_same_days_of_an_earlier_time(base: str, name: str, start: str, end: str) -> None:
    window = against(at_slot(base), name)
    assert (window.start, window.end) == (local(start), local(end))


@pytest.mark.parametrize(
    ("start", "end", "name", "before", "until"),
    [
        ("2026-03-30", "2026-03-31", "same-days-last-month", "2026-02-28", "2026-03-01"),
        ("2026-03-01", "2026-04-01", "same-days-last-month", "2026-02-01", "2026-03-01"),
        ("2024-02-29", "2024-03-01", "same-days-last-year", "2023-02-28", "2023-03-01"),
        ("2026-05-31", "2026-06-01", "same-days-last-quarter", "2026-02-28", "2026-03-01"),
    ],
)
def test_days_that_an_earlier_month_lacks_become_its_last(
    start: str, end: str, name: str, before: str, until: str
) -> None:
    window = against(Window(local(start), local(end), BERLIN, "range"), name)
    assert (window.start, window.end) == (local(before), local(until))


def test_hours_that_fall_on_one_short_day_keep_their_length() -> None:
    base = Window(local("2026-03-30T10:00"), local("2026-03-31T09:00"), BERLIN, "range")
    window = against(base, "same-days-last-month")
    assert (window.start, window.end) == (local("2026-02-28T10:00"), local("2026-03-01T09:00"))


def test_a_comparison_may_be_any_window_or_range_as_it_stands() -> None:
    assert against(at_slot("this-week"), "last-month") == at_slot("last-month")
    spec = WindowSpec("range", SLOT - timedelta(days=9), SLOT - timedelta(days=8))
    assert compared(at_slot("today"), spec, SLOT).end == spec.end


def test_before_a_range_lies_a_time_as_long_as_it_on_the_wall() -> None:
    week = Window(local("2026-10-26"), local("2026-11-02"), BERLIN, "range")
    window = against(week, "previous")
    assert (window.start, window.end) == (local("2026-10-19"), local("2026-10-26")), "with an hour more in elapsed time"
    minutes = Window(local("2026-10-25T03:00"), local("2026-10-25T03:15"), BERLIN, "range")
    assert minutes.start - against(minutes, "previous").start == timedelta(minutes=15)


def test_previous_of_since_previous_slot_is_what_the_slot_before_covered() -> None:
    thursday, friday, monday = (local(f"2026-11-{day}T09:00") for day in (19, 20, 23))
    base = resolve(WindowSpec("since-previous-slot"), monday, BERLIN, previous_slot=friday)
    window = compared(base, WindowSpec("previous"), monday, previous_slot=friday, earlier_slot=thursday)
    assert (window.start, window.end) == (thursday, friday)
    assert against(base, "previous", monday).start == local("2026-11-17T09:00"), "unknown: as long as the window"


def test_nothing_lies_before_all_time() -> None:
    with pytest.raises(WindowError, match="nothing lies before all-time; write compare: none"):
        against(at_slot("all-time"), "previous")
    with pytest.raises(WindowError, match="has nothing before window: all-time"):
        check_pair(WindowSpec("all-time"), WindowSpec("previous"))
    check_pair(WindowSpec("last-week"), WindowSpec("previous"))


MOMENTS = st.datetimes(
    datetime.fromisoformat("2010-01-01"), datetime.fromisoformat("2032-01-01"), timezones=st.just(UTC)
)
CLOSED = ["yesterday", "last-week", "last-month", "last-quarter", "last-year", "last-7d"]
SO_FAR = ["today", "this-week", "this-month", "this-quarter", "this-year"]


@given(MOMENTS, st.sampled_from(CLOSED), st.sampled_from(ZONES))
@settings(max_examples=100, deadline=None)
def test_previous_of_a_closed_window_touches_it(slot: datetime, name: str, zone: str) -> None:
    base = at_slot(name, slot, zone)
    window = against(base, "previous", slot)
    assert window.start <= window.end == base.start


@given(MOMENTS, st.sampled_from(SO_FAR), st.sampled_from(ZONES), st.sampled_from(COMPARE_NAMES))
@settings(max_examples=150, deadline=None)
def test_a_window_so_far_is_compared_with_no_more_than_it_has_itself(
    slot: datetime, name: str, zone: str, compare: str
) -> None:
    base, place = at_slot(name, slot, zone), ZoneInfo(zone)
    window = against(base, compare, slot)
    assert base.start <= slot < base.end
    assert base.so_far
    assert not window.so_far
    assert window.start <= window.end <= slot
    longest = wall(slot, place) - wall(base.start, place) + timedelta(days=3)  # same days: 31 March against 28 February
    assert wall(window.end, place) - wall(window.start, place) <= longest


@given(MOMENTS, st.sampled_from(sorted(set(WINDOW_NAMES) - {"since-previous-slot"})), st.sampled_from(ZONES))
@settings(max_examples=100, deadline=None)
def test_every_window_is_ordered_and_says_itself_whether_it_is_so_far(slot: datetime, name: str, zone: str) -> None:
    window = at_slot(name, slot, zone)
    assert window.start <= window.end
    assert window.so_far is (window.end > slot)
    assert window.zone == zone


@given(DAYS, st.integers(-40, 40))
@settings(max_examples=100, deadline=None)
def test_months_keep_the_day_or_end_with_the_month(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved + timedelta(days=1)).day == 1
