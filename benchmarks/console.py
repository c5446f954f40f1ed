"""The server's time for pages of the console over a ledger with many runs, against the same pages without any."""

import asyncio
import contextlib
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx

from benchmarks.definitions import PROJECT
from benchmarks.ground import redis_ground
from benchmarks.measure import RATIO, Figure, Progress, Result, Verdict, in_turns
from worker.adapters.event_log import configure
from worker.app import open_services
from worker.domain.access import Actor, Door, TokenScope
from worker.domain.run import Claim, RunKey
from worker.entry.draft import checked_draft
from worker.entry.local_queue import LocalQueue
from worker.entry.project_dir import bundle_of
from worker.flow.deploy.deploy import deploy
from worker.flow.operate.access_tokens import add_token
from worker.flow.operate.on_demand import request, run_here
from worker.flow.services import Services
from worker.sandbox.server import Sandbox
from worker.settings import Settings
from worker.web.site import SiteUses, site

SCHEDULES = 20
AIM = 8.0
"""A page with very many runs may take so many times as long as the same page without any."""

SOON = 100.0
"""Milliseconds of the server for a page, on a machine that does nothing else."""

PAGES = {"overview": "", "runs": "runs", "alerts": "alerts"}
OF_RUNS = {"run": "run/s00@latest", "history": "history/s00", "schedule": "schedule/s00"}
"""Pages that there are only with runs."""

_FILE = f"""
project: {PROJECT}
connections: {{close: {{type: sandbox}}}}
channels: {{mail: {{type: sandbox}}}}
defaults: {{timezone: Europe/Berlin, operator: ops@acme.example}}
"""
_SCHEDULE = """
name: Pipeline
when: {cron: "0 9 * * MON"}
report:
  - id: deals
    source: close
    query: opportunities
    follow: closed
    params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active}
digest: {bridge: deals}
alerts:
  - {id: big, for_each: deals, if: row.value >= 30000, notify: [team]}
to:
  - {id: team, channel: mail, address: sales@acme.example}
"""


@dataclass(frozen=True, slots=True)
class Sizes:
    """`runs` in the ledger, of which each schedule has `whole` with answers and messages, the newest."""

    runs: int
    whole: int
    rounds: int


FULL = Sizes(10_000, 3, 15)
QUICK = Sizes(2_000, 1, 5)
TINY = Sizes(40, 1, 2)


def run(sizes: Sizes, progress: Progress) -> Result:
    configure("error")
    with redis_ground() as ground, asyncio.Runner() as runner, tempfile.TemporaryDirectory() as folder:
        full = _Served(ground.ledger, Path(folder, "full"), sizes.runs, sizes.whole, progress)
        empty = _Served(ground.peer, Path(folder, "empty"), 0, 0, progress)
        for served in (full, empty):
            runner.run(served.open())
        try:
            ways = {f"{who}, no run": _timed(runner, empty, place) for who, place in PAGES.items()}
            ways |= {who: _timed(runner, full, place) for who, place in {**PAGES, **OF_RUNS}.items()}
            for way in ways.values():
                way()
            taken = in_turns(ways, sizes.rounds, progress, f"console, {sizes.runs:,} runs")
        finally:
            for served in (full, empty):
                runner.run(served.close())
    case = f"{sizes.runs:,} runs, {SCHEDULES} schedules"
    figures = {who: Figure(case, who, "ms", samples) for who, samples in taken.items()}
    verdicts = tuple(
        Verdict(
            f"{who} with {sizes.runs:,} runs to {who} without any",
            figures[who].median / figures[f"{who}, no run"].median,
            RATIO,
            AIM,
            at_least=False,
        )
        for who in PAGES
    )
    slow = [f"{who} {figures[who].median:.0f} ms" for who in (*PAGES, *OF_RUNS) if figures[who].median > SOON]
    notes = (f"every page within {SOON:.0f} ms" if not slow else f"more than {SOON:.0f} ms: {', '.join(slow)}",)
    return Result("console", tuple(figures.values()), verdicts, notes)


class _Served:
    """`runs` in the ledger, the newest `whole` of each schedule with answers and messages."""

    def __init__(self, ledger: str, folder: Path, runs: int, whole: int, progress: Progress) -> None:
        self._ledger, self._folder, self._progress = ledger, folder, progress
        self._runs, self._whole = runs, whole
        self._stack = contextlib.AsyncExitStack()

    async def open(self) -> None:
        (self._folder / "schedules").mkdir(parents=True)
        (self._folder / "funnelbeat.yaml").write_text(_FILE, "utf-8")
        for number in range(SCHEDULES):
            (self._folder / "schedules" / f"s{number:02}.yaml").write_text(_SCHEDULE, "utf-8")
        box = await self._stack.enter_async_context(Sandbox())
        settings = Settings(redis_url=self._ledger, sandbox=_as_json(box))
        opened = open_services(settings, PROJECT, queue=LocalQueue(), directory=self._folder)
        services = await self._stack.enter_async_context(opened)
        await deploy(bundle_of(self._folder), services)
        await self._fill(services)
        scopes = [TokenScope.MANAGE]
        _, token = await add_token(services, Actor(Door.CLI, "bench"), "bench", scopes)
        transport = httpx.ASGITransport(site(SiteUses(services, PROJECT, checked_draft), ("console",)))
        client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")
        self._client = await self._stack.enter_async_context(client)
        answer = await client.post("/console/sign-in", data={"token": token})
        assert answer.status_code == 303, answer.text

    async def _fill(self, services: Services) -> None:
        """Runs that were claimed, and the newest ones as they are in fact."""
        deployed = await services.deployments.deployed()
        assert deployed is not None
        now = (await services.clock.now()).replace(microsecond=0)
        for number in range(self._runs - SCHEDULES * self._whole):
            at = now - timedelta(minutes=1 + number)
            key = RunKey(f"s{number % SCHEDULES:02}", at, "manual", f"{number:08x}")
            claim = Claim(key, deployed.bundle, "manual", at + timedelta(minutes=5))
            await services.clock.request(claim, services.pid)
        for _ in range(self._whole):
            for number in range(SCHEDULES):
                self._progress(f"console: run of schedule {number + 1}")
                await run_here(services, await request(services, f"s{number:02}", None, None))

    async def get(self, place: str) -> None:
        answer = await self._client.get(f"/console/{place}")
        assert answer.status_code == 200, f"{place}: {answer.status_code}"

    async def close(self) -> None:
        await self._stack.aclose()


def _timed(runner: asyncio.Runner, served: _Served, place: str) -> Callable[[], float]:
    def once() -> float:
        began = time.perf_counter()
        runner.run(served.get(place))
        return (time.perf_counter() - began) * 1000

    return once


def _as_json(box: Sandbox) -> str:
    return json.dumps(dict(box.describe()))
