"""Claims due slots in the ledger and publishes them through Celery, against RedBeat and celery beat."""

import asyncio
import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import redis

from benchmarks.definitions import PROJECT, bundle
from benchmarks.ground import Ground, child, redis_ground
from benchmarks.measure import RATIO, Figure, Progress, Result, Verdict, compared, in_turns
from benchmarks.peers import Beat, RedBeat
from worker.adapters.celery.queue import KEYS_PER_MESSAGE
from worker.adapters.event_log import configure
from worker.clock_app import open_clock
from worker.flow.run.tick import TickUses, tick
from worker.settings import Settings

UNIT = "slots/s"
OURS = "ours"


@dataclass(frozen=True, slots=True)
class Case:
    """`kind` of trigger. The peers' entries are intervals, so "every" compares like with like. `beat_seconds`: when
    celery beat is stopped, 0 if it does not take part. `alone`: RedBeat does not take part either, because it would
    take minutes.
    """

    count: int
    kind: str
    rounds: int
    beat_seconds: float = 0.0
    alone: bool = False

    def __str__(self) -> str:
        return f"{self.count:,} due, {self.kind}"


Sizes = tuple[Case, ...]
FULL: Sizes = (
    Case(2_000, "every", 3, beat_seconds=2.0),
    Case(20_000, "every", 2),
    Case(20_000, "cron", 2, alone=True),
    Case(100_000, "every", 2, alone=True),
)
QUICK: Sizes = (Case(2_000, "every", 2, beat_seconds=1.0), Case(2_000, "cron", 2, alone=True))
TINY: Sizes = (Case(40, "every", 2, beat_seconds=0.2), Case(80, "cron", 1, alone=True))


class Clock:
    """Our clock on an emptied ledger. Every schedule is due at once, one second late, and each round starts again."""

    def __init__(self, ground: Ground, count: int, kind: str) -> None:
        self._ground = ground
        self._count = count
        self._bundle = bundle(count, kind)
        self._runner = asyncio.Runner()
        self._stack = contextlib.AsyncExitStack()
        self._queues = redis.Redis.from_url(ground.queues)

    def __enter__(self) -> Self:
        settings = Settings(redis_url=self._ground.ledger, broker_url=self._ground.broker)
        self._services = self._runner.run(self._stack.enter_async_context(open_clock(settings, PROJECT)))
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()

    def rate(self) -> float:
        self._runner.run(self._arm())
        began = time.perf_counter()
        claimed = self._runner.run(drain(self._services))
        seconds = time.perf_counter() - began
        self._check(claimed)
        return claimed / seconds

    def ping_ms(self) -> float:
        """The 99th percentile of another client's PING while we claim, in milliseconds."""
        self._runner.run(self._arm())
        with child("pinger", self._ground.ledger) as other:
            self._check(self._runner.run(drain(self._services)))
            told = other.end()
        return float(told["p99"])

    async def _arm(self) -> None:
        with redis.Redis.from_url(self._ground.ledger) as client:
            client.flushdb()
        now = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1)
        deployment = await self._services.deployments.activate(
            self._bundle, dict.fromkeys(self._bundle.schedules, now), ()
        )
        await self._services.deployments.timings(deployment.bundle)

    def _check(self, claimed: int) -> None:
        queue = f"{PROJECT}.fetch"
        messages = self._queues.llen(queue)
        self._queues.delete(queue)
        # A few more, if a minute began meanwhile at which schedules are due.
        assert self._count <= claimed <= self._count * 1.01 + 2, f"{claimed} of {self._count} slots were claimed"
        assert messages >= self._count / KEYS_PER_MESSAGE, f"only {messages} messages for {self._count} slots"


async def drain(services: TickUses) -> int:
    """Ticks until nothing is due. Returns the number of claimed runs."""
    claimed = 0
    while True:
        ticked = await tick(services)
        claimed += len(ticked.claimed)
        if not ticked.more:
            return claimed


@contextlib.contextmanager
def quiet_log() -> Iterator[None]:
    """The log at its default level. Every line is made, and written to a place where nobody reads it."""
    with Path(os.devnull).open("w") as nowhere:
        with contextlib.redirect_stderr(nowhere):
            configure("info")
        yield
    configure("warning")


def run(sizes: Sizes, progress: Progress) -> Result:
    figures: list[Figure] = []
    verdicts: list[Verdict] = []
    with redis_ground() as ground:
        for case in sizes:
            taken, ping = _case(ground, case, progress)
            figures += taken
            verdicts += _ratios(taken)
            what = f"another client's PING p99 while {case} are claimed"
            verdicts.append(Verdict(what, ping, "ms", 10, at_least=False))
    return Result("claim", tuple(figures), (*verdicts, *_steady(figures, sizes)))


def _case(ground: Ground, case: Case, progress: Progress) -> tuple[list[Figure], float]:
    with quiet_log(), Clock(ground, case.count, case.kind) as clock:
        contenders = {OURS: clock.rate}
        if not case.alone:
            contenders["RedBeat"] = RedBeat(ground, case.count).rate
        if case.beat_seconds:
            contenders["celery beat"] = Beat(ground, case.count, case.beat_seconds).rate
        taken = in_turns(contenders, case.rounds, progress, f"claim, {case}")
        ping = clock.ping_ms()
    return [Figure(str(case), who, UNIT, samples) for who, samples in taken.items()], ping


def _ratios(taken: list[Figure]) -> list[Verdict]:
    ours, *peers = taken
    return [
        compared(f"{ours.case}, ours to RedBeat", ours, peer, 12, at_least=True)
        for peer in peers
        if peer.who == "RedBeat"
    ]


def _steady(figures: list[Figure], sizes: Sizes) -> list[Verdict]:
    """Whether the largest size is claimed as fast as the one before it, for triggers of one kind."""
    counts = sorted(case.count for case in sizes if case.kind == "every")
    if len(counts) < 2:
        return []
    rates = {figure.case: figure for figure in figures if figure.who == OURS}
    small, large = (str(next(case for case in sizes if case.count == n and case.kind == "every")) for n in counts[-2:])
    ratio = rates[large].median / rates[small].median
    return [Verdict(f"{large} to {small}, ours", ratio, RATIO, 0.8, at_least=True)]
