"""A paused schedule misses what is due, says so, and never makes up for it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from tests.flow.deploy.test_deploy import DAY, MORNING, NINE, daily, delivering, put, reader, slots
from tests.support.set_clock import Month, month
from worker.domain.missed import MissedRow
from worker.domain.reason import Reason
from worker.domain.run import Claim, Run, RunKey, RunState
from worker.domain.schedule import CatchUp
from worker.errors import ClaimLost, RequestError
from worker.flow.operate.on_demand import request
from worker.flow.operate.pause import pause, resume
from worker.flow.operate.run_missed import request_missed
from worker.flow.run.tick import tick

HOUR = timedelta(hours=1)
KEY = RunKey.parse("daily@2026-11-23T09:00:00Z")


@pytest.fixture(params=[CatchUp.LATEST, CatchUp.ALL, CatchUp.NONE])
async def here(redis_client: Redis, request: pytest.FixtureRequest) -> Month:
    made = await month(redis_client, MORNING)
    await put(made, daily(catch_up=request.param))
    return made


async def run(here: Month, key: RunKey) -> Run:
    found = await here.services.lookups.run(key)
    assert found is not None
    return found


async def missed(here: Month) -> list[tuple[int, Reason]]:
    return [(row.count, row.reason) for row in await here.services.lookups.missed("daily", 9)]


async def test_what_comes_due_during_a_pause_is_missed_for_that_reason(here: Month) -> None:
    await pause(here.services, "daily", None)
    await here.play(NINE + 2 * DAY + HOUR)
    assert await resume(here.services, "daily")
    await here.play(NINE + 3 * DAY + HOUR)
    assert await slots(here) == [NINE + 3 * DAY]
    assert await missed(here) == [(1, Reason.PAUSED)] * 3


async def test_resume_fires_nothing_of_the_past_though_no_clock_had_looked(here: Month) -> None:
    await pause(here.services, "daily", None)
    await here.ledger.set(NINE + 2 * DAY + HOUR)
    assert await resume(here.services, "daily")
    await tick(here.services)
    assert await slots(here) == []
    assert await missed(here) == [(3, Reason.PAUSED)]
    assert await here.services.clock.pending(["daily"]) == {"daily": NINE + 3 * DAY}


async def test_after_its_end_a_pause_takes_nothing_more(here: Month) -> None:
    """Nobody looked for a week: two days of it were paused, the others are late."""
    await pause(here.services, "daily", NINE + 2 * DAY)
    await here.ledger.set(NINE + 6 * DAY + timedelta(seconds=30))
    await tick(here.services)
    found = await missed(here)
    assert (2, Reason.PAUSED) in found
    assert sum(count for count, _ in found) + len(await slots(here)) == 7
    assert min(await slots(here)) >= NINE + 2 * DAY
    assert not await resume(here.services, "daily") or await here.services.clock.pauses() == {}


async def test_a_second_pause_does_not_hide_what_the_first_one_did(here: Month) -> None:
    await pause(here.services, "daily", NINE + HOUR)
    await here.ledger.set(NINE + DAY - HOUR)
    await pause(here.services, "daily", None)
    assert await missed(here) == [(1, Reason.PAUSED)]


async def test_a_pause_does_not_end_while_something_that_came_during_it_is_not_accounted_for(here: Month) -> None:
    await pause(here.services, "daily", None)
    await here.ledger.set(NINE)
    with pytest.raises(ClaimLost):
        await here.services.clock.resume("daily")
    await tick(here.services)
    assert await here.services.clock.resume("daily")


async def test_what_is_due_after_a_pause_is_left_to_the_clock(here: Month) -> None:
    await pause(here.services, "daily", NINE)
    await here.ledger.set(NINE)
    assert await resume(here.services, "daily")
    await tick(here.services)
    assert await slots(here) == [NINE]


async def test_a_run_that_nobody_began_is_skipped(here: Month) -> None:
    await here.play(NINE + HOUR)
    await pause(here.services, "daily", here.ledger.at + DAY)
    assert (await here.services.runs.begin(KEY, 5)).lease is None
    assert ((await run(here, KEY)).state, (await run(here, KEY)).reason) == (RunState.SKIPPED, Reason.PAUSED)


async def test_a_run_that_was_being_fetched_delivers_nothing(here: Month) -> None:
    await here.play(NINE + HOUR)
    begun = (await here.services.runs.begin(KEY, 5)).lease
    assert begun is not None
    await pause(here.services, "daily", None)
    expires = {reader("daily"): here.ledger.at + DAY}
    assert (await here.services.runs.deliver(KEY, begun.attempt, {"deals": "one"}, (), expires)).deliveries == ()
    assert ((await run(here, KEY)).state, (await run(here, KEY)).reason) == (RunState.SKIPPED, Reason.PAUSED)
    assert await here.services.lookups.deliveries(KEY) == ()


async def test_a_run_that_somebody_asks_for_goes_on_during_a_pause(here: Month) -> None:
    await pause(here.services, "daily", None)
    key = await request(here.services, "daily", None, None)
    assert (await delivering(here, key)).run == key


async def test_a_definition_pauses_and_a_deployment_resumes(here: Month) -> None:
    await put(here, daily(paused=True))
    await here.ledger.set(NINE + DAY + HOUR)
    with pytest.raises(RequestError, match="says `paused: true`"):
        await resume(here.services, "daily")
    await put(here, daily())
    await here.play(NINE + 2 * DAY + HOUR)
    assert await slots(here) == [NINE + 2 * DAY]
    assert await missed(here) == [(2, Reason.PAUSED)]


async def test_a_run_that_was_claimed_before_its_definition_was_paused_is_skipped(here: Month) -> None:
    await here.play(NINE + HOUR)
    await put(here, daily(paused=True))
    assert (await here.services.runs.begin(KEY, 5)).lease is None
    assert (await run(here, KEY)).reason is Reason.PAUSED


async def test_what_cannot_be_paused_or_resumed_is_said(here: Month) -> None:
    with pytest.raises(RequestError, match="no schedule 'weekly' is deployed; deployed are: daily"):
        await pause(here.services, "weekly", None)
    with pytest.raises(RequestError, match="which has passed"):
        await pause(here.services, "daily", MORNING)
    assert not await resume(here.services, "daily")
    assert await here.services.clock.pauses() == {}


async def test_a_schedule_that_is_taken_away_takes_its_pause_along(here: Month) -> None:
    await pause(here.services, "daily", None)
    await put(here)
    assert await here.services.clock.pauses() == {}


# a missed slot is run after all


async def test_a_missed_slot_is_run_as_the_run_it_would_have_been_and_its_row_is_split(here: Month) -> None:
    await pause(here.services, "daily", None)
    await here.ledger.set(NINE + 4 * DAY + HOUR)
    await resume(here.services, "daily")
    key = await request_missed(here.services, "daily", NINE + 2 * DAY)
    assert str(key) == "daily@2026-11-25T09:00:00Z"
    rows = await here.services.lookups.missed("daily", 9)
    assert rows == (
        MissedRow(NINE + 3 * DAY, NINE + 4 * DAY, 2, Reason.PAUSED, schedule="daily"),
        MissedRow(NINE, NINE + DAY, 2, Reason.PAUSED, schedule="daily"),
    )
    assert rows == await here.services.lookups.missed(None, 9)
    assert (await delivering(here, key)).run == key
    for slot in (NINE, NINE + DAY, NINE + 4 * DAY, NINE + 3 * DAY):
        await request_missed(here.services, "daily", slot)
    assert await missed(here) == []
    assert await here.services.lookups.missed(None, 9) == ()
    assert len(await slots(here)) == 5


@pytest.mark.parametrize("off", [timedelta(minutes=1), -2 * DAY, 9 * DAY])
async def test_what_was_not_missed_is_not_run(here: Month, off: timedelta) -> None:
    await pause(here.services, "daily", None)
    await here.ledger.set(NINE + 4 * DAY + HOUR)
    await resume(here.services, "daily")
    with pytest.raises(RequestError, match=r"no missed slot|not named by the trigger"):
        await request_missed(here.services, "daily", NINE + DAY + off)
    assert await missed(here) == [(5, Reason.PAUSED)]


async def test_a_row_whose_trigger_is_another_one_now_is_not_guessed_at(here: Month) -> None:
    await pause(here.services, "daily", None)
    await here.ledger.set(NINE + 4 * DAY + HOUR)
    await put(here, replace(daily(), trigger=daily(hour=10).trigger))
    await resume(here.services, "daily")
    with pytest.raises(RequestError, match="not named by the trigger"):
        await request_missed(here.services, "daily", NINE + DAY)


async def test_a_slot_that_is_asked_for_twice_is_one_run(here: Month) -> None:
    await pause(here.services, "daily", None)
    await here.ledger.set(NINE + HOUR)
    await resume(here.services, "daily")
    row = (await here.services.lookups.missed("daily", 1))[0]
    key = await request_missed(here.services, "daily", NINE)
    with pytest.raises(RequestError, match="no missed slot"):
        await request_missed(here.services, "daily", NINE)
    assert (await run(here, key)).deadline > here.ledger.at
    other = Claim(RunKey("daily", NINE + DAY), "b", "manual", here.ledger.at)
    assert not await here.services.clock.request(other, 1, missed=row), "the row is not there any more"


async def test_a_row_that_was_split_meanwhile_is_not_split_as_it_was(here: Month) -> None:
    await pause(here.services, "daily", None)
    await here.ledger.set(NINE + 4 * DAY + HOUR)
    await resume(here.services, "daily")
    (row,) = await here.services.lookups.missed("daily", 1)
    claim = Claim(RunKey("daily", NINE), "b", "manual", here.ledger.at + HOUR)
    for stale in (replace(row, first=NINE - DAY), replace(row, count=4)):
        assert not await here.services.clock.request(claim, 1, missed=stale)
    assert await here.services.lookups.missed("daily", 5) == (row,)


async def test_a_newer_slot_does_not_take_the_place_of_one_that_was_asked_for(here: Month) -> None:
    await pause(here.services, "daily", None)
    await here.ledger.set(NINE + HOUR)
    await resume(here.services, "daily")
    key = await request_missed(here.services, "daily", NINE)
    await here.play(NINE + DAY + HOUR)
    assert (await run(here, key)).state is RunState.CLAIMED
