"""Every slot that comes is a run or is missed, whatever is spread, paused, late or at its end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from tests.support.set_clock import month
from worker.adapters.triggers import ApTriggers
from worker.domain.due.pauses import Pause, account_around
from worker.domain.due.slots import LIMIT
from worker.domain.due.spread import delay_of, shortest_interval
from worker.domain.reason import Reason
from worker.domain.run import Run, RunKey, RunState
from worker.domain.schedule import CatchUp, Schedule, Timing, Trigger
from worker.flow.run.stale import _stale
from worker.flow.run.tick import slot_claim
from worker.ports import Due

START = datetime(2026, 10, 23, 12, 0, tzinfo=UTC)  # Berlin and New York change clocks in the ten days that follow
TRIGGERS = ApTriggers()
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]
LINES = ["*/20 * * * *", "30 2 * * *", "0 */4 * * *", "0 9 * * MON-FRI", "15 1,2 * * SUN", "0 9 1 * *"]
moments = st.integers(0, 12 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds))


@st.composite
def timings(draw: st.DrawFn) -> Timing:
    end = draw(st.none() | moments)
    if draw(st.booleans()):
        trigger = Trigger("cron", draw(st.sampled_from(ZONES)), draw(st.sampled_from(LINES)), end=end)
    else:
        start = draw(st.none() | st.just(START - timedelta(minutes=7)))
        trigger = Trigger("every", "UTC", seconds=draw(st.sampled_from([7, 90, 3_600, 50_000])), start=start, end=end)
    spread = draw(st.integers(0, (shortest_interval(trigger) - 1) // 2))
    catch_up = draw(st.sampled_from(CatchUp))
    return Timing(trigger, catch_up, draw(st.sampled_from([1, 60, 7_200])), None, spread)


def expected(timing: Timing, name: str, after: datetime, now: datetime) -> list[datetime]:
    """What was due in (after, now], by walking."""
    delay, found = delay_of(name, timing.spread), []
    for slot in TRIGGERS.upcoming(timing.trigger, after - delay):
        if slot + delay > now:
            break
        found.append(slot)
    return found


@given(timings(), st.text("abc", min_size=1, max_size=3), st.lists(moments, min_size=1, max_size=4), st.data())
@settings(max_examples=120, deadline=None)
def test_expected_slots_are_runs_and_missed_ones_after_outages_of_any_length(
    timing: Timing, name: str, looks: list[datetime], data: st.DataObject
) -> None:
    """A clock looks at some instants only; at each of them something may be paused."""
    if timing.trigger.kind == "every" and timing.trigger.seconds < 3_600:
        looks = [START + (moment - START) / 40 for moment in looks]
    after, runs, missed = START, [], []
    first = next(TRIGGERS.upcoming(timing.trigger, START - delay_of(name, timing.spread)), None)
    at = None if first is None else first + delay_of(name, timing.spread)
    for now in sorted(looks):
        pause = data.draw(st.none() | st.builds(Pause, st.none() | moments), label="pause")
        while at is not None and at <= now:
            claim = slot_claim(TRIGGERS, {name: timing}, "b", Due(name, at, pause), now)
            assert claim is not None
            assert claim.next_due is None or claim.next_due > at
            assert all(run.deadline > now for run in claim.runs)
            runs += [(run.key.slot, now, pause) for run in claim.runs]
            missed += list(claim.missed)
            at = claim.next_due
        slots = expected(timing, name, after, now)
        after = now
        _spoken_of(timing, name, slots, [r for r in runs if r[0] in slots], now, pause)
    everything = expected(timing, name, START, max(looks))
    assert len(everything) == len(runs) + sum(row.count for row in missed)
    assert [slot for slot, _, _ in runs] == sorted({slot for slot, _, _ in runs})
    assert all(row.first in everything and row.last in everything for row in missed)
    assert all(not row.first <= slot <= row.last for row in missed for slot, _, _ in runs)


async def test_a_slot_is_stale_only_when_the_next_one_was_due(redis_client: Redis) -> None:
    """Not when it had merely come: a run that is spread would never tell the state of now."""
    services = (await month(redis_client, START)).services
    schedule = Schedule(Trigger("every", "UTC", seconds=3600), id="hourly", name="Hourly", report=(), spread=1700)
    due = START + timedelta(hours=1) + delay_of("hourly", 1700)
    for moment, stale in ((due - timedelta(seconds=1), False), (due, True)):
        run = Run(RunKey("hourly", START), RunState.FETCHING, "every", "b", 1, START, moment, 1)
        assert _stale(services.triggers, schedule, run, moment) is stale
        assert _stale(services.triggers, schedule, replace(run, trigger="manual"), moment) is stale, (
            "asked for in place of a missed slot"
        )


def _spoken_of(
    timing: Timing,
    name: str,
    slots: list[datetime],
    runs: list[tuple[datetime, datetime, Pause | None]],
    now: datetime,
    pause: Pause | None,
) -> None:
    """Which of the slots that came since the last look may have run, as `catch_up` and the pause say."""
    delay, ran = delay_of(name, timing.spread), [slot for slot, _, _ in runs]
    open_to_run = [slot for slot in slots if pause is None or (pause.until is not None and slot + delay >= pause.until)]
    match timing.catch_up:
        case CatchUp.ALL:
            assert ran == open_to_run
        case CatchUp.LATEST:
            assert ran == open_to_run[-1:]
        case CatchUp.NONE:
            grace = timedelta(seconds=timing.grace)
            assert ran == [slot for slot in open_to_run if now - (slot + delay) <= grace]


def test_a_pause_without_an_end_takes_everything_and_says_so() -> None:
    trigger = Trigger("every", "UTC", seconds=60)
    found = account_around(trigger, START, START + timedelta(days=7), CatchUp.ALL, 60, TRIGGERS.next, pause=Pause(None))
    assert found.runs == ()
    assert [(row.count, row.reason) for row in found.missed] == [(7 * 1440 + 1, Reason.PAUSED)]
    assert found.next_slot == START + timedelta(days=7, minutes=1)


def test_what_is_due_when_a_pause_ends_runs() -> None:
    trigger, end = Trigger("every", "UTC", seconds=3600), START + timedelta(hours=2)
    found = account_around(trigger, START, end, CatchUp.LATEST, 60, TRIGGERS.next, pause=Pause(end))
    assert found.runs == (end,)
    assert [(row.last, row.count) for row in found.missed] == [(end - timedelta(hours=1), 2)]


def test_a_pause_of_more_slots_than_one_call_speaks_of_is_gone_through_in_order() -> None:
    trigger = Trigger("cron", "UTC", "* * * * *")
    now, pause = START + timedelta(days=3), Pause(START + timedelta(days=2))
    found = account_around(trigger, START, now, CatchUp.ALL, 60, TRIGGERS.next, pause=pause)
    assert (found.runs, found.missed[0].count) == ((), LIMIT)
    assert found.next_slot == START + timedelta(minutes=LIMIT)


@pytest.mark.parametrize("kind", ["cron", "every"])
def test_nothing_fires_at_the_end_of_a_schedule_or_after_it(kind: str) -> None:
    end = START + timedelta(hours=3)
    trigger = Trigger(kind, "UTC", expression="0 * * * *", seconds=3600, start=START, end=end)
    assert list(TRIGGERS.upcoming(trigger, START - timedelta(days=1))) == [START + timedelta(hours=n) for n in range(3)]
    assert TRIGGERS.previous(trigger, START + timedelta(days=9)) == START + timedelta(hours=2)
    found = account_around(trigger, START, START + timedelta(days=1), CatchUp.LATEST, 60, TRIGGERS.next)
    assert (found.runs, found.next_slot) == ((START + timedelta(hours=2),), None)


# spread


@given(st.text(min_size=1, max_size=9), st.integers(1, 40_000))
def test_a_share_is_less_than_the_spread_and_always_the_same(name: str, spread: int) -> None:
    delay = delay_of(name, spread)
    assert timedelta() <= delay < timedelta(seconds=spread)
    assert delay == delay_of.__wrapped__(name, spread)


def test_shares_of_many_schedules_lie_all_over_the_spread() -> None:
    minutes = [delay_of(f"team-{number}", 600) // timedelta(minutes=1) for number in range(1000)]
    assert min(minutes.count(minute) for minute in range(10)) > 70


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("0 9 * * MON", 86_400),
        ("*/15 * * * *", 900),
        ("0 9,17 * * *", 8 * 3600),
        ("50,10 * * * *", 1200),
        ("59,0 12 * * *", 3540),
        ("0 23,0 * * *", 3600),
    ],
)
def test_the_shortest_interval_is_between_the_two_slots_that_lie_closest(expression: str, seconds: int) -> None:
    assert shortest_interval(Trigger("cron", "UTC", expression)) == seconds
