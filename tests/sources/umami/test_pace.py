"""Umami Cloud's fifty calls in fifteen seconds, in a test's own measure of time."""

import asyncio

from tests.sources.umami.account import KEY, Account, Clock, question
from tests.support.scripted_http import Asked, Said, scripted
from worker.adapters.local_quota import LocalQuota
from worker.sources.common.calls import Retries
from worker.sources.umami import UmamiTuning, open_source


async def test_a_cloud_that_counts_refuses_nobody_who_keeps_its_limit() -> None:
    """The service allows ten calls in any 0.3 s here; we send nine in 0.6, which a busy machine may draw together."""
    account, arrived, refused = Account(), list[float](), list[float]()

    def counting(asked: Asked) -> Said:
        if len(arrived) >= 10 and asked.at - arrived[-10] < 0.3:
            refused.append(asked.at)
            return Said({"error": "Too many requests"}, 429)
        arrived.append(asked.at)
        return account.answer(asked)

    async with scripted(counting) as server:
        tuning = UmamiTuning(timeout=5.0, retries=Retries(tries=1), calls=9, seconds=0.6)
        source = open_source({"base_url": f"{server.url}/v1", "api_key": KEY}, clock=Clock(), tuning=tuning)
        try:
            await asyncio.gather(*(source.fetch(question("goal")) for _ in range(20)), return_exceptions=True)
        finally:
            await source.aclose()
    assert refused == []
    assert len(arrived) == 21


def test_the_clouds_own_limit_is_kept_where_a_key_is_used() -> None:
    cloud = open_source({"api_key": KEY}, clock=Clock())
    own = open_source({"base_url": "https://x.example", "username": "u", "password": "p"}, clock=Clock())
    assert [source._client._pace._window for source in (cloud, own)] == [(45, 15.0), (0, 15.0)]


async def test_two_clients_with_one_budget_keep_the_limit_together() -> None:
    arrived: list[float] = []
    account, shared = Account(), LocalQuota()

    def counting(asked: Asked) -> Said:
        arrived.append(asked.at)
        return account.answer(asked)

    async with scripted(counting) as server:
        options = {"base_url": f"{server.url}/v1", "api_key": KEY}
        tuning = UmamiTuning(timeout=5.0, retries=Retries(tries=1), calls=5, seconds=0.2)
        sources = [open_source(options, clock=Clock(), tuning=tuning, quota=shared) for _ in range(2)]
        try:
            await asyncio.gather(*(source.fetch(question("goal")) for source in sources for _ in range(6)))
        finally:
            await asyncio.gather(*(source.aclose() for source in sources))
    assert len(arrived) == 14
    # A place is a promise of when to send; what arrives may be late by what the loop was busy with.
    assert arrived[-1] - arrived[0] >= 0.35
