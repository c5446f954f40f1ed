"""Whose turn it is to fetch, and which stored answer serves whom."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from worker.adapters.redis_store.fetch_cache import RedisShelf
from worker.ports import Failed, Kept, Lead

PAST = datetime(2026, 1, 1, tzinfo=UTC)
AGE = 300.0


@pytest.fixture
def shelf(redis_client: Redis) -> RedisShelf:
    return RedisShelf(redis_client, "acme", lease=0.15)


async def lead(shelf: RedisShelf, key: str = "question") -> Lead:
    found = await shelf.look(key, PAST, AGE, 0.0)
    assert isinstance(found, Lead)
    return found


async def test_one_of_many_who_ask_at_once_has_the_turn(shelf: RedisShelf) -> None:
    found = await asyncio.gather(*(shelf.look("question", PAST, AGE, 0.0) for _ in range(50)))
    assert len([one for one in found if isinstance(one, Lead)]) == 1
    assert found.count(None) == 49


async def test_an_answer_serves_who_was_due_before_it_was_begun_and_is_not_too_strict(shelf: RedisShelf) -> None:
    turn = await lead(shelf)
    kept = Kept(turn.begun, "aa", "bb")
    assert await shelf.put("question", turn.token, kept)
    assert await shelf.look("question", turn.begun, AGE, 0.0) == kept
    later = turn.begun + timedelta(milliseconds=1)
    assert isinstance(await shelf.look("question", later, AGE, 0.0), Lead)
    assert await shelf.look("question", PAST, AGE, 0.0) == kept, "it still serves others meanwhile"


async def test_an_answer_that_is_older_than_share_for_is_fetched_anew(shelf: RedisShelf) -> None:
    turn = await lead(shelf)
    await shelf.put("question", turn.token, Kept(turn.begun, "aa"))
    await asyncio.sleep(0.03)
    assert isinstance(await shelf.look("question", PAST, 0.02, 0.0), Lead)


async def test_another_question_knows_nothing_of_it(shelf: RedisShelf) -> None:
    turn = await lead(shelf)
    await shelf.put("question", turn.token, Kept(turn.begun, "aa"))
    assert isinstance(await shelf.look("another", PAST, AGE, 0.0), Lead)


async def test_a_turn_whose_worker_died_is_taken_over_and_comes_too_late_then(shelf: RedisShelf) -> None:
    dead = await lead(shelf)
    assert await shelf.look("question", PAST, AGE, 0.0) is None
    await asyncio.sleep(0.2)
    heir = await lead(shelf)
    assert heir.token > dead.token
    assert not await shelf.beat("question", dead.token)
    assert not await shelf.put("question", dead.token, Kept(dead.begun, "old"))
    await shelf.leave("question", dead.token)
    assert await shelf.look("question", PAST, AGE, 0.0) is None, "the heir's turn stands"
    assert await shelf.put("question", heir.token, Kept(heir.begun, "new"))
    assert await shelf.look("question", PAST, AGE, 0.0) == Kept(heir.begun, "new")


async def test_a_turn_that_is_renewed_lasts_longer_than_its_lease(shelf: RedisShelf) -> None:
    turn = await lead(shelf)
    for _ in range(3):
        await asyncio.sleep(0.08)
        assert await shelf.beat("question", turn.token)
    assert await shelf.look("question", PAST, AGE, 0.0) is None


async def test_a_failure_is_told_to_those_who_stood_by_and_to_nobody_after_them(shelf: RedisShelf) -> None:
    turn = await lead(shelf)
    failed = Failed("rate_limited", "GET /me/: too many requests (429)", 3600.0)
    await shelf.put("question", turn.token, failed)
    await asyncio.sleep(0.01)
    assert await shelf.look("question", PAST, AGE, 5.0) == failed
    assert isinstance(await shelf.look("question", PAST, AGE, 0.0), Lead)


async def test_a_turn_that_brought_nothing_is_the_next_ones(shelf: RedisShelf) -> None:
    turn = await lead(shelf)
    await shelf.leave("question", turn.token)
    assert (await lead(shelf)).token == turn.token + 1


async def test_on_demand_does_not_wait_for_what_was_begun_before_it_was_asked(shelf: RedisShelf) -> None:
    turn = await lead(shelf)
    now = turn.begun + timedelta(milliseconds=1)
    mine = await shelf.look("question", now, AGE, 0.0, urgent=True)
    assert isinstance(mine, Lead)
    assert mine.token == 0
    assert not await shelf.put("question", mine.token, Kept(mine.begun, "mine"))
    assert await shelf.look("question", turn.begun, AGE, 0.0, urgent=True) is None, "that one will do"
    assert await shelf.put("question", turn.token, Kept(turn.begun, "theirs"))
