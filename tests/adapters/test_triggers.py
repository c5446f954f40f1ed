"""Triggers on the real APScheduler, across every change of clocks, against an oracle that walks elapsed time."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, islice, pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import walked_slots
from tests.support.walked_slots import QUARTER
from worker.adapters.public_holidays import PublicHolidays
from worker.adapters.triggers import ApTriggers
from worker.domain.due.slots import account, first_slot
from worker.domain.schedule import CatchUp, Trigger
from worker.domain.time.cron import CronFields, parse
from worker.domain.time.window import WindowSpec, resolve
from worker.domain.time.zones import wall

ZONES = {
    "America/New_York": 2025,
    "Europe/Berlin": 2025,
    "Australia/Lord_Howe": 2025,  # half an hour forth and back
    "America/Santiago": 2025,  # at midnight
    "Asia/Kolkata": 2025,  # never
    "Pacific/Apia": 2011,  # left out 30 December 2011
}
DAILY = ("0 0 * * *", "30 2 * * *", "15,45 0-3,23 * * *", "0 9 * * FRI-MON")

triggers = ApTriggers()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def cron(expression: str, zone: str) -> Trigger:
    return Trigger("cron", zone, expression)


def between(trigger: Trigger, after: datetime, until: datetime) -> list[datetime]:
    return list(takewhile(lambda slot: slot <= until, triggers.upcoming(trigger, after)))


def names(fields: CronFields, shown: datetime) -> bool:
    return (
        shown.minute in fields.minute
        and shown.hour in fields.hour
        and shown.day in fields.day
        and shown.month in fields.month
        and shown.weekday() in fields.weekday
    )


def walked(expression: str, zone: ZoneInfo, after: datetime, until: datetime) -> list[datetime]:
    fields = parse(expression)
    return walked_slots.walked(
        lambda shown: names(fields, shown), zone, after, until, both_of_twice=fields.both_of_twice
    )


def changes(zone: ZoneInfo, start: datetime, until: datetime) -> Iterable[datetime]:
    days = [start + timedelta(days=number) for number in range((until - start).days)]
    return [a for a, b in pairwise(days) if a.astimezone(zone).utcoffset() != b.astimezone(zone).utcoffset()]


def start_of(year: int) -> datetime:
    return datetime(year, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("expression", [*DAILY, "*/15 * * * *", "30 */2 * * *"])
def test_no_slot_is_lost_or_doubled_around_any_change_of_clocks_in_two_years(zone: str, expression: str) -> None:
    place, start = ZoneInfo(zone), start_of(ZONES[zone])
    found = list(changes(place, start, start_of(ZONES[zone] + 2)))
    assert bool(found) == (zone != "Asia/Kolkata")
    for change in found or [start]:
        after, until = change - timedelta(days=1), change + timedelta(days=3)
        assert between(cron(expression, zone), after, until) == walked(expression, place, after, until)


@pytest.mark.parametrize("zone", ZONES)
def test_two_years_of_a_nightly_schedule_have_no_slot_lost(zone: str) -> None:
    after, until = start_of(ZONES[zone]), start_of(ZONES[zone] + 2)
    slots = between(cron("30 2 * * *", zone), after, until)
    assert slots == walked("30 2 * * *", ZoneInfo(zone), after, until)
    # on the day that Apia left out its slot lies at the change, so it names a slot more than it had days
    assert len(slots) == (until - after).days + (zone == "Pacific/Apia")


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("expression", [*DAILY, "*/15 * * * *", "30 */2 * * *"])
def test_ten_years_in_every_zone_have_no_slot_lost_or_doubled(zone: str, expression: str) -> None:
    after, until = start_of(ZONES[zone]), start_of(ZONES[zone] + 10)
    assert between(cron(expression, zone), after, until) == walked(expression, ZoneInfo(zone), after, until)


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("expression", "name"),
    [("30 2 * * *", "yesterday"), ("0 9 * * MON", "last-week"), ("0 0 1 * *", "last-month"), ("0 9 * * MON-FRI", None)],
)
def test_ten_years_of_windows_tile_without_gap_or_overlap(zone: str, expression: str, name: str | None) -> None:
    """`name` None: since-previous-slot, which covers all time whatever the slots are."""
    trigger = cron(expression, zone)
    slots = between(trigger, start_of(ZONES[zone]), start_of(ZONES[zone] + 10))
    spec = WindowSpec(name or "since-previous-slot")
    before = [None if name else triggers.previous(trigger, slot) for slot in slots]
    windows = [resolve(spec, slot, zone, previous_slot=earlier) for slot, earlier in zip(slots, before, strict=True)]
    # The day that Apia left out has its slot at the change, on the day after it: the same day's window twice.
    different = [window for window, _ in groupby(windows)]
    assert len(windows) - len(different) == (zone == "Pacific/Apia" and name == "yesterday")
    assert all(earlier.end == later.start for earlier, later in pairwise(different))


FIELDS = st.builds(
    "{} {} {} {} {}".format,
    st.sampled_from(["0", "30", "*/15", "0,45", "*"]),
    st.sampled_from(["0", "1", "2", "3", "9", "*", "*/2", "1-3", "23"]),
    st.sampled_from(["*", "*", "1", "29,31", "*/7"]),
    st.sampled_from(["*", "*", "3", "OCT-NOV", "2"]),
    st.just("*"),
) | st.builds(
    "{} {} * * {}".format, st.sampled_from(["0", "30"]), st.sampled_from(["0", "2", "*"]), st.sampled_from("01567")
)
INSTANTS = st.datetimes(
    datetime.fromisoformat("2010-01-01"), datetime.fromisoformat("2035-01-01"), timezones=st.just(UTC)
)


@given(FIELDS, st.sampled_from(sorted(ZONES)), INSTANTS)
@settings(max_examples=120, deadline=None)
def test_slots_strictly_increase_and_before_is_the_reverse_of_after(
    expression: str, zone: str, after: datetime
) -> None:
    trigger = cron(expression, zone)
    slots = list(islice(triggers.upcoming(trigger, after), 12))
    assert all(a < b for a, b in pairwise([after, *slots]))
    assert [triggers.next(trigger, slot) for slot in slots[:-1]] == slots[1:]
    assert [triggers.previous(trigger, slot) for slot in slots[1:3]] == slots[:2]
    assert all(slot.tzinfo is UTC for slot in slots)


@given(FIELDS, st.sampled_from(sorted(ZONES)), INSTANTS, st.integers(1, 10**7))
@settings(max_examples=60, deadline=None)
def test_the_same_slot_is_named_from_anywhere_before_it(expression: str, zone: str, after: datetime, back: int) -> None:
    """Asked from any instant between two slots the answer is the later one: no clock needs to be on time."""
    trigger = cron(expression, zone)
    slot = triggers.next(trigger, after)
    assert slot is not None
    between_them = slot - timedelta(microseconds=1 + back % ((slot - after) // timedelta(microseconds=1)))
    assert triggers.next(trigger, between_them) == slot


# what went wrong elsewhere


def test_now_on_a_slot_answers_the_next_slot_and_not_now_again() -> None:
    trigger = cron("0 9 * * *", "UTC")
    assert triggers.next(trigger, at("2026-11-23T09:00")) == at("2026-11-24T09:00")
    assert triggers.next(trigger, at("2026-11-23T08:59:59.999999")) == at("2026-11-23T09:00")


def test_weekday_1_fires_on_monday_where_apscheduler_alone_fires_on_tuesday() -> None:
    slot = triggers.next(cron("0 9 * * 1", "UTC"), at("2026-11-18"))
    assert slot is not None
    assert slot.date() == date(2026, 11, 23)
    assert slot.strftime("%A") == "Monday"


def test_a_nightly_run_in_the_repeated_hour_fires_once_and_does_not_crash_on_the_fold() -> None:
    slots = between(cron("30 2 * * *", "Europe/Berlin"), at("2026-10-24T12:00"), at("2026-10-26T12:00"))
    assert slots == [at("2026-10-25T00:30"), at("2026-10-26T01:30")]


def test_an_hourly_run_fires_in_both_comings_of_the_repeated_hour() -> None:
    slots = between(cron("30 * * * *", "Europe/Berlin"), at("2026-10-24T23:00"), at("2026-10-25T02:00"))
    assert slots == [at("2026-10-24T23:30"), at("2026-10-25T00:30"), at("2026-10-25T01:30")]


def test_a_run_of_many_an_hour_names_both_comings_in_the_order_of_instants() -> None:
    """Not the second 02:00 before the first 02:15."""
    slots = between(cron("*/15 * * * *", "Europe/Berlin"), at("2026-10-24T23:45"), at("2026-10-25T02:00"))
    assert slots == [at("2026-10-25T00:00") + number * QUARTER for number in range(9)]


def test_times_that_do_not_exist_collapse_into_one_slot_at_the_change() -> None:
    slots = between(cron("0,20,40 2 * * *", "Europe/Berlin"), at("2026-03-28T12:00"), at("2026-03-29T12:00"))
    assert slots == [at("2026-03-29T01:00")]


def test_the_day_that_apia_left_out_has_its_slot_at_the_change() -> None:
    slots = between(cron("0 9 * * *", "Pacific/Apia"), at("2011-12-29T20:00"), at("2011-12-31T20:00"))
    assert slots == [at("2011-12-30T10:00"), at("2011-12-30T19:00"), at("2011-12-31T19:00")]


def test_nine_in_the_morning_stays_nine_on_the_wall_over_the_change() -> None:
    slots = between(cron("0 9 * * *", "America/New_York"), at("2026-10-30T00:00"), at("2026-11-03T00:00"))
    assert {wall(slot, ZoneInfo("America/New_York")).hour for slot in slots} == {9}


def test_29_february_is_waited_for_and_the_end_of_time_names_nothing() -> None:
    assert triggers.next(cron("0 0 29 2 *", "UTC"), at("2097-01-01")) == at("2104-02-29")
    assert triggers.next(cron("0 0 * * *", "UTC"), at("9500-01-01")) is None


def test_every_is_elapsed_time_from_the_epoch_and_blind_to_daylight_saving() -> None:
    trigger = Trigger("every", "Europe/Berlin", seconds=5400)
    slots = list(islice(triggers.upcoming(trigger, at("2026-10-24T23:59")), 4))
    assert {b - a for a, b in pairwise(slots)} == {timedelta(seconds=5400)}
    assert all(int(slot.timestamp()) % 5400 == 0 for slot in slots)


def test_a_start_is_the_first_slot_of_an_every_and_holds_a_cron_back() -> None:
    start = at("2026-11-23T09:07")
    every = Trigger("every", "UTC", seconds=600, start=start)
    assert triggers.next(every, at("2026-11-01")) == start
    assert triggers.next(every, start) == start + timedelta(minutes=10)
    assert triggers.previous(every, start) is None
    assert triggers.next(Trigger("cron", "UTC", "0 9 * * *", start=start), at("2026-11-01")) == at("2026-11-24T09:00")


def test_the_slot_before_a_monday_is_friday_for_a_weekday_digest() -> None:
    weekdays = cron("0 9 * * MON-FRI", "Europe/Berlin")
    assert triggers.previous(weekdays, at("2026-11-23T08:00")) == at("2026-11-20T08:00")
    assert triggers.previous(cron("0 0 29 2 *", "UTC"), at("2026-01-01")) == at("2024-02-29")


def test_the_memo_answers_as_the_reckoning_does_and_stays_small() -> None:
    small, trigger = ApTriggers(memo=2), cron("*/5 * * * *", "Europe/Berlin")
    starts = [at("2026-11-23T00:00") + timedelta(minutes=7 * number) for number in range(10)]
    assert [small.next(trigger, start) for start in starts * 2] == [
        triggers.next(trigger, start) for start in starts * 2
    ]
    assert small._next.cache_info().currsize == 2


def test_a_moved_cron_line_does_not_fire_the_current_day_again() -> None:
    moved, now = cron("0 15 * * *", "Europe/Berlin"), at("2026-10-25T09:00")
    last = at("2026-10-25T08:00")
    assert first_slot(moved, now, triggers.next, last, edited=True) == at("2026-10-26T14:00")
    midnight = cron("@daily", "Europe/Berlin")
    assert first_slot(midnight, now, triggers.next, last, edited=True) == at("2026-10-25T23:00")
    assert first_slot(moved, now, triggers.next, last, edited=False) == at("2026-10-25T14:00")


@given(FIELDS, st.sampled_from(sorted(ZONES)), INSTANTS)
@settings(max_examples=40, deadline=None)
def test_windows_since_the_previous_slot_cover_all_time_once(expression: str, zone: str, after: datetime) -> None:
    trigger = cron(expression, zone)
    slots = list(islice(triggers.upcoming(trigger, after), 6))
    since = WindowSpec("since-previous-slot")
    windows = [resolve(since, slot, zone, previous_slot=triggers.previous(trigger, slot)) for slot in slots]
    assert [window.end for window in windows] == slots
    assert all(earlier.end == later.start for earlier, later in pairwise(windows))


def test_a_weekly_schedule_with_a_window_of_its_week_leaves_no_day_out_over_a_change_of_clocks() -> None:
    mondays = between(cron("0 9 * * MON", "Europe/Berlin"), at("2026-10-01"), at("2026-11-30"))
    windows = [resolve(WindowSpec("last-week"), slot, "Europe/Berlin") for slot in mondays]
    assert all(earlier.end == later.start for earlier, later in pairwise(windows))
    assert {window.end - window.start for window in windows} == {timedelta(days=7), timedelta(days=7, hours=1)}


@given(FIELDS, st.sampled_from(sorted(ZONES)), INSTANTS, st.integers(0, 6 * 86_400), st.sampled_from(CatchUp))
@settings(max_examples=60, deadline=None)
def test_an_outage_of_any_length_accounts_for_every_slot_once(
    expression: str, zone: str, begun: datetime, length: int, catch_up: CatchUp
) -> None:
    trigger = cron(expression, zone)
    now, due, runs, missed = begun + timedelta(seconds=length), triggers.next(trigger, begun), 0, 0
    expected = len(list(islice(takewhile(lambda slot: slot <= now, triggers.upcoming(trigger, begun)), 9000)))
    while due is not None and due <= now:
        found = account(trigger, due, now, catch_up, 60, triggers.next, limit=200)
        runs, missed, due = runs + len(found.runs), missed + sum(gone.count for gone in found.missed), found.next_slot
    assert runs + missed == expected
    assert due == triggers.next(trigger, now)


WORKDAYS = ApTriggers(PublicHolidays().name)
OFFICE = Trigger("cron", "Europe/Berlin", "0 9 * * MON-FRI", holidays="DE-BE")


def test_a_cron_leaves_out_the_public_holidays_of_its_calendar() -> None:
    found = takewhile(lambda slot: slot < at("2026-04-09T00:00"), WORKDAYS.upcoming(OFFICE, at("2026-04-01T00:00")))
    assert [wall(slot, ZoneInfo("Europe/Berlin")).date().isoformat() for slot in found] == [
        "2026-04-01",
        "2026-04-02",  # Good Friday and Easter Monday are left out
        "2026-04-07",
        "2026-04-08",
    ]


def test_what_came_before_a_holiday_is_the_previous_slot() -> None:
    tuesday = at("2026-04-07T07:00")
    assert WORKDAYS.previous(OFFICE, tuesday) == at("2026-04-02T07:00")
    window = resolve(
        WindowSpec("since-previous-slot"), tuesday, OFFICE.zone, previous_slot=WORKDAYS.previous(OFFICE, tuesday)
    )
    assert (window.start, window.end) == (at("2026-04-02T07:00"), tuesday), "Tuesday covers Thursday to Tuesday"


@given(st.datetimes(datetime(2020, 1, 1), datetime(2034, 1, 1)), st.sampled_from(["DE-BE", "US", "JP", "GB-SCT"]))  # noqa: DTZ001
def test_slots_around_holidays_are_those_without_them_but_for_the_holidays(shown: datetime, calendar: str) -> None:
    after = shown.replace(tzinfo=UTC)
    trigger = replace(OFFICE, holidays=calendar)
    every = takewhile(
        lambda slot: slot < after + timedelta(days=30), WORKDAYS.upcoming(replace(OFFICE, holidays=""), after)
    )
    zone, name = ZoneInfo(OFFICE.zone), PublicHolidays().name
    expected = [slot for slot in every if not name(calendar, wall(slot, zone).date())]
    found = list(takewhile(lambda slot: slot < after + timedelta(days=30), WORKDAYS.upcoming(trigger, after)))
    assert found == expected
    assert [WORKDAYS.previous(trigger, later) for later in found[1:]] == found[:-1]


def test_holidays_without_a_calendar_are_no_silent_nothing() -> None:
    with pytest.raises(KeyError, match="DE-BE"):
        triggers.next(OFFICE, at("2026-04-01T00:00"))


@pytest.mark.parametrize("start", ["0001-01-01", "9000-01-01", "9999-12-31T23:59:59.999999"])
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/New_York"])
@pytest.mark.parametrize("expression", ["0 9 * * *", "*/5 * * * *", "0 9 LW * *", ""])
def test_a_start_at_either_end_of_time_is_no_error(expression: str, zone: str, start: str) -> None:
    begins, now = datetime.fromisoformat(start).replace(tzinfo=UTC), datetime(2026, 11, 16, tzinfo=UTC)
    trigger = Trigger("cron" if expression else "every", zone, expression, seconds=3600, start=begins)
    assert (ApTriggers().next(trigger, now) is None) == (begins.year > 1)
    assert list(islice(ApTriggers().upcoming(trigger, now), 2)) == [] or begins.year == 1
    assert ApTriggers().previous(trigger, now) is None or begins.year == 1
