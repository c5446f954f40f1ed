"""Circuit breakers of receivers, as two workers see them."""

import pytest
from redis.asyncio import Redis

from worker.adapters.redis_store import circuits
from worker.adapters.redis_store.circuits import AGAIN, POLL, REST, RedisCircuits
from worker.adapters.redis_store.scripts import Scripts
from worker.adapters.redis_store.times import LeaseTimes


@pytest.fixture
def two(redis_client: Redis) -> tuple[RedisCircuits, RedisCircuits]:
    one, other = (RedisCircuits(Scripts(redis_client, "acme"), LeaseTimes()) for _ in range(2))
    return one, other


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer is old at once, and a trial is no longer young."""
    monkeypatch.setattr(circuits, "FRESH", 0.0)
    monkeypatch.setattr(circuits, "GRACE", 0.0)


async def test_one_message_tries_a_receiver_that_nobody_has_heard_of_and_the_others_wait(
    two: tuple[RedisCircuits, RedisCircuits],
) -> None:
    one, other = two
    assert await one.enter("mail") == 0
    assert [await other.enter("mail"), await one.enter("mail")] == [POLL, POLL]
    assert await other.enter("another") == 0
    await one.answered("mail")
    assert [await other.enter("mail"), await one.enter("mail")] == [0, 0]


@pytest.mark.usefixtures("hurried")
async def test_whoever_finds_a_trial_that_takes_long_comes_back_later(two: tuple[RedisCircuits, RedisCircuits]) -> None:
    one, other = two
    assert [await one.enter("mail"), await other.enter("mail")] == [0, AGAIN]
    await one.leave("mail")
    assert await other.enter("mail") == 0, "the first message did not go"


async def test_a_trial_whose_worker_died_lapses_with_the_lease(redis_client: Redis) -> None:
    one, other = (RedisCircuits(Scripts(redis_client, "acme"), LeaseTimes(delivery_lease=0.2)) for _ in range(2))
    assert await one.enter("mail") == 0
    assert await other.enter("mail") > 0
    await redis_client.pexpire("acme:circuit:mail", 0)
    assert await other.enter("mail") == 0


async def test_silence_that_one_worker_met_keeps_all_away_until_an_answer(
    two: tuple[RedisCircuits, RedisCircuits],
) -> None:
    one, other = two
    await one.enter("mail")
    await one.silent("mail", 30.0)
    assert REST - 10 < await other.enter("mail") <= REST
    await other.answered("mail")
    assert await one.enter("mail") == 0


async def test_silence_about_one_message_counts_for_nothing_if_others_were_answered_meanwhile(
    two: tuple[RedisCircuits, RedisCircuits],
) -> None:
    one, other = two
    await one.answered("mail")
    await other.silent("mail", 30.0)
    assert await one.enter("mail") == 0


async def test_nothing_of_a_circuit_stays(two: tuple[RedisCircuits, RedisCircuits], redis_client: Redis) -> None:
    one, _ = two
    for told in (one.enter("tried"), one.answered("answered"), one.silent("silent", 1.0)):
        await told
    left = [await redis_client.pttl(f"acme:circuit:{name}") for name in ("tried", "answered", "silent")]
    assert all(0 < milliseconds <= REST * 1000 for milliseconds in left)
