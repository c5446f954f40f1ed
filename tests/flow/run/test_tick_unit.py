"""One tick, and what it claims for a schedule whose slot has come."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.fakes import (
    HOUR,
    HOURLY,
    KEY,
    NOW,
    RUN,
    WEEKLY,
    Deployed,
    Emitted,
    NoBroker,
    Published,
    Stepped,
    bundle_with,
    uses,
)
from worker.domain.due.pauses import Pause
from worker.domain.due.spread import delay_of
from worker.domain.events import RunClaimed
from worker.domain.reason import Reason
from worker.domain.run import RunKey
from worker.domain.schedule import CatchUp, Timing
from worker.flow.run.tick import DUE, deadline, slot_claim, tick, window_claim
from worker.ports import Claimed, Due, SlotClaim, Sweep, WindowClaim

MINUTE = timedelta(minutes=1)
ON_DEMAND = RunKey("weekly", NOW, "manual", "0123abcd")


class Clock:
    """Gives what is due, creates every run that is claimed, and sweeps up two runs and a delivery."""

    def __init__(self, *due: Due) -> None:
        self.given, self.claims = due, list[SlotClaim]()

    async def due(self, limit: int) -> tuple[datetime, tuple[Due, ...]]:
        return NOW, self.given[:limit]

    async def claim(self, batch: Sequence[SlotClaim], pid: int) -> Claimed:
        self.claims += batch
        return Claimed(tuple(run.key for one in batch for run in one.runs), (RunClaimed(None, pid),))

    async def sweep(self, limit: int) -> Sweep:
        return Sweep((RunKey("weekly", NOW - HOUR), ON_DEMAND), (KEY,), (RunClaimed(None, 0),))


class Windows:
    """Debounce windows that have ended. Every claim that has a run creates it."""

    def __init__(self, *ended: tuple[str, datetime]) -> None:
        self.ended, self.claims = ended, list[WindowClaim]()

    async def due(self, limit: int) -> Sequence[tuple[str, datetime]]:
        return self.ended[:limit]

    async def claim(self, batch: Sequence[WindowClaim], pid: int) -> Claimed:
        self.claims += batch
        return Claimed(tuple(one.run.key for one in batch if one.run))


class Idle:
    """Counts how often somebody asks for the housekeeping's next runs."""

    def __init__(self) -> None:
        self.asked = 0

    async def next_batch(self, limit: int, pause: float) -> None:
        self.asked += 1


def parts(clock: Clock, queue: Published, in_force: bool = True, windows: Windows | None = None) -> Any:
    deployments = Deployed(bundle_with(WEEKLY) if in_force else None)
    return uses(
        clock=clock,
        deployments=deployments,
        events=Emitted(),
        pid=7,
        queue=queue,
        source_events=windows or Windows(),
        triggers=Stepped(),
        upkeep=Idle(),
    )


async def test_a_tick_claims_what_is_due_and_publishes_it_with_what_lay_waiting() -> None:
    given = parts(Clock(Due("weekly", NOW)), Published())
    done = await tick(given)
    assert done.claimed == (RUN.key,)
    assert given.queue.runs == [RUN.key, RunKey("weekly", NOW - HOUR)]
    assert given.queue.on_demand == [ON_DEMAND], "somebody waits for it"
    assert given.queue.deliveries == [KEY]
    assert (done.published, done.more) == (4, False)
    assert given.events.facts == [RunClaimed(None, 0), RunClaimed(None, 7)]
    assert given.upkeep.asked == 0, "what is due goes before the housekeeping"


async def test_a_tick_with_nothing_due_keeps_house() -> None:
    given = parts(Clock(), Published())
    assert (await tick(given)).claimed == ()
    assert given.clock.claims == []
    assert given.upkeep.asked == 1


async def test_a_broker_that_takes_nothing_stops_no_tick_and_the_runs_stay_claimed() -> None:
    done = await tick(parts(Clock(Due("weekly", NOW)), NoBroker()))
    assert (done.claimed, done.published) == ((RUN.key,), 0)


async def test_a_tick_without_a_deployment_claims_nothing_and_loses_nothing_that_waits() -> None:
    given = parts(Clock(Due("weekly", NOW)), Published(), in_force=False)
    done = await tick(given)
    assert (done.claimed, done.published, done.more) == ((), 3, False)
    assert given.clock.claims == []
    assert given.queue.deliveries == [KEY]


async def test_a_tick_that_found_as_much_as_it_looks_at_says_that_there_is_more() -> None:
    one_more = [Due("weekly", NOW)] * (DUE + 1)
    assert (await tick(parts(Clock(*one_more), Published()))).more


def claimed(due: Due, **timing: Any) -> SlotClaim:
    found = slot_claim(
        Stepped(), {"weekly": replace(Timing(HOURLY, CatchUp.LATEST, 60, None), **timing)}, "bundle", due, NOW
    )
    assert found is not None
    return found


def test_a_slot_that_came_on_time_is_one_run_until_the_next_slot_or_half_an_hour() -> None:
    found = claimed(Due("weekly", NOW))
    assert [(run.key, run.bundle, run.trigger) for run in found.runs] == [(RUN.key, "bundle", "every")]
    assert found.runs[0].deadline == NOW + 30 * MINUTE
    assert (found.expected, found.next_due, found.missed) == (NOW, NOW + HOUR, ())
    often = claimed(Due("weekly", NOW), trigger=replace(HOURLY, seconds=600))
    assert often.runs[0].deadline == NOW + 10 * MINUTE


def test_a_slot_past_its_grace_is_counted_as_late() -> None:
    minutes = {claimed(Due("weekly", NOW - n * MINUTE)).late: n for n in (1, 2)}
    assert minutes == {0: 1, 1: 2}, "a minute is grace"
    assert claimed(Due("weekly", NOW - 3 * HOUR), catch_up=CatchUp.ALL).late == 3
    assert delay_of("weekly", 600) > 1 * MINUTE
    assert claimed(Due("weekly", NOW), spread=600).late == 0, "it was due only now"


@pytest.mark.parametrize(
    ("catch_up", "runs", "missed"),
    [
        (CatchUp.LATEST, [0], [(3, Reason.CAUGHT_UP)]),
        (CatchUp.NONE, [0], [(3, Reason.TOO_LATE)]),
        (CatchUp.ALL, [3, 2, 1, 0], []),
    ],
)
def test_of_slots_that_passed_while_nothing_ran_the_schedule_says_which_run(
    catch_up: CatchUp, runs: list[int], missed: list[tuple[int, Reason]]
) -> None:
    found = claimed(Due("weekly", NOW - 3 * HOUR), catch_up=catch_up)
    assert [run.key.slot for run in found.runs] == [NOW - n * HOUR for n in runs]
    assert [(row.count, row.reason) for row in found.missed] == missed
    assert found.latest is (catch_up is CatchUp.LATEST)


def test_what_came_while_it_was_paused_is_missed_and_what_came_after_runs() -> None:
    found = claimed(Due("weekly", NOW - 3 * HOUR, Pause(NOW - HOUR)))
    assert [run.key.slot for run in found.runs] == [NOW]
    assert [(row.count, row.reason) for row in found.missed] == [(2, Reason.PAUSED), (1, Reason.CAUGHT_UP)]
    assert claimed(Due("weekly", NOW), paused=True).runs == ()


def test_a_schedule_that_is_spread_is_due_later_than_its_slot() -> None:
    delay = delay_of("weekly", 1800)
    assert delay > timedelta(0)
    found = claimed(Due("weekly", NOW - HOUR + delay), spread=1800)
    assert [run.key.slot for run in found.runs] == [NOW - HOUR]
    assert found.next_due == NOW + delay


def test_what_is_caught_up_in_several_calls_has_until_the_next_slot_that_is_still_to_come() -> None:
    found = claimed(Due("weekly", NOW - 1200 * MINUTE), trigger=replace(HOURLY, seconds=60), catch_up=CatchUp.ALL)
    assert found.next_due is not None
    assert found.next_due < NOW
    assert {run.deadline for run in found.runs} == {NOW + MINUTE}


SPREAD = {"trigger": replace(HOURLY, seconds=1200), "spread": 1200}
SHARE = delay_of("weekly", 1200)


def test_a_run_of_a_schedule_that_is_spread_has_until_the_next_one_is_due() -> None:
    assert timedelta(0) < SHARE < 20 * MINUTE
    late = Due("weekly", NOW - 20 * MINUTE + SHARE)
    [run] = claimed(late, **SPREAD).runs
    assert (run.key.slot, run.deadline) == (NOW - 20 * MINUTE, NOW + SHARE)
    assert deadline(Stepped(), replace(WEEKLY, **SPREAD), NOW) == NOW + SHARE  # type: ignore[arg-type]


def test_what_is_spread_is_caught_up_up_to_what_is_due() -> None:
    late = Due("weekly", NOW - 1200 * 20 * MINUTE + SHARE)
    found = claimed(late, **SPREAD, catch_up=CatchUp.ALL)
    assert {run.deadline for run in found.runs} == {NOW + SHARE}


def test_a_schedule_that_the_bundle_does_not_hold_gives_no_claim() -> None:
    assert slot_claim(Stepped(), {}, "bundle", Due("weekly", NOW), NOW) is None


@pytest.mark.parametrize(
    ("change", "minutes"),
    [({}, 30), ({"within": 7200}, 120), ({"trigger": replace(HOURLY, seconds=300)}, 5)],
)
def test_a_run_has_as_long_as_its_schedule_says_else_until_the_next_slot_or_half_an_hour(
    change: dict[str, Any], minutes: int
) -> None:
    assert deadline(Stepped(), replace(WEEKLY, **change), NOW) == NOW + minutes * MINUTE


def test_a_run_of_the_last_slot_has_half_an_hour() -> None:
    last = replace(WEEKLY, trigger=replace(HOURLY, seconds=60, end=NOW))
    assert deadline(Stepped(), last, NOW) == NOW + 30 * MINUTE


async def test_a_tick_claims_the_run_of_a_window_that_has_ended() -> None:
    windows = Windows(("weekly", NOW - HOUR), ("gone", NOW - HOUR))
    given = parts(Clock(), Published(), windows=windows)
    done = await tick(given)
    (run,) = done.claimed
    assert (run.schedule, run.slot, run.kind) == ("weekly", NOW - HOUR, "event")
    assert run in given.queue.runs
    assert [one.run is None for one in windows.claims] == [False, True], "no run of a schedule that is gone"


def test_the_run_of_a_window_has_its_time_from_now_on_however_late_it_is() -> None:
    timing = Timing(WEEKLY.trigger, within=600)
    claim = window_claim({"weekly": timing}, "bundle", "weekly", NOW - HOUR, NOW).run
    assert claim is not None
    assert (claim.trigger, claim.deadline) == ("event", NOW + timedelta(seconds=600))
    assert claim == window_claim({"weekly": timing}, "bundle", "weekly", NOW - HOUR, NOW).run, "any clock makes one key"
    assert window_claim({}, "bundle", "weekly", NOW, NOW).run is None
