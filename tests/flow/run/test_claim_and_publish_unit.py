"""Steps of due slots: each is claimed before it is published, and the steps overlap."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from tests.support.fakes import KEY, NOW, Emitted, NoBroker, Published, uses
from worker.domain.events import RunClaimed
from worker.domain.run import Claim, RunKey
from worker.errors import BrokerUnavailable, LedgerUnavailable
from worker.flow.run.claim_and_publish import STEP, claim_and_publish, publish
from worker.ports import Claimed, Due, SlotClaim

MANY = [Due(f"schedule-{number}", NOW) for number in range(2 * STEP + 1)]
RUNS = [RunKey(due.schedule, due.at) for due in MANY]


def decided(due: Due) -> SlotClaim:
    run = Claim(RunKey(due.schedule, due.at), "bundle", "every", NOW + timedelta(minutes=30))
    return SlotClaim(due.schedule, due.at, None, (run,), (), latest=True)


class Clock:
    """`story`: when each step was asked for and answered. `fails`: the number of the step that Redis does not take."""

    def __init__(self, fails: int = -1) -> None:
        self.steps, self.story, self.fails = list[int](), list[str](), fails

    async def claim(self, batch: Sequence[SlotClaim], pid: int) -> Claimed:
        number, runs = len(self.steps), tuple(run.key for one in batch for run in one.runs)
        self.steps.append(len(batch))
        self.story.append(f"asked {number}")
        await a_while(number == self.fails)
        self.story.append(f"claimed {number}")
        return Claimed(runs, tuple(RunClaimed(run, pid) for run in runs))


async def a_while(failing: bool) -> None:
    for _ in range(5):
        await asyncio.sleep(0)
    if failing:
        raise LedgerUnavailable("Redis cannot be reached")


class Telling(Published):
    """Tells the clock's story when it publishes."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.story = clock.story

    async def produce(self, keys: Sequence[RunKey], *, on_demand: bool = False) -> None:
        await super().produce(keys, on_demand=on_demand)
        self.story += [f"published {len(keys)}"] if keys else []


class Refusing(NoBroker):
    def __init__(self) -> None:
        self.tries = 0

    async def produce(self, keys: Sequence[RunKey], *, on_demand: bool = False) -> None:
        self.tries += 1
        raise BrokerUnavailable("the broker took no message")


def parts(clock: Clock, queue: Any) -> Any:
    return uses(clock=clock, events=Emitted(), pid=7, queue=queue)


async def test_every_slot_is_claimed_told_and_published_once_in_order() -> None:
    clock = Clock()
    given = parts(clock, Published())
    assert await claim_and_publish(given, MANY, decided) == (tuple(RUNS), len(RUNS))
    assert clock.steps == [STEP, STEP, 1]
    assert given.queue.runs == RUNS
    assert [fact.run for fact in given.events.facts] == RUNS


async def test_a_step_is_published_while_the_next_one_is_claimed_and_never_before_its_own_claim() -> None:
    clock = Clock()
    await claim_and_publish(parts(clock, Telling(clock)), MANY, decided)
    assert clock.story == [
        *("asked 0", "claimed 0", "asked 1", f"published {STEP}"),
        *("claimed 1", "asked 2", f"published {STEP}", "claimed 2", "published 1"),
    ]


async def test_a_schedule_of_which_nothing_is_decided_is_not_claimed() -> None:
    clock = Clock()
    assert await claim_and_publish(parts(clock, Published()), MANY[:3], lambda _due: None) == ((), 0)
    assert await claim_and_publish(parts(clock, Published()), [], decided) == ((), 0)
    assert clock.steps == []


async def test_a_broker_that_takes_nothing_is_tried_once_and_all_slots_are_claimed() -> None:
    queue = Refusing()
    assert await claim_and_publish(parts(Clock(), queue), MANY, decided) == (tuple(RUNS), 0)
    assert queue.tries == 1


async def test_what_was_claimed_before_redis_went_away_is_published() -> None:
    given = parts(Clock(fails=1), Published())
    with pytest.raises(LedgerUnavailable):
        await claim_and_publish(given, MANY, decided)
    assert given.queue.runs == RUNS[:STEP]


async def test_a_clock_that_is_stopped_leaves_no_claim_behind_that_nobody_waits_for() -> None:
    class Stopping(Published):
        async def produce(self, keys: Sequence[RunKey], *, on_demand: bool = False) -> None:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await claim_and_publish(parts(Clock(), Stopping()), MANY, decided)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_run_on_demand_goes_to_its_own_queue() -> None:
    queue: Any = Published()
    asked = RunKey("weekly", NOW, "manual", "0123abcd")
    assert await publish(queue, (RUNS[0], asked), (KEY,)) == 3
    assert (queue.on_demand, queue.runs, queue.deliveries) == ([asked], [RUNS[0]], [KEY])
    deaf: Any = NoBroker()
    assert await publish(deaf, (RUNS[0],)) == 0
