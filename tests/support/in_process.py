"""A run in one process, step by step: real Redis and real sandbox, without a clock or a worker process."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from worker.app import open_services
from worker.domain.delivery import Baseline, Delivery, Reader
from worker.domain.run import Run
from worker.entry.local_queue import LocalQueue
from worker.entry.project_dir import bundle_of
from worker.flow.deploy.deploy import deploy
from worker.flow.operate.on_demand import request
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.flow.services import Services
from worker.sandbox.names import HOSTILE
from worker.sandbox.server import Sandbox
from worker.settings import Settings

PROJECT = """
project: acme
connections:
  close: {type: sandbox}
channels:
  mail: {type: sandbox}
  chat: {type: sandbox}
defaults: {timezone: Europe/Berlin, operator: ops@acme.example}
"""
SCHEDULE = """
name: Weekly pipeline
when: {cron: "0 9 * * MON"}
report:
  - id: deals
    source: close
    query: opportunities
    follow: closed
    params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active}
  - id: stalled
    source: close
    query: opportunities
    follow: departures
    params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active, is_stalled: true}
digest: {bridge: deals}
to:
  - {id: team, channel: mail, address: sales@acme.example}
"""
DEALS_AND_FUNNEL = """
name: Weekly pipeline
when: {cron: "0 9 * * MON"}
report:
  - id: deals
    source: close
    query: opportunities
    follow: closed
    params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active}
  - id: funnel
    source: close
    query: funnel_totals
    window: last-week
    params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, type: active-stage-cohort}
digest: {bridge: deals}
"""
"""A schedule without readers: a list of deals, and a funnel, which counts the whole team."""
TEAM = Reader("week", "team", "sales@acme.example")


@dataclass
class InProcessRun:
    """`box` shares the test's loop, so a test may change its pipeline between two runs."""

    services: Services
    box: Sandbox
    place: Path

    async def deploy(self, schedule: str = SCHEDULE) -> None:
        (self.place / "schedules" / "week.yaml").write_text(schedule, encoding="utf-8")
        await self.deploy_files()

    async def deploy_files(self) -> None:
        """As they are."""
        await deploy(bundle_of(self.place), self.services)

    async def run(self) -> tuple[Run, tuple[Delivery, ...]]:
        """One run on demand, fetched and delivered as far as it goes at once."""
        key = await request(self.services, "week", None, None)
        for delivery in await produce(self.services, key):
            await deliver(self.services, delivery)
        run = await self.services.lookups.run(key)
        assert run is not None
        return run, await self.services.lookups.deliveries(key)

    async def baselines(self, reader: Reader = TEAM) -> Mapping[str, Baseline]:
        return (await self.services.runs.baselines([reader]))[reader]

    def step(self) -> None:
        self.box.pipeline.step(self.box.now())


@asynccontextmanager
async def in_process_run(
    redis_url: str, directory: Path, settings: Settings | None = None
) -> AsyncIterator[InProcessRun]:
    (directory / "schedules").mkdir(parents=True)
    (directory / "funnelbeat.yaml").write_text(PROJECT, encoding="utf-8")
    async with Sandbox(names=HOSTILE) as box:
        given = replace(settings or Settings(), redis_url=redis_url, sandbox=json.dumps(box.describe()))
        async with open_services(given, "acme", queue=LocalQueue(), directory=directory) as services:
            here = InProcessRun(services, box, directory)
            await here.deploy()
            yield here
