"""What is going to happen."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from tests.domain.builders import answer, deal, open_deals
from tests.support.fakes import (
    HOUR,
    HOURLY,
    NOW,
    READER,
    TEAM,
    WEEKLY,
    Deployed,
    FixedClock,
    OneQuery,
    Said,
    Stepped,
    Stored,
    Subscribed,
    Workdays,
    bundle_with,
    uses,
)
from worker.domain.choices import Choices
from worker.domain.due.pauses import Pause
from worker.domain.holiday_years import CalendarEnd
from worker.domain.quiet import QuietHours
from worker.domain.schedule import Schedule
from worker.domain.snapshot.requests import requests
from worker.domain.subscription import Choice, Origin, Preference, SubscriptionRecord
from worker.flow.deploy.fires import LIST, Fire
from worker.flow.deploy.plan import Plan, plan
from worker.ports.kinds import Price, QuerySpec

NEXT, DAY = NOW + HOUR, timedelta(days=1)
PAGED = QuerySpec("opportunities", "", False, (), price=Price(requests=1, page=1))
TIMING = WEEKLY
BOSS = replace(TEAM, id="boss", address="boss@acme.example")


class Clock(FixedClock):
    def __init__(self, due: Mapping[str, datetime] | None = None, paused: Mapping[str, Pause] | None = None) -> None:
        super().__init__()
        self.due_at, self.paused = {"weekly": NEXT} if due is None else due, paused or {}

    async def pending(self, schedules: Sequence[str]) -> Mapping[str, datetime]:
        return {name: at for name, at in self.due_at.items() if name in schedules}

    async def pauses(self) -> Mapping[str, Pause]:
        return self.paused


class Deployments(Deployed):
    async def last_slots(self, schedules: Sequence[str]) -> Mapping[str, datetime]:
        return {}


class Chain:
    """Every query was answered once: by `last`, if that is still stored."""

    async def chain(self, schedule: str, query: str, since: datetime | None) -> tuple[str, ...]:
        return ("gone", "last")


NOBODY = Subscribed()


async def planned(
    old: Sequence[Schedule] | None,
    *new: Schedule,
    clock: Clock | None = None,
    spec: QuerySpec = PAGED,
    subscriptions: Subscribed = NOBODY,
    **stored: Any,
) -> Plan:
    connectors: Any = OneQuery(spec)
    given: Any = uses(
        clock=clock or Clock(),
        connectors=connectors,
        holidays=Workdays(),
        deployments=Deployments(None if old is None else bundle_with(*old)),
        runs=Chain(),
        snapshots=Stored(stored),
        subscriptions=subscriptions,
        triggers=Stepped(),
    )
    return await plan(given, bundle_with(*new), 1)


async def test_who_subscribed_at_run_time_is_a_reader_of_the_coming_runs() -> None:
    record = SubscriptionRecord("weekly", replace(TEAM, id="eve"), Origin.CLI, "ops", NOW)
    [row] = (await planned([WEEKLY], WEEKLY, subscriptions=Subscribed(record))).schedules
    assert row.readers == (READER.id, record.reader.id)


class Stopped(Subscribed):
    """A reader of the definition, and one who subscribed, ended their subscriptions by a link."""

    async def preferences(self, schedule: str) -> Mapping[str, Preference]:
        stop = Preference(Choice.UNSUBSCRIBED, Origin.LINK, "the reader", NOW)
        return {READER.id: stop, **{one.reader.id: stop for one in self.held}}


async def test_who_unsubscribed_is_no_reader_of_the_coming_runs_and_gets_no_messages() -> None:
    record = SubscriptionRecord("weekly", replace(TEAM, id="eve", address="eve@acme.example"), Origin.CLI, "ops", NOW)
    found = await planned([WEEKLY], WEEKLY, subscriptions=Stopped(record))
    [row] = found.schedules
    assert (row.readers, found.messages) == ((), ())


async def test_what_a_reader_chose_counts_for_waits_and_messages() -> None:
    reader = Said()
    reader.made[READER.id] = Choices(Origin.LINK, "the reader", NOW, quiet_hours=QuietHours(time(0), time(23, 59)))
    plain, chosen = await planned([WEEKLY], WEEKLY), await planned([WEEKLY], WEEKLY, subscriptions=reader)
    assert not any(row.shifts for row in plain.schedules)
    [row] = chosen.schedules
    assert {one.readers for several in row.shifts.values() for one in several} == {(READER.id,)}
    assert [one.count for one in chosen.messages] < [one.count for one in plain.messages]


def on_time(*hours: int) -> tuple[Fire, ...]:
    return tuple(Fire(NOW + n * HOUR, NOW + n * HOUR) for n in hours)


async def test_each_schedule_is_planned_up_to_the_end_with_its_readers_and_what_a_run_costs() -> None:
    found = await planned([WEEKLY], WEEKLY, last=answer([deal("a"), deal("b"), deal("c")]))
    assert (found.now, found.until) == (NOW, NOW + DAY)
    [row] = found.schedules
    assert row.fires == on_time(*range(1, 24))
    assert (row.count, row.readers, row.paused) == (23, ("team|team@acme.example",), None)
    assert (row.cost.requests, row.cost.unknown, row.cost.last.lengths) == (3, (), {"deals": 3})
    assert (found.moves, found.readers_added, found.readers_removed) == ((), (), ())
    assert [(one.asked, one.requests) for one in found.day] == [(23, 23 * 3)]


async def test_a_list_that_nobody_read_or_that_was_asked_otherwise_then_is_of_unknown_cost() -> None:
    [row] = (await planned([WEEKLY], WEEKLY)).schedules
    assert (row.cost.requests, row.cost.unknown) == (0, ("deals",))
    edited = replace(WEEKLY, report=(open_deals(status_type="won"),))
    [row] = (await planned([WEEKLY], edited, last=answer([deal("a")]))).schedules
    assert row.cost.unknown == ("deals",)


async def test_what_the_last_answer_took_is_what_a_run_costs() -> None:
    counted = requests([("GET /opportunity/", 5, 50, False)])
    spec = replace(PAGED, price=Price(tokens=1, more=True))
    [row] = (await planned([WEEKLY], WEEKLY, spec=spec, last=answer([], tables=(counted,)))).schedules
    assert (row.cost.requests, row.cost.unknown) == (5, ())
    assert row.cost.last.sent["deals"].tokens == 50


async def test_a_list_of_which_a_part_was_shown_is_as_long_as_the_service_says() -> None:
    [row] = (await planned([WEEKLY], WEEKLY, last=answer([deal("a"), deal("b")], sliced=True))).schedules
    assert row.cost.last.lengths == {"deals": 2}


async def test_an_edited_trigger_moves_runs_and_says_which() -> None:
    later = replace(WEEKLY, trigger=replace(HOURLY, seconds=12 * 3600))
    [move] = (await planned([WEEKLY], later)).moves
    assert move.schedule == "weekly"
    assert (move.appear, len(move.vanish), move.moved) == ((), 21, ()), "12:00 and 0:00 stay"


async def test_a_run_that_gives_way_to_one_of_the_same_day_has_moved() -> None:
    trigger = replace(HOURLY, seconds=86_400)
    noon = replace(WEEKLY, trigger=replace(trigger, start=NOW - DAY + 4 * HOUR))
    afternoon = replace(WEEKLY, trigger=replace(trigger, start=NOW - DAY + 6 * HOUR))
    [move] = (await planned([noon], afternoon, clock=Clock({"weekly": NOW + 4 * HOUR}))).moves
    assert move.moved == ((*on_time(4), *on_time(6)),)


async def test_a_schedule_that_goes_takes_its_runs_along_and_one_that_comes_brings_its_own() -> None:
    daily = replace(WEEKLY, id="daily")
    found = await planned([WEEKLY], daily)
    assert {move.schedule: (len(move.appear), len(move.vanish)) for move in found.moves} == {
        "daily": (23, 0),
        "weekly": (0, 23),
    }
    assert found.readers_added == (("daily", "team|team@acme.example"),)
    assert found.readers_removed == (("weekly", "team|team@acme.example"),)


async def test_a_rename_moves_no_run_and_drops_no_reader() -> None:
    renamed = replace(WEEKLY, id="sales", previously="weekly")
    found = await planned([replace(WEEKLY, to=(TEAM, BOSS))], renamed, last=answer([deal("a")]))
    assert found.moves == ()
    assert (found.readers_added, found.readers_removed) == ((), (("sales", "boss|boss@acme.example"),))
    assert found.schedules[0].cost.last.lengths == {"deals": 1}, "its history goes along"


async def test_what_is_due_under_the_old_trigger_fires_when_it_is_deployed() -> None:
    faster = replace(WEEKLY, trigger=replace(HOURLY, seconds=12 * 3600))
    [row] = (await planned([WEEKLY], faster, clock=Clock({"weekly": NOW}))).schedules
    assert (row.fires[0], row.count) == (Fire(NOW, NOW), 3)


@pytest.mark.parametrize(
    ("schedule", "paused", "count"),
    [
        (WEEKLY, {"weekly": Pause()}, 0),
        (WEEKLY, {"weekly": Pause(NOW + 3 * HOUR)}, 21),
        (WEEKLY, {"weekly": Pause(NOW)}, 23),
        (replace(WEEKLY, paused=True), {}, 0),
    ],
)
async def test_a_pause_takes_what_is_due_before_its_end(
    schedule: Schedule, paused: dict[str, Pause], count: int
) -> None:
    [row] = (await planned([schedule], schedule, clock=Clock(None, paused))).schedules
    assert row.count == count
    assert (row.paused is None) == (count == 23)


async def test_runs_that_are_too_many_to_name_are_counted() -> None:
    often = replace(WEEKLY, trigger=replace(HOURLY, seconds=60))
    [row] = (await planned([often], often, clock=Clock({"weekly": NOW}))).schedules
    assert (len(row.fires), row.count) == (LIST, 24 * 60)
    named = replace(often, trigger=replace(often.trigger, kind="cron", expression="* * * * *"))
    [row] = (await planned([named], named, clock=Clock({"weekly": NOW}))).schedules
    assert (len(row.fires), row.count) == (LIST, 24 * 60)


async def test_calendars_that_end_before_the_plan_does_are_named() -> None:
    lately = replace(WEEKLY, to=(replace(TEAM, quiet_hours=QuietHours(holidays="XX")),))
    clock = Clock()
    clock.instant = datetime(NOW.year + 1, 1, 1, tzinfo=UTC)
    [row] = (await planned(None, lately, clock=clock)).schedules
    assert row.calendar_ends == (CalendarEnd("XX", NOW.year),)
    [row] = (await planned(None, lately)).schedules
    assert row.calendar_ends == ()
