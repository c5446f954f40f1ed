"""Which runs of a schedule will fire, and when."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.support.fakes import HOUR, HOURLY, NOW, RUN, WEEKLY, Stepped, Workdays
from worker.domain.due.pauses import Pause
from worker.domain.due.spread import delay_of
from worker.domain.run import Claim
from worker.domain.schedule import CatchUp, Timing
from worker.flow.deploy.deploy import Changes
from worker.flow.deploy.fires import LIST, Fire, LeftOut, Span, fires
from worker.ports import SlotClaim

NEXT = NOW + HOUR
TIMING: Timing = WEEKLY
NOTHING = Changes((), (), (), {})


def on_time(*hours: int) -> tuple[Fire, ...]:
    return tuple(Fire(NOW + n * HOUR, NOW + n * HOUR) for n in hours)


def fired(at: datetime | None, pause: Pause | None = None, timing: Timing = TIMING, hours: int = 3) -> tuple[Fire, ...]:
    return tuple(fires(Stepped(), "weekly", timing, at, NOW, NOW + hours * HOUR, pause))


def test_the_end_is_not_among_the_runs_and_who_is_not_due_has_none() -> None:
    assert fired(NEXT) == on_time(1, 2)
    assert fired(None) == ()


@pytest.mark.parametrize(("catch_up", "late"), [(CatchUp.LATEST, [0]), (CatchUp.NONE, [0]), (CatchUp.ALL, [2, 1, 0])])
def test_what_is_due_already_fires_now_as_far_as_its_schedule_lets_it(catch_up: CatchUp, late: list[int]) -> None:
    found = fired(NOW - 2 * HOUR, timing=replace(TIMING, catch_up=catch_up))
    assert found == (*(Fire(NOW, NOW - n * HOUR) for n in late), *on_time(1, 2))


def test_a_pause_without_an_end_takes_everything_and_one_with_an_end_what_is_before_it() -> None:
    assert fired(NOW, Pause()) == ()
    assert fired(NEXT, Pause(NOW + 2 * HOUR)) == on_time(2)


def test_a_trigger_that_ends_fires_no_more() -> None:
    ends = replace(TIMING, trigger=replace(HOURLY, end=NOW + 2 * HOUR))
    assert fired(NEXT, timing=ends, hours=10) == on_time(1)


def test_a_schedule_that_is_spread_fires_later_than_its_slots() -> None:
    share = delay_of("weekly", 1800)
    assert fired(NEXT + share, timing=replace(TIMING, spread=1800), hours=2) == (Fire(NEXT + share, NEXT),)


def span(pauses: dict[str, Pause] | None = None, hours: int = 3) -> Span:
    return Span(Stepped(), NOW, NOW + hours * HOUR, {"weekly": NEXT}, pauses or {})


def test_a_deployment_says_when_a_schedule_is_due_and_else_the_ledger_does() -> None:
    assert span().at(WEEKLY, NOTHING) == NEXT
    assert span().at(WEEKLY, replace(NOTHING, firsts={"weekly": NOW + 2 * HOUR})) == NOW + 2 * HOUR
    assert span().at(WEEKLY, replace(NOTHING, firsts={"weekly": None})) is None


def test_a_pause_of_the_definition_goes_before_one_at_run_time_and_a_rename_takes_it_along() -> None:
    held = {"weekly": Pause(NEXT)}
    assert span(held).pause(WEEKLY, None) == Pause(NEXT)
    assert span(held).pause(replace(WEEKLY, paused=True), WEEKLY) == Pause()
    assert span(held).pause(replace(WEEKLY, id="sales"), WEEKLY) == Pause(NEXT)
    assert span(held).pause(replace(WEEKLY, id="sales"), None) is None


LATE = SlotClaim("weekly", NOW, NEXT, (Claim(RUN.key, "bundle", "every", NEXT),), (), latest=True)
OVERDUE = replace(NOTHING, overdue=(LATE, replace(LATE, schedule="other")))


def test_what_a_deployment_claims_first_is_late_and_of_the_schedule_in_force() -> None:
    assert span().late(OVERDUE, WEEKLY) == [Fire(NOW, NOW)]
    assert span().late(OVERDUE, None) == []


def test_a_day_begins_with_what_is_late_and_ends_before_this_time_tomorrow() -> None:
    assert list(span().day(WEEKLY, OVERDUE, WEEKLY)) == [NOW + n * HOUR for n in range(24)]
    assert list(span({"weekly": Pause()}).day(WEEKLY, NOTHING, WEEKLY)) == []


def test_a_schedule_in_force_fires_up_to_the_end_of_the_span() -> None:
    assert span().of(WEEKLY) == on_time(1, 2)
    assert span({"weekly": Pause(NOW + 2 * HOUR)}).of(WEEKLY) == on_time(2)
    assert span().of(replace(WEEKLY, id="other")) == ()


@pytest.mark.parametrize("kind", ["every", "cron"])
@pytest.mark.parametrize(("end", "count"), [(None, 720), (NOW + 11 * HOUR, 659), (NOW + HOUR, 59)])
def test_runs_that_are_too_many_to_list_are_counted(kind: str, end: datetime | None, count: int) -> None:
    often = replace(TIMING, trigger=replace(HOURLY, kind=kind, seconds=60, end=end))
    named, found = span(hours=12).first("weekly", often, NOW + timedelta(minutes=1), None)
    assert (len(named), found) == (min(count, LIST), count - (end is None))


def test_runs_before_an_end_of_ones_own_are_listed_or_counted_and_begin_with_what_is_late() -> None:
    coming = [Fire(NOW, NOW), *on_time(1, 2, 3, 4)]
    assert list(span(hours=1).within(WEEKLY, OVERDUE, WEEKLY, NOW + 5 * HOUR)) == coming
    assert span(hours=1).count(WEEKLY, OVERDUE, WEEKLY, NOW + 5 * HOUR) == len(coming)


def test_times_on_holidays_are_listed_with_the_name_of_the_holiday() -> None:
    trigger = replace(HOURLY, holidays="DE")
    assert span().left_out(trigger, Workdays(NOW.date()).name) == (
        LeftOut(NOW + HOUR, "a holiday"),
        LeftOut(NOW + 2 * HOUR, "a holiday"),
    )
    assert span().left_out(trigger, Workdays().name) == ()
    assert span().left_out(HOURLY, Workdays(NOW.date()).name) == ()
