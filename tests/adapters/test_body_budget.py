"""Many large answers at once, over real sockets: how much of them one process holds."""

import asyncio
import gc
import gzip
import json

import pytest

from tests.support.scripted_http import Said, scripted
from worker.adapters import body_budget
from worker.adapters.body_budget import BodyBudget, BodyReading, budget
from worker.adapters.http import Http, HttpFailure
from worker.adapters.http_body import STEP
from worker.adapters.json_body import decoded_aside

MB = 1024 * 1024


class Watched(BodyBudget):
    """Remembers the most that was held. `two`: set when two readers came after the first."""

    peak = 0
    begun = 0
    two: asyncio.Event

    def begin(self, reading: BodyReading) -> None:
        super().begin(reading)
        self.begun += 1
        if self.begun == 3:
            self.two.set()

    def add(self, size: int, *, read: bool) -> None:
        super().add(size, read=read)
        self.peak = max(self.peak, self.held)


@pytest.fixture
async def watched() -> Watched:
    found = Watched(16 * MB, patience=30.0)
    found.two = asyncio.Event()
    body_budget._budgets[asyncio.get_running_loop()] = found
    return found


@pytest.mark.parametrize("packed", [False, True])
async def test_sixteen_large_answers_at_once_are_held_one_after_the_other(watched: Watched, packed: bool) -> None:
    """16 answers of 12 MB are 192 MB; 16 MB may be held, and one body more."""
    body = json.dumps(["x" * (12 * MB)]).encode()
    said = Said(gzip.compress(body, 1), headers={"content-encoding": "gzip"}) if packed else Said(body)

    async def length(client: Http) -> int:
        (text,) = await decoded_aside((await client.send("GET", "/x")).body)
        return len(text)

    async with scripted(lambda _: said) as server:
        client = Http(server.url, timeout=60)
        assert await asyncio.gather(*(length(client) for _ in range(16))) == [12 * MB] * 16
        await client.aclose()
    gc.collect()
    assert watched.held == 0
    # The bytes are copied once, from what was read to what is kept.
    assert watched.peak <= 16 * MB + 2 * 12 * MB + 16 * STEP


async def test_bodies_that_somebody_keeps_stop_nobody_for_ever(watched: Watched) -> None:
    watched._patience = 0.1
    async with scripted(lambda _: Said(bytes(9 * MB))) as server:
        client = Http(server.url, timeout=60)
        kept = await asyncio.gather(*(client.send("GET", "/x") for _ in range(5)))
        await client.aclose()
    assert [len(answer.body) for answer in kept] == [9 * MB] * 5
    assert watched.held == 45 * MB
    del kept
    gc.collect()
    assert watched.held == 0


async def test_what_breaks_off_gives_its_room_back(watched: Watched) -> None:
    async with scripted(lambda _: Said(bytes(12 * MB), cut=10 * MB)) as server:
        client = Http(server.url, timeout=60)
        failed = await asyncio.gather(*(client.send("GET", "/x") for _ in range(4)), return_exceptions=True)
        await client.aclose()
    assert [type(one) for one in failed] == [HttpFailure] * 4
    del failed
    gc.collect()
    assert watched.held == 0


async def test_a_reader_that_is_cancelled_while_it_waits_leaves_the_queue(watched: Watched) -> None:
    async with scripted(lambda _: Said(bytes(12 * MB))) as server:
        client = Http(server.url, timeout=60)
        first = await client.send("GET", "/x")
        waiting = [asyncio.create_task(client.send("GET", "/x")) for _ in range(2)]
        await watched.two.wait()
        waiting[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting[0]
        del first
        assert len((await waiting[1]).body) == 12 * MB
        await client.aclose()


def test_each_loop_has_a_budget_of_its_own() -> None:
    async def mine() -> BodyBudget:
        return budget()

    assert asyncio.run(mine()) is not asyncio.run(mine())
