"""Which runs the housekeeping takes out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.fakes import HOUR, HOURLY, RUN
from worker.domain.decide import EXPIRES
from worker.domain.run import Run, RunKey, RunState
from worker.domain.schedule import CatchUp, Retention, Timing
from worker.flow.run.retention import housekeep
from worker.ports import SweepResult

DAY = timedelta(days=1)
NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
KEPT = Timing(HOURLY, CatchUp.LATEST, 60, None, retention=Retention(all=10 * 86_400, daily=100 * 86_400))
TIMINGS = {"weekly": KEPT}


def run(age: timedelta, state: RunState = RunState.DELIVERED) -> Run:
    return replace(RUN, key=RunKey("weekly", NOON - age), state=state)


class Part:
    """What the round gives next, and that it ends; `ended`: what was dropped with the missed slots."""

    def __init__(self, *runs: Run) -> None:
        self.given, self.ended = runs, list[datetime]()

    async def next_batch(self, limit: int, pause: float) -> SweepResult | None:
        return SweepResult(tuple((one.key.schedule, one) for one in self.given), ended=True)

    async def end_round(self, missed_before: datetime) -> int:
        self.ended.append(missed_before)
        return 0


class Upkeep(Part):
    used_from: datetime | None = None
    dropped: Sequence[RunKey] = ()

    async def runs_between(self, schedule: str, start: datetime, end: datetime, limit: int) -> tuple[Run, ...]:
        return tuple(one for one in self.given if start <= one.key.slot < end)

    async def floor(self, schedule: str, since: datetime) -> datetime | None:
        return self.used_from if since == NOON - EXPIRES else None

    async def drop(self, key: RunKey, floor: datetime) -> bool:
        if key.slot < floor:
            self.given = tuple(one for one in self.given if one.key != key)
            self.dropped = [*self.dropped, key]
        return key.slot < floor


class Early(Upkeep):
    """Somebody asked a moment ago."""

    async def next_batch(self, limit: int, pause: float) -> SweepResult | None:
        return None


async def dropped(upkeep: Upkeep, timings: Mapping[str, Timing] = TIMINGS) -> list[datetime]:
    count = await housekeep(upkeep, timings, NOON)  # type: ignore[arg-type]  # the methods that it uses
    assert count == len(upkeep.dropped)
    return [key.slot for key in upkeep.dropped]


async def test_what_is_young_stays_and_what_is_too_old_goes() -> None:
    assert await dropped(Upkeep(run(9 * DAY), run(101 * DAY))) == [NOON - 101 * DAY]


async def test_of_one_older_day_the_newest_that_told_somebody_something_stays() -> None:
    told, quiet = run(20 * DAY + HOUR), run(20 * DAY, RunState.SKIPPED)
    earlier = run(20 * DAY + 2 * HOUR)
    assert await dropped(Upkeep(earlier, told, quiet)) == [earlier.key.slot, quiet.key.slot]


async def test_of_one_older_day_on_which_nobody_was_told_anything_the_newest_stays() -> None:
    failed = [run(20 * DAY + n * HOUR, RunState.FAILED) for n in (2, 1, 0)]
    assert await dropped(Upkeep(*failed)) == [one.key.slot for one in failed[:2]]


async def test_a_day_of_which_a_part_is_still_young_is_thinned_among_what_is_not() -> None:
    young, old, older = run(10 * DAY - HOUR), run(10 * DAY + HOUR), run(10 * DAY + 2 * HOUR)
    assert await dropped(Upkeep(older, old, young)) == [older.key.slot]


async def test_a_run_that_is_not_closed_is_never_taken_for_another_days() -> None:
    assert await dropped(Upkeep(run(20 * DAY + HOUR, RunState.DELIVERING), run(20 * DAY))) == []


async def test_what_a_later_answer_may_be_compared_with_stays() -> None:
    upkeep = Upkeep(run(101 * DAY), run(103 * DAY))
    upkeep.used_from = NOON - 102 * DAY
    assert await dropped(upkeep) == [NOON - 103 * DAY]


async def test_a_schedule_that_is_no_longer_deployed_is_kept_like_one_that_says_nothing() -> None:
    assert await dropped(Upkeep(run(101 * DAY), run(401 * DAY)), {}) == [NOON - 401 * DAY]


@pytest.mark.parametrize(("timings", "days"), [(TIMINGS, 100), ({}, 400)])
async def test_missed_slots_are_kept_as_long_as_the_longest_schedule_asks(
    timings: dict[str, Timing], days: int
) -> None:
    upkeep = Upkeep()
    assert await dropped(upkeep, timings) == []
    assert upkeep.ended == [NOON - days * DAY]


async def test_somebody_who_comes_too_early_takes_nothing_out() -> None:
    upkeep = Early(run(500 * DAY))
    assert await dropped(upkeep) == []
    assert upkeep.ended == []
