"""What `plan` foretells is what the ledger holds a month later, through edits, pauses, an outage and changed clocks."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from redis.asyncio import Redis

from tests.support.set_clock import Month, month
from worker.domain.reason import Reason
from worker.domain.schedule import Bundle, CatchUp, Defaults, Schedule, Trigger
from worker.flow.deploy.deploy import deploy
from worker.flow.deploy.plan import plan
from worker.flow.operate.pause import pause, resume
from worker.flow.run.tick import tick

SPRING = datetime(2027, 3, 3, 12, 0, tzinfo=UTC)  # New York changes on the 14th, Berlin on the 28th
AUTUMN = datetime(2026, 10, 12, 12, 0, tzinfo=UTC)  # Berlin on 25 October, New York on 1 November


def cron(name: str, zone: str, expression: str, catch_up: CatchUp = CatchUp.LATEST, spread: int = 0) -> Schedule:
    return Schedule(Trigger("cron", zone, expression), id=name, name=name, report=(), catch_up=catch_up, spread=spread)


def every(name: str, hours: int, start: datetime, spread: int) -> Schedule:
    trigger = Trigger("every", "UTC", seconds=hours * 3600, start=start, end=start + timedelta(days=25))
    return Schedule(trigger, id=name, name=name, report=(), spread=spread)


def of(*schedules: Schedule) -> Bundle:
    return Bundle("tern", Defaults(), {}, {}, {schedule.id: schedule for schedule in schedules})


class Diary:
    """Plays a month bit by bit; before each bit the plan is asked, after it the ledger."""

    def __init__(self, here: Month, bundle: Bundle) -> None:
        self.here = here
        self.bundle = bundle
        self.start = here.ledger.at
        self.compared = 0

    def day(self, number: float) -> datetime:
        return self.start + timedelta(days=number)

    async def on(self, day: float, act: Callable[[], Awaitable[object]], *, clock: bool = True) -> None:
        """Until `day` a clock runs (or none does), then something is done."""
        if clock:
            await self.comes_true(self.day(day))
        else:
            await self.here.ledger.set(self.day(day))
        await act()

    async def comes_true(self, until: datetime) -> None:
        told = await plan(self.here.services, self.bundle, 60)
        assert not told.changes
        due = {(row.schedule, f.slot): f.due for row in told.schedules for f in row.fires if f.due < until}
        before = await self.here.runs()
        await tick(self.here.services)  # what is late already
        await self.here.play(until)
        real = {key: run.claimed_at for key, run in (await self.here.runs()).items() if key not in before}
        assert real.keys() == due.keys()
        assert [key for key in due if not timedelta() <= real[key] - due[key] < timedelta(seconds=1)] == []
        self.compared += len(due)

    async def edit(self, *schedules: Schedule, without: tuple[str, ...] = ()) -> None:
        kept = {name: one for name, one in self.bundle.schedules.items() if name not in without}
        new = replace(self.bundle, schedules={**kept, **{one.id: one for one in schedules}})
        told = await plan(self.here.services, new, 30)
        before = await self.here.runs()
        _, found = await deploy(new, self.here.services)
        again = await plan(self.here.services, new, 30)
        settled = {key for key in await self.here.runs() if key not in before}
        still = {(row.schedule, f) for row in again.schedules for f in row.fires}
        foretold = {(row.schedule, f) for row in told.schedules for f in row.fires}
        assert {key for key in foretold - still if (key[0], key[1].slot) not in settled} == set()
        assert still <= foretold
        assert (found.added, found.removed) == (told.changes.added, told.changes.removed)
        self.bundle = new

    async def pause(self, name: str, until: datetime | None = None) -> None:
        await pause(self.here.services, name, until)

    async def resume(self, name: str) -> None:
        assert await resume(self.here.services, name)


@pytest.mark.parametrize("start", [SPRING, AUTUMN])
async def test_runs_fire_when_the_plan_said_through_a_month_of_changes(redis_client: Redis, start: datetime) -> None:
    here = await month(redis_client, start)
    daily = cron("daily", "Europe/Berlin", "30 2 * * *")
    half_hours = cron("half-hours", "Europe/Berlin", "*/30 1-3 * * *", spread=600)
    weekly = cron("weekly", "America/New_York", "30 1 * * SUN,MON")
    all_of_them = cron("all", "Australia/Lord_Howe", "0 */6 * * *", CatchUp.ALL)
    strict = cron("strict", "Asia/Kolkata", "0 9 * * *", CatchUp.NONE)
    seventh = every("seventh", 7, start + timedelta(hours=1), spread=3600)
    diary = Diary(here, of())
    await diary.edit(daily, half_hours, weekly, all_of_them, strict, seventh)
    await diary.on(2, lambda: diary.pause("daily"))
    await diary.on(4.9, lambda: diary.resume("daily"))
    await diary.on(7, lambda: diary.edit(cron("daily", "Europe/Berlin", "30 14 * * *")))
    await diary.on(8, lambda: diary.pause("weekly", diary.day(12)))
    await diary.on(13, lambda: diary.edit(replace(half_hours, spread=120), replace(seventh, spread=0)))
    await diary.on(14, lambda: tick(here.services))
    await diary.on(16.4, lambda: diary.edit(cron("daily", "UTC", "0 23 * * *")), clock=False)
    heir = replace(weekly, id="weekend", previously="weekly")
    await diary.on(18, lambda: diary.edit(heir, without=("weekly",)))
    await diary.on(19, lambda: diary.edit(replace(all_of_them, paused=True)))
    await diary.on(21.3, lambda: diary.edit(all_of_them))
    await diary.on(24, lambda: diary.edit(without=("strict",)))
    await diary.comes_true(diary.day(32))
    assert diary.compared > 300
    reasons = {row.reason for row in await here.services.lookups.missed(None, 1000)}
    assert reasons == {Reason.PAUSED, Reason.TOO_LATE, Reason.CAUGHT_UP}


@pytest.mark.parametrize("start", [SPRING, AUTUMN])
async def test_no_day_is_fired_twice_however_often_its_hour_is_moved(redis_client: Redis, start: datetime) -> None:
    here = await month(redis_client, start)
    diary = Diary(here, of())
    await diary.edit(cron("daily", "Europe/Berlin", "0 9 * * *"))
    for number in range(1, 29):
        hour, minute = (number * 7) % 24, (number * 13) % 60
        edited = cron("daily", "Europe/Berlin", f"{minute} {hour} * * *")
        await diary.on(number + (number * 5 % 24) / 24, lambda edited=edited: diary.edit(edited))  # type: ignore[misc]
    days = [slot.astimezone(ZoneInfo("Europe/Berlin")).date() for _, slot in await here.runs()]
    assert len(days) == len(set(days))
    assert len(days) > 10
