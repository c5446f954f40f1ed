"""Due instants that are wrong are made right when a clock begins."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.fakes import HOUR, HOURLY, NOW, WEEKLY, Deployed, Emitted, FixedClock, Stepped, bundle_with, uses
from worker.domain.due.spread import delay_of
from worker.domain.events import RunClaimed
from worker.domain.schedule import Bundle
from worker.flow.deploy.recompute_due import CHUNK, is_ahead, recompute_due
from worker.ports import Claimed, SlotClaim

HALF = timedelta(minutes=30)
NEXT = NOW + HOUR


class Clock(FixedClock):
    """`due_at`: when each schedule is due. What is claimed is due when the claim says."""

    def __init__(self, **due: datetime) -> None:
        super().__init__()
        self.due_at, self.claims = due, list[SlotClaim]()

    async def pending(self, schedules: Sequence[str]) -> Mapping[str, datetime]:
        return {name: at for name, at in self.due_at.items() if name in schedules}

    async def claim(self, batch: Sequence[SlotClaim], pid: int) -> Claimed:
        self.claims += batch
        self.due_at |= {one.schedule: one.next_due for one in batch if one.next_due}
        return Claimed((), (RunClaimed(None, pid),) if batch else ())


class Deployments(Deployed):
    lasts: Mapping[str, datetime] = {}

    async def last_slots(self, schedules: Sequence[str]) -> Mapping[str, datetime]:
        return {name: slot for name, slot in self.lasts.items() if name in schedules}


def parts(clock: Clock, in_force: Bundle | None) -> Any:
    return uses(clock=clock, deployments=Deployments(in_force), events=Emitted(), pid=7, triggers=Stepped())


async def test_an_instant_that_the_trigger_does_not_name_any_more_becomes_the_next_that_it_names() -> None:
    clock = Clock(weekly=NOW + HALF)
    given = parts(clock, bundle_with(WEEKLY))
    assert await recompute_due(given) == 1
    [claim] = clock.claims
    assert (claim.expected, claim.next_due, claim.runs, claim.missed) == (NOW + HALF, NEXT, (), ())
    assert claim.bundle == "bundle"
    assert given.events.facts == [RunClaimed(None, 7)]


async def test_the_second_time_nothing_is_wrong_any_more() -> None:
    given = parts(Clock(weekly=NOW + HALF), bundle_with(WEEKLY))
    await recompute_due(given)
    assert await recompute_due(given) == 0


@pytest.mark.parametrize("at", [NEXT, NOW, NOW - HALF], ids=["it is named", "it has come", "it was expected"])
async def test_an_instant_that_is_right_or_has_come_stays(at: datetime) -> None:
    clock = Clock(weekly=at)
    assert await recompute_due(parts(clock, bundle_with(WEEKLY))) == 0
    assert clock.claims == []


async def test_what_a_clock_that_was_ahead_made_due_is_taken_back() -> None:
    clock = Clock(weekly=NOW + 5 * HOUR)
    given = parts(clock, bundle_with(WEEKLY))
    given.deployments.lasts = {"weekly": NOW + 4 * HOUR}
    assert await recompute_due(given) == 1
    assert clock.due_at == {"weekly": NEXT}


async def test_a_schedule_that_is_spread_keeps_its_share() -> None:
    share = delay_of("weekly", 1800)
    spread = bundle_with(replace(WEEKLY, spread=1800))
    assert await recompute_due(parts(Clock(weekly=NEXT + share), spread)) == 0
    clock = Clock(weekly=NEXT)
    await recompute_due(parts(clock, spread))
    assert clock.due_at == {"weekly": NEXT + share}


async def test_nothing_is_deployed_and_nothing_is_due() -> None:
    clock = Clock(weekly=NOW + HALF)
    assert await recompute_due(parts(clock, None)) == 0
    assert clock.due_at == {"weekly": NOW + HALF}


async def test_very_many_schedules_are_looked_at_in_parts() -> None:
    many = [replace(WEEKLY, id=f"s{n}") for n in range(CHUNK + 1)]
    clock = Clock(s0=NOW + HALF, **{f"s{CHUNK}": NOW + HALF})
    assert await recompute_due(parts(clock, bundle_with(*many))) == 2
    assert clock.due_at == {"s0": NEXT, f"s{CHUNK}": NEXT}


DAILY = replace(HOURLY, kind="cron", expression="0 9 * * *", seconds=86_400)


@pytest.mark.parametrize(("at", "ahead"), [(NEXT, False), (NOW + 2 * HOUR, True), (NOW - HOUR, False)])
def test_who_waits_past_the_next_slot_is_ahead(at: datetime, ahead: bool) -> None:
    assert is_ahead(Stepped(), "weekly", WEEKLY, at, NOW) is ahead


def test_the_share_of_a_schedule_that_is_spread_is_not_ahead() -> None:
    timing = replace(WEEKLY, spread=1800)
    assert not is_ahead(Stepped(), "weekly", timing, NEXT + delay_of("weekly", 1800), NOW)


def test_an_edit_puts_a_daily_slot_off_to_the_day_after_at_most() -> None:
    timing = replace(WEEKLY, trigger=DAILY)
    midnight = NOW.replace(hour=0)
    assert not is_ahead(Stepped(), "weekly", timing, midnight + timedelta(days=1), NOW)
    assert is_ahead(Stepped(), "weekly", timing, midnight + timedelta(days=2), NOW)


def test_a_trigger_without_a_next_slot_is_never_ahead() -> None:
    ended = replace(WEEKLY, trigger=replace(HOURLY, end=NOW))
    assert not is_ahead(Stepped(), "weekly", ended, NOW + 9 * HOUR, NOW)
