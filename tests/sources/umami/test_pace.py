"""Umami Cloud's fifty calls in fifteen seconds, in a test's own measure of time."""

import asyncio

from tests.sources.umami.account import KEY, Account, Clock, question
from tests.support.scripted_http import Asked, Said, scripted
from worker.sources.common.calls import Retries
from worker.sources.umami import Tuning, open_source
from worker.sources.umami.pace import Window


async def test_no_window_ever_holds_more_calls_than_it_may() -> None:
    pace, loop, sent = Window(calls=5, seconds=0.1), asyncio.get_running_loop(), list[float]()

    async def call() -> None:
        await pace.enter()
        sent.append(loop.time())
        pace.leave({})

    await asyncio.gather(*(call() for _ in range(22)))
    assert len(sent) == 22
    assert all(later - earlier >= 0.1 for earlier, later in zip(sent, sent[5:], strict=False))
    assert sent[-1] - sent[0] < 0.1 * 4 + 0.3


async def test_without_a_limit_nobody_waits() -> None:
    pace, loop = Window(), asyncio.get_running_loop()
    began = loop.time()
    for _ in range(1000):
        await pace.enter()
    assert loop.time() - began < 0.5


async def test_what_is_held_waits_for_the_longest_hold() -> None:
    pace, loop = Window(), asyncio.get_running_loop()
    began = loop.time()
    pace.hold(0.05)
    pace.hold(0.01)
    await pace.enter()
    assert loop.time() - began >= 0.05


async def test_a_cloud_that_counts_refuses_nobody_who_keeps_its_limit() -> None:
    """The service allows ten calls in any 0.3 s here; we send nine."""
    account, arrived, refused = Account(), list[float](), list[float]()

    def counting(asked: Asked) -> Said:
        if len(arrived) >= 10 and asked.at - arrived[-10] < 0.3:
            refused.append(asked.at)
            return Said({"error": "Too many requests"}, 429)
        arrived.append(asked.at)
        return account.answer(asked)

    async with scripted(counting) as server:
        tuning = Tuning(timeout=5.0, retries=Retries(tries=1), calls=9, seconds=0.33)
        source = open_source({"base_url": f"{server.url}/api", "api_key": KEY}, clock=Clock(), tuning=tuning)
        await asyncio.gather(*(source.fetch(question("goal")) for _ in range(30)))
        await source.aclose()
    assert refused == []
    assert len(arrived) == 31


def test_the_clouds_own_limit_is_kept_where_a_key_is_used() -> None:
    cloud = open_source({"api_key": KEY}, clock=Clock())
    own = open_source({"base_url": "https://x.example", "username": "u", "password": "p"}, clock=Clock())
    paces = [source._client._calls._pace for source in (cloud, own)]
    assert [(pace._calls, pace._seconds) for pace in paces if isinstance(pace, Window)] == [(45, 15.0), (0, 15.0)]
