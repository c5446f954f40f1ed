"""Our source reads a long Close list, against bare httpx: page after page, and sixteen at once."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from benchmarks.ground import child
from benchmarks.measure import Figure, Progress, Result, Verdict, compared, in_turns
from worker.domain.schedule import Follow, Query
from worker.ports import Question
from worker.sandbox.cast import MAIN
from worker.sandbox.close_api import API_KEY
from worker.sources.close.source import CloseSource, open_source

PAGE = 100
AT_ONCE = 16
PARAMS = {"pipeline": MAIN, "status_type": "active"}
FRESH, KEPT, SEQUENTIAL, SIXTEEN = "ours, first time", "ours, names known", "one after another", "16 at once"


@dataclass(frozen=True, slots=True)
class Sizes:
    """`latency`: seconds before every answer."""

    pages: int
    latency: float
    rounds: int


FULL = Sizes(100, 0.05, 3)
QUICK = Sizes(60, 0.05, 1)
TINY = Sizes(3, 0.005, 1)


@dataclass(frozen=True, slots=True)
class Reading:
    """One list, read in every way. Each way requests a total and every row, and parses the JSON."""

    base_url: str
    pages: int

    async def fresh(self) -> float:
        source = self._source()
        try:
            return await self._timed(lambda: self._fetch(source))
        finally:
            await source.aclose()

    async def kept(self) -> float:
        """A worker's second run, for which the account's names are cached."""
        source = self._source()
        try:
            await self._fetch(source)
            return await self._timed(lambda: self._fetch(source))
        finally:
            await source.aclose()

    async def sequential(self) -> float:
        async with self._client() as client:
            return await self._timed(lambda: self._bare(client, 1))

    async def sixteen(self) -> float:
        async with self._client() as client:
            return await self._timed(lambda: self._bare(client, AT_ONCE))

    def _source(self) -> CloseSource:
        return open_source({"base_url": self.base_url, "api_key": API_KEY}, clock=lambda: datetime.now(UTC))

    async def _fetch(self, source: CloseSource) -> int:
        item = Query("deals", "close", "opportunities", params=PARAMS, follow=Follow.CLOSED)
        answer = await source.fetch(Question(item, datetime.now(UTC), "UTC", None, None))
        return len(answer.snapshot.members)

    async def _bare(self, client: httpx.AsyncClient, at_once: int) -> int:
        places = asyncio.Semaphore(at_once)

        async def page(number: int) -> list[str]:
            params: dict[str, str | int] = {
                "_skip": number * PAGE,
                "_limit": PAGE,
                "status_type": "active",
                "_order_by": "date_created",
            }
            async with places:
                answer = await client.get("/opportunity/", params=params)
            return [deal["id"] for deal in answer.raise_for_status().json()["data"]]

        found = await asyncio.gather(*(page(number) for number in range(self.pages)))
        return len({deal for page_ in found for deal in page_})

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(base_url=self.base_url, auth=(API_KEY, ""), timeout=30, trust_env=False) as client:
            yield client

    async def _timed(self, read: Callable[[], Awaitable[int]]) -> float:
        began = time.perf_counter()
        rows = await read()
        seconds = time.perf_counter() - began
        assert rows == self.pages * PAGE, f"{rows} rows of {self.pages * PAGE} came"
        return seconds


def run(sizes: Sizes, progress: Progress) -> Result:
    with child("stand_in", str(sizes.pages * PAGE), str(sizes.latency)) as box:
        reading = Reading(box.ready["close"], sizes.pages)
        ways = {
            FRESH: reading.fresh,
            KEPT: reading.kept,
            SIXTEEN: reading.sixteen,
            SEQUENTIAL: reading.sequential,
        }
        case = f"{sizes.pages} pages at {sizes.latency * 1000:.0f} ms"
        taken = in_turns({who: _run(way) for who, way in ways.items()}, sizes.rounds, progress, f"pages, {case}")
        refused = box.end()["refused"]
    assert refused == 0, f"{refused} requests were refused (429)"
    figures = {who: Figure(case, who, "s", samples) for who, samples in taken.items()}
    return Result("pages", tuple(figures.values()), _verdicts(figures))


def _verdicts(figures: dict[str, Figure]) -> tuple[Verdict, ...]:
    peer = figures[SIXTEEN]
    return tuple(compared(f"{who} to {SIXTEEN}", figures[who], peer, 1.2, at_least=False) for who in (FRESH, KEPT))


def _run(way: Callable[[], Awaitable[float]]) -> Callable[[], float]:
    async def once() -> float:
        return await way()

    return lambda: asyncio.run(once())
