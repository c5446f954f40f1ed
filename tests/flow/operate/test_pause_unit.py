"""Pausing and resuming a schedule at run time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.support.fakes import HOUR, NOW, WEEKLY, Deployed, Emitted, FixedClock, Stepped, bundle_with, uses
from worker.domain.due.pauses import Pause
from worker.domain.events import SlotsMissed
from worker.domain.reason import Reason
from worker.domain.schedule import Schedule
from worker.errors import ClaimLost, LedgerError, RequestError
from worker.flow.operate.pause import pause, resume
from worker.ports import Claimed, SlotClaim


class Pauses(FixedClock):
    """One schedule's pause."""

    def __init__(self, held: Pause | None = None) -> None:
        super().__init__()
        self.held = held

    async def pauses(self) -> Mapping[str, Pause]:
        return {} if self.held is None else {"weekly": self.held}

    async def pause(self, schedule: str, until: datetime | None) -> None:
        self.held = Pause(until)


class Clock(Pauses):
    """`at`: when it is due next. A pause under which something is due cannot end."""

    def __init__(self, held: Pause | None = None, at: datetime | None = None) -> None:
        super().__init__(held)
        self.at, self.claims = at, list[SlotClaim]()

    async def pending(self, schedules: Sequence[str]) -> Mapping[str, datetime]:
        return {} if self.at is None else {"weekly": self.at}

    async def claim(self, batch: Sequence[SlotClaim], pid: int) -> Claimed:
        self.claims += batch
        self.at = batch[0].next_due
        return Claimed((), tuple(SlotsMissed(None, "weekly", row.count, row.reason) for row in batch[0].missed))


class Resumable(Clock):
    """`late`: how often something comes due between the look and the end of the pause."""

    late = 0

    async def resume(self, schedule: str) -> bool:
        if self.late:
            self.late, self.at = self.late - 1, NOW
            raise ClaimLost(schedule)
        was, self.held = self.held, None
        return was is not None


def parts(clock: Pauses, schedule: Schedule = WEEKLY) -> Any:
    deployments = Deployed(bundle_with(schedule))
    return uses(clock=clock, deployments=deployments, events=Emitted(), pid=7, triggers=Stepped())


@pytest.mark.parametrize("until", [None, NOW + HOUR])
async def test_a_pause_begins_now_and_ends_when_it_was_told_to(until: datetime | None) -> None:
    clock = Clock(at=NOW + HOUR)
    await pause(parts(clock), "weekly", until)
    assert clock.held == Pause(until)
    assert clock.claims == [], "what is still to come is left to the clock"


async def test_a_second_pause_does_not_hide_what_the_first_one_did() -> None:
    clock = Clock(Pause(NOW - HOUR), at=NOW - 3 * HOUR)
    given = parts(clock)
    await pause(given, "weekly", None)
    [claim] = clock.claims
    assert [(row.count, row.reason) for row in claim.missed] == [(2, Reason.PAUSED), (1, Reason.CAUGHT_UP)]
    assert given.events.facts == [
        SlotsMissed(None, "weekly", 2, Reason.PAUSED),
        SlotsMissed(None, "weekly", 1, Reason.CAUGHT_UP),
    ]
    assert clock.held == Pause(None)


@pytest.mark.parametrize(("schedule", "until"), [("other", None), ("weekly", NOW), ("weekly", NOW - HOUR)])
async def test_an_unknown_schedule_and_an_end_that_has_passed_are_refused(
    schedule: str, until: datetime | None
) -> None:
    clock = Clock()
    with pytest.raises(RequestError):
        await pause(parts(clock), schedule, until)
    assert clock.held is None


async def test_what_came_due_during_a_pause_is_missed_when_it_ends_and_nothing_of_it_fires() -> None:
    clock = Resumable(Pause(None), at=NOW - HOUR)
    given = parts(clock)
    assert await resume(given, "weekly")
    assert clock.held is None
    [claim] = clock.claims
    assert (claim.runs, claim.next_due) == ((), NOW + HOUR)
    assert given.events.facts == [SlotsMissed(None, "weekly", 2, Reason.PAUSED)]


async def test_what_came_due_after_a_pause_was_over_is_left_to_the_clock() -> None:
    clock = Resumable(Pause(NOW - HOUR), at=NOW)
    assert await resume(parts(clock), "weekly")
    assert clock.claims == []


async def test_a_schedule_that_is_not_paused_has_no_pause_to_end() -> None:
    assert await resume(parts(Resumable(at=NOW)), "weekly") is False


async def test_what_comes_due_while_a_pause_ends_is_accounted_for_first() -> None:
    clock = Resumable(Pause(None), at=NOW + HOUR)
    clock.late = 2
    assert await resume(parts(clock), "weekly")
    assert [row.reason for claim in clock.claims for row in claim.missed] == [Reason.PAUSED, Reason.PAUSED]


async def test_a_schedule_that_is_due_faster_than_its_pause_can_end_is_given_up_aloud() -> None:
    clock = Resumable(Pause(None), at=NOW + HOUR)
    clock.late = 1000
    with pytest.raises(LedgerError, match="due faster than its pause can be ended"):
        await resume(parts(clock), "weekly")
    assert clock.held == Pause(None)


async def test_a_schedule_that_its_definition_pauses_is_resumed_there() -> None:
    clock = Resumable(Pause(None))
    with pytest.raises(RequestError, match="paused: true"):
        await resume(parts(clock, replace(WEEKLY, paused=True)), "weekly")
    assert clock.held == Pause(None)
