"""Slots: durations, what becomes of slots that passed, and the first slot of a new or edited definition."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count, islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.domain.due.slots import (
    Accounted,
    account,
    account_every,
    account_slots,
    every_after,
    every_before,
    first_slot,
    following,
    parse_every,
)
from worker.domain.missed import MissedSlots
from worker.domain.reason import Reason
from worker.domain.schedule import CatchUp, Trigger
from worker.domain.time.duration import DurationError, parse_duration
from worker.domain.time.zones import ZoneError, day_start, first, second, wall, zone_named

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shows(text: str) -> datetime:
    """What a clock on the wall shows: naive."""
    return datetime.fromisoformat(text)


# durations


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("2h", 7200), ("1h30m", 5400), ("1h1m1s", 3661), (" 10S ", 10), ("23h59m", 86340)],
)
def test_every_reads_hours_minutes_and_seconds(text: str, seconds: int) -> None:
    assert parse_every(text) == seconds


@pytest.mark.parametrize("text", ["24h", "1d", "1440m", "36h"])
def test_every_of_a_day_or_more_is_refused_with_the_cron_form_to_write(text: str) -> None:
    with pytest.raises(DurationError, match=r"a day or more.*0 9 \* \* \*"):
        parse_every(text)


def test_every_of_whole_weeks_is_pointed_to_a_weekly_cron() -> None:
    with pytest.raises(DurationError, match="MON"):
        parse_every("2w")


@pytest.mark.parametrize("text", ["", "15", "1.5h", "30m1h", "1h 30m", "-5m", "soon", "0x5s", "٣m", "9" * 5000 + "s"])
def test_what_is_no_duration_is_refused_in_one_short_sentence(text: str) -> None:
    with pytest.raises(DurationError, match="is not a duration; write whole numbers with units") as caught:
        parse_every(text)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("5 minutes", "5m"),
        ("5mins", "5m"),
        ("hour", "1h"),
        ("an hour", "1h"),
        ("every day", "1d"),
        ("2 Weeks", "2w"),
        ("90 sec", "90s"),
        ("02 hrs", "2h"),
    ],
)
def test_a_duration_in_words_gets_what_to_write(text: str, meant: str) -> None:
    with pytest.raises(DurationError, match=f"is not a duration; did you mean `{meant}`"):
        parse_every(text)
    assert parse_duration(meant)


def test_every_of_nothing_is_refused() -> None:
    with pytest.raises(DurationError, match="less than a second; write at least 1s"):
        parse_every("0s")


def test_other_durations_may_be_days() -> None:
    assert parse_duration("1w2d") == 9 * 86_400


# wall clocks


def test_a_zone_that_does_not_exist_is_refused_however_wrong_its_name_is() -> None:
    for name in ("Europe/Berln", "", "../../etc/passwd", "/etc/localtime", "Europe", "a\0b", "x" * 5000):
        with pytest.raises(ZoneError, match="no time zone is called"):
            zone_named(name)


@pytest.mark.parametrize(
    ("zone", "shown", "instant"),
    [
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-03-29T02:00", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30"),
        ("Pacific/Apia", "2011-12-30T09:00", "2011-12-30T10:00"),
        ("Asia/Kolkata", "2026-01-01T05:30", "2026-01-01T00:00"),
    ],
)
def test_a_missing_time_is_the_instant_of_the_change_and_a_repeated_one_its_first(
    zone: str, shown: str, instant: str
) -> None:
    assert first(datetime.fromisoformat(shown), ZoneInfo(zone)) == at(instant)


def test_only_a_repeated_time_comes_a_second_time() -> None:
    assert second(shows("2026-10-25T02:30"), BERLIN) == at("2026-10-25T01:30")
    assert second(shows("2026-10-25T03:30"), BERLIN) is None
    assert second(shows("2026-03-29T02:30"), BERLIN) is None


def test_a_day_starts_at_its_first_existing_instant() -> None:
    santiago = ZoneInfo("America/Santiago")
    start = day_start(date(2026, 9, 6), santiago)
    assert wall(start, santiago) == shows("2026-09-06T01:00"), "midnight was jumped over"
    assert wall(start - timedelta(seconds=1), santiago).day == 5


def test_mapping_never_goes_back_as_the_clock_on_the_wall_goes_on() -> None:
    shown = [shows("2026-10-24") + timedelta(minutes=7 * step) for step in range(400)]
    instants = [first(moment, BERLIN) for moment in shown]
    assert instants == sorted(instants)


@given(st.integers(0, 240), st.sampled_from([1, 5, 15, 60]))
@settings(max_examples=60, deadline=None)
def test_in_a_repeated_hour_both_comings_follow_in_the_order_of_instants(offset: int, step: int) -> None:
    """Any minute of the four hours around the change may be asked; each whole step of elapsed time is named once."""

    def next_wall(shown: datetime) -> datetime:
        minutes = (shown - shows("2026-01-01")) // timedelta(minutes=step) + 1
        return shows("2026-01-01") + minutes * timedelta(minutes=step)

    after = at("2026-10-24T23:00") + timedelta(minutes=offset)
    expected = every_after(step * 60, None, after)
    assert following(after, BERLIN, next_wall, both_of_twice=True) == expected


# account


def hourly(start: datetime) -> Iterator[datetime]:
    return (start + timedelta(hours=number) for number in count())


def test_the_newest_of_many_late_slots_runs_and_the_older_ones_are_one_missed_range() -> None:
    found = account_slots(hourly(NOON), NOON + timedelta(hours=5, minutes=30), CatchUp.LATEST, 60)
    assert found.runs == (NOON + timedelta(hours=5),)
    assert found.missed == (MissedSlots(NOON, NOON + timedelta(hours=4), 5, Reason.CAUGHT_UP),)
    assert found.next_slot == NOON + timedelta(hours=6)


def test_without_catching_up_late_slots_are_missed_and_the_one_on_time_runs() -> None:
    found = account_slots(hourly(NOON), NOON + timedelta(hours=2, seconds=60), CatchUp.NONE, 60)
    assert found.runs == (NOON + timedelta(hours=2),)
    assert found.missed == (MissedSlots(NOON, NOON + timedelta(hours=1), 2, Reason.TOO_LATE),)


def test_a_second_past_the_grace_is_late() -> None:
    found = account_slots(hourly(NOON), NOON + timedelta(seconds=61), CatchUp.NONE, 60)
    assert found.runs == ()
    assert found.missed[0].reason is Reason.TOO_LATE


def test_catching_up_on_all_runs_each_oldest_first() -> None:
    found = account_slots(hourly(NOON), NOON + timedelta(hours=3), CatchUp.ALL, 60)
    assert found.runs == tuple(islice(hourly(NOON), 4))
    assert found.missed == ()


def test_a_slot_two_seconds_late_still_runs_where_a_misfire_grace_of_one_second_dropped_it() -> None:
    for catch_up in CatchUp:
        assert account_slots(hourly(NOON), NOON + timedelta(seconds=2), catch_up, 60).runs == (NOON,)


def test_nothing_due_says_only_when_the_next_slot_is() -> None:
    assert account_slots(hourly(NOON), NOON - timedelta(seconds=1), CatchUp.LATEST, 60) == Accounted((), (), NOON)
    assert account_slots(iter(()), NOON, CatchUp.LATEST, 60) == Accounted((), (), None)


def test_the_last_slot_of_a_trigger_that_ends_leaves_no_next() -> None:
    assert account_slots(iter((NOON,)), NOON, CatchUp.LATEST, 60) == Accounted((NOON,), (), None)


def test_a_slot_that_was_due_is_never_asked_for_again() -> None:
    """Now on a slot: what was claimed once must not come back as the next slot, or it is claimed for ever."""
    found = account_slots(hourly(NOON), NOON, CatchUp.LATEST, 60)
    assert found.runs == (NOON,)
    assert found.next_slot == NOON + timedelta(hours=1)


def test_a_long_outage_is_read_no_further_than_the_limit() -> None:
    read: list[datetime] = []

    def counted() -> Iterator[datetime]:
        for slot in hourly(NOON):
            read.append(slot)
            yield slot

    found = account_slots(counted(), NOON + timedelta(days=999), CatchUp.LATEST, 60, limit=10)
    assert len(read) == 11
    assert found.runs == ()
    assert found.missed[0].count == 10, "newer slots are due: none of these is the newest"
    assert found.next_slot == NOON + timedelta(hours=10)


def test_a_week_at_one_second_is_counted_not_walked() -> None:
    found = account_every(1, NOON, NOON + timedelta(days=7), CatchUp.LATEST, 60)
    assert found.runs == (NOON + timedelta(days=7),)
    assert found.missed[0].count == 7 * 86_400
    assert found.next_slot == NOON + timedelta(days=7, seconds=1)


def test_catching_up_on_all_of_a_long_outage_runs_so_many_at_a_time() -> None:
    found = account_every(1, NOON, NOON + timedelta(hours=1), CatchUp.ALL, 60, limit=3)
    assert found.runs == tuple(NOON + timedelta(seconds=number) for number in range(3))
    assert found.next_slot == NOON + timedelta(seconds=3), "still due: the next call goes on from here"


OUTAGES = st.integers(-5, 500)
STEPS = st.sampled_from([1, 7, 60, 90])


def _through(step: int, outage: int, catch_up: CatchUp, grace: int, limit: int, *, fast: bool) -> list[Accounted]:
    """Account again and again until nothing is due, as ticks do."""
    trigger = Trigger("every" if fast else "cron", "UTC", seconds=step)
    now, due, found = NOON + timedelta(seconds=outage), NOON, []
    while due <= now:
        answer = account(
            trigger, due, now, catch_up, grace, lambda _, after: after + timedelta(seconds=step), limit=limit
        )
        found.append(answer)
        assert answer.next_slot is not None
        assert answer.next_slot > due, "every call gets on"
        due = answer.next_slot
    return found


@given(STEPS, OUTAGES, st.sampled_from(CatchUp), st.integers(0, 120), st.sampled_from([1, 3, 1000]), st.booleans())
@settings(max_examples=200, deadline=None)
def test_every_expected_slot_is_a_run_or_missed_exactly_once(
    step: int, outage: int, catch_up: CatchUp, grace: int, limit: int, fast: bool
) -> None:
    answers = _through(step, outage, catch_up, grace, limit, fast=fast)
    expected = [NOON + timedelta(seconds=s) for s in range(0, outage + 1, step)]
    covered: list[datetime] = []
    for answer in answers:
        for gone in answer.missed:
            slots = [slot for slot in expected if gone.first <= slot <= gone.last]
            assert (len(slots), slots[0], slots[-1]) == (gone.count, gone.first, gone.last)
            covered += slots
        covered += answer.runs
    assert covered == expected, "in order, none twice, none forgotten"
    if catch_up is CatchUp.LATEST and expected:
        assert [slot for answer in answers for slot in answer.runs] == expected[-1:]


@given(STEPS, OUTAGES, st.sampled_from(CatchUp), st.integers(0, 120))
@settings(max_examples=100, deadline=None)
def test_counting_and_walking_an_every_come_to_the_same(step: int, outage: int, catch_up: CatchUp, grace: int) -> None:
    walked = account_slots(
        (NOON + timedelta(seconds=step * number) for number in count()),
        NOON + timedelta(seconds=outage),
        catch_up,
        grace,
    )
    assert account_every(step, NOON, NOON + timedelta(seconds=outage), catch_up, grace) == walked


# every


@given(st.integers(1, 86_399), st.none() | st.integers(0, 10**9), st.integers(0, 2 * 10**9))
@settings(max_examples=100, deadline=None)
def test_every_is_whole_steps_from_the_epoch_or_from_its_start(step: int, start: int | None, moment: int) -> None:
    begun = None if start is None else datetime.fromtimestamp(start, UTC)
    after = datetime.fromtimestamp(moment, UTC)
    slot = every_after(step, begun, after)
    assert slot > after
    assert (int(slot.timestamp()) - (start or 0)) % step == 0
    assert slot - after <= timedelta(seconds=step) or slot == begun
    assert every_before(step, begun, slot) == (slot - timedelta(seconds=step) if slot != begun else None)


# first slots


def daily(hour: int, zone: str) -> tuple[Trigger, ZoneInfo]:
    return Trigger("cron", zone, f"0 {hour} * * *"), ZoneInfo(zone)


def next_daily(trigger: Trigger, after: datetime) -> datetime:
    """Good enough for expressions `0 H * * *` on days without a change."""
    zone, hour = ZoneInfo(trigger.zone), int(trigger.expression.split()[1])
    shown = wall(after, zone).replace(hour=hour, minute=0, second=0, microsecond=0)
    slot = first(shown, zone)
    return slot if slot > after else first(shown + timedelta(days=1), zone)


def test_a_new_schedule_starts_strictly_after_now() -> None:
    trigger, _ = daily(12, "UTC")
    assert first_slot(trigger, NOON, next_daily, None, edited=False) == NOON + timedelta(days=1)


@pytest.mark.parametrize(
    ("hour", "zone", "last", "now", "expected", "why"),
    [
        (15, "UTC", "2026-11-23T09:00", "2026-11-23T12:00", "2026-11-24T15:00", "ran today, moved to later: tomorrow"),
        (9, "UTC", "2026-11-23T10:00", "2026-11-23T12:00", "2026-11-24T09:00", "ran today, moved to earlier"),
        (
            0,
            "UTC",
            "2026-11-23T09:00",
            "2026-11-23T12:00",
            "2026-11-24T00:00",
            "moved to the instant the next day begins",
        ),
        (15, "UTC", "2026-11-22T09:00", "2026-11-23T12:00", "2026-11-23T15:00", "ran yesterday: today is free"),
        (9, "America/New_York", "2026-11-23T08:00", "2026-11-23T08:30", "2026-11-24T14:00", "the zone moved west"),
        (1, "Asia/Tokyo", "2026-11-23T09:00", "2026-11-23T14:00", "2026-11-23T16:00", "already tomorrow in Tokyo"),
    ],
)
def test_an_edit_never_fires_the_current_day_again(
    hour: int, zone: str, last: str, now: str, expected: str, why: str
) -> None:
    trigger, _ = daily(hour, zone)
    assert first_slot(trigger, at(now), next_daily, at(last), edited=True) == at(expected), why


def test_an_edited_trigger_of_many_slots_a_day_goes_on_the_same_day() -> None:
    def next_hour(trigger: Trigger, after: datetime) -> datetime:
        return every_after(3600, None, after)

    last, now = NOON, NOON + timedelta(minutes=5)
    for trigger in (Trigger("cron", "UTC", "0 */1 * * *"), Trigger("every", "UTC", seconds=3600)):
        assert first_slot(trigger, now, next_hour, last, edited=True) == NOON + timedelta(hours=1)


def test_a_trigger_that_names_nothing_more_has_no_first_slot() -> None:
    trigger, _ = daily(9, "UTC")
    assert first_slot(trigger, NOON, lambda *_: None, NOON, edited=True) is None
