"""The list of the schedules in force."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from tests.support.fakes import (
    HOUR,
    NOW,
    RUN,
    TEAM,
    WEEKLY,
    Deployed,
    FixedClock,
    KnownRuns,
    Subscribed,
    bundle_with,
    uses,
)
from worker.domain.due.pauses import Pause
from worker.domain.due.spread import delay_of
from worker.domain.schedule import Bundle, Schedule
from worker.domain.subscription import Origin, SubscriptionRecord
from worker.errors import RequestError
from worker.flow.operate.schedules import ScheduleRow, schedules

RECORD = SubscriptionRecord("weekly", replace(TEAM, id="eve"), Origin.CLI, "ops", NOW)


class Clock(FixedClock):
    """Every schedule is due in an hour."""

    def __init__(self, held: Pause | None = None) -> None:
        super().__init__()
        self.held = held

    async def pending(self, schedules: Sequence[str]) -> Mapping[str, datetime]:
        return dict.fromkeys(schedules, NOW + HOUR)

    async def pauses(self) -> Mapping[str, Pause]:
        return {} if self.held is None else {"weekly": self.held}


async def rows(schedule: Schedule = WEEKLY, pause: Pause | None = None) -> tuple[ScheduleRow, ...]:
    parts = uses(
        clock=Clock(pause),
        deployments=Deployed(bundle_with(schedule)),
        lookups=KnownRuns(RUN),
        subscriptions=Subscribed(RECORD),
    )
    return await schedules(parts)


async def test_a_schedule_has_its_next_slot_its_last_run_and_its_readers() -> None:
    assert await rows() == (ScheduleRow(WEEKLY, NOW + HOUR, RUN, 2, None, (RECORD.entry,)),)


async def test_the_next_slot_is_the_nominal_instant_and_not_when_a_spread_makes_it_due() -> None:
    spread = replace(WEEKLY, spread=600)
    assert (await rows(spread))[0].next_slot == NOW + HOUR - delay_of("weekly", 600)


@pytest.mark.parametrize("pause", [Pause(), Pause(NOW + HOUR)])
async def test_a_paused_schedule_has_no_next_slot(pause: Pause) -> None:
    row = (await rows(pause=pause))[0]
    assert (row.next_slot, row.pause) == (None, pause)


async def test_a_pause_that_is_over_does_not_count() -> None:
    assert (await rows(pause=Pause(NOW)))[0].pause is None


async def test_a_schedule_that_its_definition_pauses_is_paused() -> None:
    assert (await rows(replace(WEEKLY, paused=True)))[0].pause == Pause()


@pytest.mark.parametrize(("bundle", "found"), [(None, None), (bundle_with(), ())])
async def test_nothing_deployed_is_said_and_an_empty_deployment_is_empty(
    bundle: Bundle | None, found: tuple[()] | None
) -> None:
    parts = uses(clock=Clock(), deployments=Deployed(bundle), lookups=KnownRuns(RUN), subscriptions=Subscribed())
    if found is None:
        with pytest.raises(RequestError, match="nothing is deployed yet"):
            await schedules(parts)
    else:
        assert await schedules(parts) == found


async def test_one_schedule_is_found_alone() -> None:
    other, lookups = replace(WEEKLY, id="daily"), KnownRuns(RUN)
    bundle = bundle_with(WEEKLY, other)
    parts = uses(clock=Clock(), deployments=Deployed(bundle), lookups=lookups, subscriptions=Subscribed())
    assert [row.schedule.id for row in await schedules(parts, "daily")] == ["daily"]
    assert await schedules(parts, "nothing") == ()
