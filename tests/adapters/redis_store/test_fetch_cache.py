"""Whose turn it is to fetch, and which stored answer serves whom."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from worker.adapters.redis_store.fetch_cache import RedisFetchCache
from worker.ports import FetchFailed, Hit, Turn

PAST = datetime(2026, 1, 1, tzinfo=UTC)
AGE = 300.0


@pytest.fixture
def fetch_cache(redis_client: Redis) -> RedisFetchCache:
    return RedisFetchCache(redis_client, "acme", lease=0.15)


async def lead(fetch_cache: RedisFetchCache, key: str = "question") -> Turn:
    found = await fetch_cache.look(key, PAST, AGE, 0.0)
    assert isinstance(found, Turn)
    return found


async def test_one_of_many_who_ask_at_once_has_the_turn(fetch_cache: RedisFetchCache) -> None:
    found = await asyncio.gather(*(fetch_cache.look("question", PAST, AGE, 0.0) for _ in range(50)))
    assert len([one for one in found if isinstance(one, Turn)]) == 1
    assert found.count(None) == 49


async def test_an_answer_serves_who_was_due_before_it_was_begun_and_is_not_too_strict(
    fetch_cache: RedisFetchCache,
) -> None:
    turn = await lead(fetch_cache)
    kept = Hit(turn.begun, "aa", "bb")
    assert await fetch_cache.put("question", turn.token, kept)
    assert await fetch_cache.look("question", turn.begun, AGE, 0.0) == kept
    later = turn.begun + timedelta(milliseconds=1)
    assert isinstance(await fetch_cache.look("question", later, AGE, 0.0), Turn)
    assert await fetch_cache.look("question", PAST, AGE, 0.0) == kept, "it still serves others meanwhile"


async def test_an_answer_that_is_older_than_share_for_is_fetched_anew(fetch_cache: RedisFetchCache) -> None:
    turn = await lead(fetch_cache)
    await fetch_cache.put("question", turn.token, Hit(turn.begun, "aa"))
    await asyncio.sleep(0.03)
    assert isinstance(await fetch_cache.look("question", PAST, 0.02, 0.0), Turn)


async def test_another_question_knows_nothing_of_it(fetch_cache: RedisFetchCache) -> None:
    turn = await lead(fetch_cache)
    await fetch_cache.put("question", turn.token, Hit(turn.begun, "aa"))
    assert isinstance(await fetch_cache.look("another", PAST, AGE, 0.0), Turn)


async def test_a_turn_whose_worker_died_is_taken_over_and_comes_too_late_then(fetch_cache: RedisFetchCache) -> None:
    dead = await lead(fetch_cache)
    assert await fetch_cache.look("question", PAST, AGE, 0.0) is None
    await asyncio.sleep(0.2)
    heir = await lead(fetch_cache)
    assert heir.token > dead.token
    assert not await fetch_cache.beat("question", dead.token)
    assert not await fetch_cache.put("question", dead.token, Hit(dead.begun, "old"))
    await fetch_cache.leave("question", dead.token)
    assert await fetch_cache.look("question", PAST, AGE, 0.0) is None, "the heir's turn stands"
    assert await fetch_cache.put("question", heir.token, Hit(heir.begun, "new"))
    assert await fetch_cache.look("question", PAST, AGE, 0.0) == Hit(heir.begun, "new")


async def test_a_turn_that_is_renewed_lasts_longer_than_its_lease(fetch_cache: RedisFetchCache) -> None:
    turn = await lead(fetch_cache)
    for _ in range(3):
        await asyncio.sleep(0.08)
        assert await fetch_cache.beat("question", turn.token)
    assert await fetch_cache.look("question", PAST, AGE, 0.0) is None


async def test_a_failure_is_told_to_those_who_stood_by_and_to_nobody_after_them(fetch_cache: RedisFetchCache) -> None:
    turn = await lead(fetch_cache)
    failed = FetchFailed("rate_limited", "GET /me/: too many requests (429)", 3600.0)
    await fetch_cache.put("question", turn.token, failed)
    await asyncio.sleep(0.01)
    assert await fetch_cache.look("question", PAST, AGE, 5.0) == failed
    assert isinstance(await fetch_cache.look("question", PAST, AGE, 0.0), Turn)


async def test_a_turn_that_brought_nothing_is_the_next_ones(fetch_cache: RedisFetchCache) -> None:
    turn = await lead(fetch_cache)
    await fetch_cache.leave("question", turn.token)
    assert (await lead(fetch_cache)).token == turn.token + 1


async def test_on_demand_does_not_wait_for_what_was_begun_before_it_was_asked(fetch_cache: RedisFetchCache) -> None:
    turn = await lead(fetch_cache)
    now = turn.begun + timedelta(milliseconds=1)
    mine = await fetch_cache.look("question", now, AGE, 0.0, urgent=True)
    assert isinstance(mine, Turn)
    assert mine.token == 0
    assert not await fetch_cache.put("question", mine.token, Hit(mine.begun, "mine"))
    assert await fetch_cache.look("question", turn.begun, AGE, 0.0, urgent=True) is None, "that one will do"
    assert await fetch_cache.put("question", turn.token, Hit(turn.begun, "theirs"))
