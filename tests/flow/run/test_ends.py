"""Every end of a run and of a delivery is told once, whoever wrote it: the clock, a worker or a person."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from tests.flow.deploy.test_deploy import DAY, MORNING, NINE, daily, delivering, put
from tests.support.in_process import InProcessRun
from tests.support.set_clock import Facts, Month, month
from worker.domain.delivery import DeliveryKey, DeliveryState
from worker.domain.events import DeliverySettled, Fact, RunClaimed, RunEnded, SlotsMissed
from worker.domain.reason import Reason
from worker.domain.run import RunKey, RunState
from worker.domain.schedule import CatchUp
from worker.flow.operate.on_demand import request
from worker.flow.operate.pause import pause
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.flow.run.tick import tick

KEY = RunKey.parse("daily@2026-11-23T09:00:00Z")


@pytest.fixture
async def here(redis_client: Redis) -> Month:
    return await month(redis_client, MORNING)


def ends(emitted: list[Fact]) -> list[tuple[RunKey | None, str, str]]:
    return [(fact.run, fact.state, fact.reason) for fact in emitted if isinstance(fact, RunEnded)]


def settled(emitted: list[Fact]) -> list[tuple[str, str]]:
    return [(fact.state, fact.reason) for fact in emitted if isinstance(fact, DeliverySettled)]


def missed(emitted: list[Fact]) -> list[tuple[int, str]]:
    return [(fact.count, fact.reason) for fact in emitted if isinstance(fact, SlotsMissed)]


async def test_two_clocks_tell_of_a_missed_slot_and_of_a_claim_once(here: Month) -> None:
    await put(here, daily())
    await here.ledger.set(NINE + 2 * DAY + timedelta(seconds=1))
    await asyncio.gather(tick(here.services), tick(replace(here.services, pid=78)))
    assert missed(here.facts.emitted) == [(2, "caught_up")]
    assert sum(isinstance(fact, RunClaimed) for fact in here.facts.emitted) == 1


async def test_a_claim_that_a_newer_slot_takes_the_place_of_is_told_as_superseded(here: Month) -> None:
    await put(here, daily())
    await here.play(NINE + DAY + timedelta(hours=1))
    assert ends(here.facts.emitted) == [(KEY, "skipped", "superseded")]


async def test_a_run_that_five_workers_began_in_vain_is_told_as_abandoned(here: Month) -> None:
    await put(here, daily())
    await here.play(NINE + timedelta(minutes=1))
    for minutes in range(2, 9):
        await here.services.runs.begin(KEY, 5)
        await here.ledger.set(NINE + timedelta(minutes=minutes))
        await tick(here.services)
    assert ends(here.facts.emitted) == [(KEY, "failed", "abandoned")]


async def test_a_delivery_whose_time_is_over_is_told_with_its_run(here: Month) -> None:
    await put(here, daily(catch_up=CatchUp.ALL))
    await here.play(NINE + timedelta(minutes=1))
    await delivering(here, KEY)
    await here.ledger.set(NINE + timedelta(minutes=2) + DAY)
    await tick(here.services)
    assert settled(here.facts.emitted) == [("skipped", "expired")]
    assert ends(here.facts.emitted) == [(KEY, "skipped", "expired")]


async def test_a_slot_that_an_edit_finds_overdue_is_told(here: Month) -> None:
    await put(here, daily())
    await here.ledger.set(NINE + DAY + timedelta(hours=1))
    await put(here, daily(minute=30))
    assert missed(here.facts.emitted) == [(1, "caught_up")]
    assert sum(isinstance(fact, RunClaimed) for fact in here.facts.emitted) == 1


async def test_a_slot_that_a_new_pause_finds_missed_is_told(here: Month) -> None:
    await put(here, daily())
    await pause(here.services, "daily", NINE + timedelta(minutes=1))
    await here.ledger.set(NINE + timedelta(hours=1))
    await pause(here.services, "daily", None)
    assert missed(here.facts.emitted) == [(1, "paused")]


async def test_a_run_that_reached_its_reader_is_told_as_delivered(week: InProcessRun) -> None:
    facts = Facts()
    week.services = replace(week.services, events=facts)
    run, _ = await week.run()
    assert settled(facts.emitted) == [("sent", "")]
    assert ends(facts.emitted) == [(run.key, "delivered", "")]


async def test_a_run_whose_only_reader_was_refused_is_told_as_failed(week: InProcessRun) -> None:
    facts = Facts()
    week.services = replace(week.services, events=facts)
    week.box.mail.faults.refuse("sales@acme.example", 554)
    run, _ = await week.run()
    assert settled(facts.emitted) == [("refused", "refused")]
    assert ends(facts.emitted) == [(run.key, "failed", "")]


async def test_a_run_that_is_abandoned_has_a_word_for_the_operator_once(week: InProcessRun) -> None:
    client = week.services.runs._scripts.client  # type: ignore[attr-defined]  # the adapter behind the port
    key = await request(week.services, "week", None, None)
    await client.hset(f"acme:run:{key}", "tries", "5")
    (notice,) = await produce(week.services, key)
    assert notice == DeliveryKey(key, "operator|ops@acme.example")
    assert await produce(week.services, key) == ()
    assert await deliver(week.services, notice) is DeliveryState.SENT
    (mail,) = week.box.outbox.items
    assert b"none finished" in mail.body
    run = await week.services.lookups.run(key)
    assert run is not None
    assert (run.state, run.reason) == (RunState.FAILED, Reason.ABANDONED)
