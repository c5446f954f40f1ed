"""Whole runs, from the due slot to the last mail, against a simple solution (rival.py).

Each side has a broker in the same Redis and a Celery worker with the same number of children, fetches the same recorded
pages and sends to the same mail server. The rival's tasks are published at once; ours wait for the clock's tick.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import redis

from benchmarks import rival
from benchmarks.ground import Ground, child, redis_ground
from benchmarks.measure import Figure, Progress, Result, Verdict, compared, in_turns
from worker.adapters.child_process import tied
from worker.adapters.redis_store.connection import connect
from worker.adapters.redis_store.ledger import RedisLedger
from worker.domain.run import RunState
from worker.domain.schedule import (
    Bundle,
    ChannelSpec,
    Connection,
    Defaults,
    Follow,
    Query,
    Schedule,
    Subscription,
    Trigger,
)
from worker.sandbox.cast import MAIN
from worker.sandbox.close_api import API_KEY

PROJECT = "whole"
PATIENCE = 180.0
LOOK = 0.02
OURS, SHARED = "ours", "ours, one question"
AIMS = {True: (6, 12), False: (2, 4)}
"""With a latency, and without: a question for each schedule, one question for all."""
"""Twenty schedules with twenty questions, and twenty with one question, which is fetched once for all."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """`latencies`: seconds. `children`: processes per worker."""

    runs: int
    pages: int
    readers: int
    latencies: tuple[float, ...]
    rounds: int
    children: int = 2


FULL = Sizes(20, 20, 20, (0.05, 0.0), 2)
QUICK = Sizes(6, 20, 20, (0.05,), 1)
TINY = Sizes(2, 2, 2, (0.0,), 1, children=1)


@dataclass(frozen=True, slots=True)
class Place:
    """The addresses of all servers. `directory` holds the output of the processes."""

    ground: Ground
    close: str
    latency: str
    smtp: int
    directory: Path


def readers(count: int) -> list[str]:
    return [f"reader-{number}@tern.example" for number in range(count)]


def bundle(sizes: Sizes, place: Place, *, apart: bool = False) -> Bundle:
    """One schedule per run, so that no run supersedes another. `apart`: each has its own question with the same answer,
    so that no run uses another's fetch.
    """
    url = f"smtp://127.0.0.1:{place.smtp}?tls=never"
    to = tuple(
        Subscription(f"r{number}", "email", address, "pipeline", "en_GB", "UTC")
        for number, address in enumerate(readers(sizes.readers))
    )
    daily = Trigger("cron", "UTC", expression="0 9 * * *")
    names = {f"{'apart' if apart else 'digest'}-{number:03d}": number for number in range(sizes.runs)}
    schedules = {
        name: Schedule(
            daily, id=name, name=f"Digest {number}", report=(_item(number if apart else 0),), to=to, bridge="deals"
        )
        for name, number in names.items()
    }
    return Bundle(
        PROJECT,
        Defaults(),
        {"close": Connection("close", "close", {"base_url": place.close, "api_key": API_KEY})},
        {"email": ChannelSpec("email", "email", {"url": url, "from": "Reports <reports@tern.example>"})},
        schedules,
        allow=("tern.example",),  # as a deployment derives it from the addresses that its definitions name
    )


def _item(number: int) -> Query:
    """Every open deal. All were created after the year 2000."""
    since = f"2000-01-01T00:{number // 60:02d}:{number % 60:02d}Z"
    params = {"pipeline": MAIN, "status_type": "active", "date_created__gte": since}
    return Query("deals", "close", "opportunities", params=params, follow=Follow.CLOSED)


class Ours:
    def __init__(self, sizes: Sizes, place: Place, *, apart: bool = False) -> None:
        self._sizes = sizes
        self._bundle = bundle(sizes, place, apart=apart)
        self._ledger = place.ground.ledger
        self._client = redis.Redis.from_url(self._ledger)

    def round(self) -> float:
        """Runs per second."""
        slot = datetime.now(UTC).replace(microsecond=0)
        asyncio.run(self._due(slot))
        began = time.perf_counter()
        _wait(self._done, "our runs")
        seconds = time.perf_counter() - began
        asyncio.run(self._check(slot))
        return self._sizes.runs / seconds

    def _done(self) -> bool:
        """Whether every slot is claimed and nothing is left for the tick."""
        with self._client.pipeline() as pipe:
            pipe.zcount(f"{PROJECT}:due", "-inf", int(time.time() * 1000))
            pipe.zcard(f"{PROJECT}:attention:runs")
            pipe.zcard(f"{PROJECT}:attention:deliveries")
            return not any(pipe.execute())

    async def _due(self, slot: datetime) -> None:
        client = connect(self._ledger)
        try:
            await RedisLedger(client, PROJECT).deployments.activate(
                self._bundle, dict.fromkeys(self._bundle.schedules, slot), ()
            )
        finally:
            await client.aclose()

    async def _check(self, slot: datetime) -> None:
        client = connect(self._ledger)
        try:
            runs = await RedisLedger(client, PROJECT).lookups.runs(None, self._sizes.runs)
        finally:
            await client.aclose()
        ended = [run for run in runs if run.key.slot == slot and run.state is RunState.DELIVERED]
        wrong = [f"{run.key}: {run.state} {run.sentence} {run.gaps}" for run in runs if run not in ended]
        assert len(ended) == self._sizes.runs, f"{len(ended)} of {self._sizes.runs} runs were delivered; {wrong[:1]}"


class Rival:
    def __init__(self, sizes: Sizes, place: Place) -> None:
        self._sizes = sizes
        self._client = redis.Redis.from_url(place.ground.peer)
        rival.app.conf.broker_url = place.ground.broker

    def round(self) -> float:
        self._client.delete(rival.DONE)
        began = time.perf_counter()
        for number in range(self._sizes.runs):
            rival.report.delay(number, readers(self._sizes.readers))
        _wait(lambda: int(self._client.get(rival.DONE) or 0) == self._sizes.runs, "the rival's runs")
        return self._sizes.runs / (time.perf_counter() - began)


def run(sizes: Sizes, progress: Progress) -> Result:
    figures: list[Figure] = []
    verdicts: list[Verdict] = []
    with _place(sizes) as place, _processes(sizes, place):
        apart, shared, peer = Ours(sizes, place, apart=True), Ours(sizes, place), Rival(sizes, place)
        contenders = {OURS: apart.round, SHARED: shared.round, "rival": peer.round}
        progress("whole runs: first round, not counted")
        for first in contenders.values():
            first()
        for latency in sizes.latencies:
            httpx.get(f"{place.latency}{latency}", trust_env=False).raise_for_status()
            case = f"{sizes.runs} runs, {sizes.pages} pages at {latency * 1000:.0f} ms"
            taken = in_turns(contenders, sizes.rounds, progress, f"whole, {case}")
            *own, other = (Figure(case, who, "runs/s", samples) for who, samples in taken.items())
            figures += [*own, other]
            verdicts += [
                compared(f"{case}, {figure.who} to rival", figure, other, aim, at_least=True)
                for figure, aim in zip(own, AIMS[latency > 0], strict=True)
            ]
    return Result("whole", tuple(figures), tuple(verdicts), (f"{sizes.readers} readers a run",))


@contextmanager
def _place(sizes: Sizes) -> Iterator[Place]:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="funnelbeat-whole-")))
        ground = stack.enter_context(redis_ground())
        pages = stack.enter_context(child("recorded", str(sizes.pages * rival.PAGE))).ready
        sink = stack.enter_context(child("sink")).ready
        yield Place(ground, pages["close"], pages["latency"], sink, directory)


@contextmanager
def _processes(sizes: Sizes, place: Place) -> Iterator[None]:
    """Our clock and worker, and the rival's worker. All end with the block."""
    ground = place.ground
    ours = {
        "FUNNELBEAT_REDIS_URL": ground.ledger,
        "FUNNELBEAT_BROKER_URL": ground.broker,
        "FUNNELBEAT_PROJECT": PROJECT,
        "FUNNELBEAT_CONCURRENCY": str(sizes.children),
        "FUNNELBEAT_LOG_LEVEL": "warning",
    }
    theirs = {
        "RIVAL_BROKER": ground.broker,
        "RIVAL_REDIS": ground.peer,
        "RIVAL_CLOSE": place.close,
        "RIVAL_SMTP_PORT": str(place.smtp),
    }
    celery = ["celery", "-A", "benchmarks.rival", "worker", "-c", str(sizes.children), "-l", "WARNING"]
    with ExitStack() as stack:
        for name in ("clock", "worker"):
            stack.enter_context(_process(place, name, ["worker.entry", "--project", str(place.directory), name], ours))
        stack.enter_context(_process(place, "rival", [*celery, "--without-mingle", "--without-gossip"], theirs))
        yield


@contextmanager
def _process(place: Place, name: str, module: list[str], environment: Mapping[str, str]) -> Iterator[None]:
    with (place.directory / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            tied([sys.executable, "-m", *module]),
            env={**os.environ, **environment},
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(done: Callable[[], bool], what: str) -> None:
    """Raises RuntimeError after PATIENCE seconds."""
    end = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} did not end within {PATIENCE:.0f} s")
        time.sleep(LOOK)
