"""Steps of several deliveries in one call of a script: they share the call, and nothing else."""

import asyncio
from pathlib import Path

import pytest
from redis.exceptions import ResponseError

from tests.support.ledger_fixture import PROJECT, LedgerFixture
from tests.support.patience import PATIENCE
from worker.adapters.redis_store import lua_source
from worker.adapters.redis_store.steps import AT_ONCE, Steps
from worker.domain.delivery import DeliveryKey, DeliveryState
from worker.domain.events import DeliverySettled
from worker.domain.outcome import Sent
from worker.errors import LedgerUnavailable
from worker.ports import HoldResult

READERS = tuple(f"team|reader-{number}@tern.example" for number in range(AT_ONCE))


async def calls(story: LedgerFixture) -> int:
    found = await story.client.info("commandstats")
    return sum(found.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("eval", "evalsha"))


async def held(story: LedgerFixture, keys: tuple[DeliveryKey, ...]) -> list[HoldResult | BaseException]:
    return await asyncio.gather(*(story.deliveries.hold(key, 1) for key in keys), return_exceptions=True)


async def test_a_step_of_all_deliveries_of_a_message_is_one_call(story: LedgerFixture) -> None:
    keys = await story.delivering(READERS)
    await held(story, keys)  # Redis knows the script from now on
    before = await calls(story)
    await held(story, keys)
    assert await calls(story) - before == 1


async def test_a_delivery_that_cannot_be_read_does_not_fail_the_others_of_its_call(story: LedgerFixture) -> None:
    keys = await story.delivering(READERS)
    await story.client.hset(f"{PROJECT}:run:{keys[3].run}:deliveries", keys[3].reader, "P{no JSON")
    found = await held(story, keys)
    wrong = found.pop(3)
    assert isinstance(wrong, ResponseError)
    assert all(isinstance(one, HoldResult) and one.lease is not None for one in found)


@pytest.mark.parametrize("count", [1, 3])
async def test_a_step_whose_script_returns_nothing_fails_and_leaves_nobody_waiting(
    story: LedgerFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    (tmp_path / "common.lua").write_bytes((lua_source._FOLDER / "common.lua").read_bytes())
    (tmp_path / "silent.lua").write_text("if A.silent then return end\nreturn A.number", "utf-8")
    monkeypatch.setattr(lua_source, "_FOLDER", tmp_path)
    steps, given = Steps(story.client, PROJECT), ['{"silent": true}', *(f'{{"number": {n}}}' for n in range(1, count))]
    async with asyncio.timeout(PATIENCE):
        wrong, *found = await asyncio.gather(*(steps.run("silent", one) for one in given), return_exceptions=True)
    assert isinstance(wrong, ResponseError)
    assert "returned nothing" in str(wrong)
    assert found == list(range(1, count))


async def test_each_delivery_has_the_facts_of_its_own_step(story: LedgerFixture) -> None:
    keys = await story.delivering(READERS)
    for key in keys:
        await story.intend(key)
    told = await asyncio.gather(*(story.deliveries.settle(key, 1, Sent(f"to {key.reader}", {})) for key in keys))
    settled = [[fact.delivery for fact in facts if isinstance(fact, DeliverySettled)] for facts in told]
    assert settled == [[key] for key in keys]
    assert [(await story.row(key)).parts[0].receipt for key in keys] == [f"to {key.reader}" for key in keys]


@pytest.mark.parametrize("count", [1, 2, AT_ONCE + 1])
async def test_a_redis_that_knows_no_script_is_sent_it(story: LedgerFixture, count: int) -> None:
    keys = await story.delivering(tuple(f"team|reader-{number}@tern.example" for number in range(count)))
    await story.client.script_flush()
    assert all(isinstance(one, HoldResult) and one.lease is not None for one in await held(story, keys))


async def test_steps_that_are_asked_for_while_a_call_is_on_its_way_are_done_after_it(story: LedgerFixture) -> None:
    first, *others = await story.delivering(READERS)
    begun = asyncio.create_task(story.deliveries.hold(first, 1))
    for _ in range(3):
        await asyncio.sleep(0)
    found = await held(story, tuple(others))
    assert all(isinstance(one, HoldResult) and one.lease is not None for one in (*found, await begun))
    assert {(await story.row(key)).state for key in (first, *others)} == {DeliveryState.PENDING}


async def test_a_redis_that_refuses_to_write_is_unavailable_for_each_of_them(story: LedgerFixture) -> None:
    keys = await story.delivering(READERS)
    await held(story, keys)
    memory = (await story.client.config_get("maxmemory"))["maxmemory"]
    await story.client.config_set("maxmemory", 1)
    try:
        found = await asyncio.gather(*(story.intend(key) for key in keys), return_exceptions=True)
    finally:
        await story.client.config_set("maxmemory", memory or 0)
    assert {type(one) for one in found} == {LedgerUnavailable}
