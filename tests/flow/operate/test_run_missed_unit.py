"""A slot that was missed is run after all."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.fakes import (
    HOUR,
    HOURLY,
    NOW,
    RUN,
    WEEKLY,
    Deployed,
    FixedClock,
    KnownMissed,
    KnownRuns,
    Stepped,
    bundle_with,
    uses,
)
from worker.domain.missed import MissedRow
from worker.domain.reason import Reason
from worker.domain.run import Claim, RunKey
from worker.errors import RequestError
from worker.flow.operate.run_missed import around, newest_missed, request_missed

ROW = MissedRow(NOW - 5 * HOUR, NOW - HOUR, 5, Reason.CAUGHT_UP, schedule="weekly")


class Once(FixedClock):
    def __init__(self) -> None:
        super().__init__()
        self.first = dict[str, str]()

    async def once(self, name: str, value: str) -> str:
        return self.first.setdefault(name, value)


class Clock(Once):
    """Creates each run once."""

    def __init__(self) -> None:
        super().__init__()
        self.made: dict[RunKey, tuple[Claim, MissedRow | None, Sequence[MissedRow]]] = {}

    async def request(
        self, claim: Claim, pid: int, *, missed: MissedRow | None = None, rest: Sequence[MissedRow] = ()
    ) -> bool:
        new = claim.key not in self.made
        self.made.setdefault(claim.key, (claim, missed, rest))
        return new


def parts(clock: Clock, row: MissedRow = ROW) -> Any:
    deployments = Deployed(bundle_with(WEEKLY))
    return uses(clock=clock, deployments=deployments, lookups=KnownMissed(row), pid=7, triggers=Stepped())


async def test_a_missed_slot_is_claimed_under_its_own_key_and_its_row_is_split_around_it() -> None:
    clock = Clock()
    key = await request_missed(parts(clock), "weekly", NOW - 3 * HOUR)
    assert key == RunKey("weekly", NOW - 3 * HOUR)
    claim, missed, rest = clock.made[key]
    assert (claim.bundle, claim.trigger, claim.deadline) == ("bundle", "manual", NOW + timedelta(minutes=30))
    assert missed is ROW
    assert [(one.first, one.last, one.count) for one in rest] == [
        (NOW - 5 * HOUR, NOW - 4 * HOUR, 2),
        (NOW - 2 * HOUR, NOW - HOUR, 2),
    ]


async def test_a_slot_that_somebody_else_asked_for_in_this_moment_is_said() -> None:
    clock = Clock()
    await request_missed(parts(clock), "weekly", NOW - 3 * HOUR)
    with pytest.raises(RequestError, match="was requested by somebody else at the same time"):
        await request_missed(parts(clock), "weekly", NOW - 3 * HOUR)


@pytest.mark.parametrize(
    ("schedule", "slot", "words"),
    [
        ("weekly", NOW, "is no missed slot of weekly"),
        ("weekly", NOW - timedelta(minutes=90), "is not named by the trigger as it is deployed"),
        ("other", NOW - HOUR, "no schedule 'other' is deployed"),
    ],
)
async def test_what_was_not_missed_is_refused_and_nothing_is_claimed(schedule: str, slot: datetime, words: str) -> None:
    clock = Clock()
    with pytest.raises(RequestError, match=words):
        await request_missed(parts(clock), schedule, slot)
    assert clock.made == {}


async def test_a_slot_that_a_clock_which_was_ahead_called_missed_has_not_come_yet() -> None:
    ahead = replace(ROW, last=NOW + HOUR, count=7)
    with pytest.raises(RequestError, match=r"--for-slot: found \S+, which has not come yet"):
        await request_missed(parts(Clock(), ahead), "weekly", NOW + HOUR)


def hours(*ago: int) -> list[datetime]:
    return [NOW - n * HOUR for n in ago]


@pytest.mark.parametrize(
    ("taken", "left"),
    [(5, [(4, 1, 4)]), (1, [(5, 2, 4)]), (4, [(5, 5, 1), (3, 1, 3)])],
    ids=["the first", "the last", "one in between"],
)
@pytest.mark.parametrize("kind", ["every", "cron"])
def test_what_is_left_of_a_row_is_every_other_slot(taken: int, left: list[tuple[int, int, int]], kind: str) -> None:
    found = around(Stepped(), replace(HOURLY, kind=kind), ROW, NOW - taken * HOUR)
    assert [(one.first, one.last, one.count) for one in found] == [(*hours(a, b), n) for a, b, n in left]
    assert {(one.schedule, one.reason) for one in found} == {("weekly", Reason.CAUGHT_UP)}


def test_of_one_slot_nothing_is_left_and_of_two_the_other_whatever_named_them() -> None:
    one, two = replace(ROW, first=ROW.last, count=1), replace(ROW, count=2)
    assert around(Stepped(), HOURLY, one, ROW.last) == ()
    assert around(Stepped(), HOURLY, two, ROW.first) == (one,)


@pytest.mark.parametrize("kind", ["every", "cron"])
@pytest.mark.parametrize(("row", "slot"), [(ROW, NOW - timedelta(minutes=90)), (replace(ROW, count=6), NOW - HOUR)])
def test_a_row_that_the_trigger_does_not_name_is_not_guessed_at(kind: str, row: MissedRow, slot: datetime) -> None:
    with pytest.raises(RequestError, match=f"missed are {row.count} slots from"):
        around(Stepped(), replace(HOURLY, kind=kind), row, slot)


async def test_the_same_request_for_a_missed_slot_gives_the_same_run() -> None:
    clock, slot = Clock(), NOW - 3 * HOUR
    first = await request_missed(parts(clock), "weekly", slot, "k")
    run = replace(RUN, key=first, trigger="manual")
    again = uses(**{**vars(parts(clock)), "lookups": KnownRuns(run)})
    assert await request_missed(again, "weekly", slot, "k") == first
    assert len(clock.made) == 1


async def test_a_request_that_was_killed_before_it_made_the_run_makes_it_and_a_run_by_the_clock_is_another() -> None:
    clock, slot = Clock(), NOW - 3 * HOUR
    await clock.once(f"missed:{RunKey('weekly', slot)}:k", "the one that was killed")
    by_clock = replace(RUN, key=RunKey("weekly", slot), trigger="cron")
    for known in (None, by_clock):
        lookups = KnownMissed(ROW)
        lookups.rows = (known,) if known else ()
        clock.made.clear()
        key = await request_missed(uses(**{**vars(parts(clock)), "lookups": lookups}), "weekly", slot, "k")
        assert list(clock.made) == [key]


def test_the_newest_missed_slots_are_offered_and_none_that_has_not_come() -> None:
    older = replace(ROW, first=NOW - 30 * HOUR, last=NOW - 28 * HOUR, count=3)
    assert newest_missed(Stepped(), HOURLY, [ROW, older], NOW, 6) == (*hours(1, 2, 3, 4, 5), NOW - 28 * HOUR)
    assert newest_missed(Stepped(), HOURLY, [ROW], NOW, 2) == tuple(hours(1, 2))
    ahead = replace(ROW, last=NOW + HOUR, count=7)
    assert newest_missed(Stepped(), HOURLY, [ahead], NOW, 9) == tuple(hours(0, 1, 2, 3, 4, 5))
    assert newest_missed(Stepped(), HOURLY, [], NOW, 9) == ()
