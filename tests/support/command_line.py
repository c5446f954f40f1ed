"""Commands in one process, with a project, a real Redis and a sandbox that can be shut down."""

import asyncio
import hashlib
import json
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from typer.testing import CliRunner, Result

from worker.adapters.redis_server import EmbeddedRedis
from worker.app import open_services
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState
from worker.domain.run import Run, RunKey
from worker.entry.cli import app
from worker.entry.local_queue import LocalQueue
from worker.entry.processes import deploy_now
from worker.entry.project_dir import bundle_of
from worker.flow.operate.on_demand import request, run_here
from worker.flow.run.deliver import deliver
from worker.flow.services import Services
from worker.sandbox.names import HOSTILE
from worker.sandbox.outbox import Received
from worker.sandbox.server import SandboxThread
from worker.settings import Settings

T = TypeVar("T")
PROJECT = """
project: acme
connections: {close: {type: sandbox}}
channels: {mail: {type: sandbox}, chat: {type: sandbox}}
defaults: {timezone: Europe/Berlin, operator: ops@acme.example}
"""
SCHEDULE = """
name: Asked for
when: {every: 23h}
report:
  - id: funnel
    source: close
    query: funnel_totals
    window: last-week
    compare: previous
    params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, type: active-stage-cohort}
  - id: deals
    source: close
    query: opportunities
    follow: closed
    params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active}
  - id: stalled
    source: close
    query: opportunities
    params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active, is_stalled: true}
digest: {bridge: deals}
to:
  - {id: team, channel: mail, address: sales@acme.example}
  - {id: files, channel: mail, address: numbers@acme.example, attach: [deals, funnel], locale: de_DE}
  - {id: room, channel: chat, address: C0123456789, attach: [deals]}
"""

MAIL = """
name: By mail
when: {every: 23h}
report:
  - id: deals
    source: close
    query: opportunities
    follow: closed
    params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active}
digest: {bridge: deals}
to:
  - {id: team, channel: mail, address: sales@acme.example}
  - {id: held, channel: mail, address: held@acme.example, on_unknown: hold}
"""


@dataclass
class CommandLine:
    """`box` is None once the sandbox is shut down. `outbox` then holds what it received."""

    place: Path
    redis: EmbeddedRedis
    box: SandboxThread | None
    settings: Settings
    outbox: list[Received] = field(default_factory=list)

    def ask(self, question: Callable[[Services], Awaitable[T]]) -> T:
        async def asked() -> T:
            async with open_services(self.settings, "acme", queue=LocalQueue(), directory=self.place) as services:
                return await question(services)

        return asyncio.run(asked())

    def deploy(self) -> None:
        deploy_now(bundle_of(self.place), self.settings, self.place)

    def run(self, *, moved: bool = True) -> str:
        """Fetches and delivers a run on demand in this process, and returns its key."""
        if self.box is not None and moved:
            self.box.call(lambda box: box.pipeline.step(box.now()))

        async def ran(services: Services) -> str:
            key = await request(services, "asked", None, None)
            await run_here(services, key)
            return str(key)

        return self.ask(ran)

    def bring(self, key: str) -> DeliveryState | None:
        async def brought(services: Services) -> DeliveryState | None:
            return await deliver(services, DeliveryKey.parse(key))

        return self.ask(brought)

    def row(self, run: str, entry: str) -> Delivery:
        async def look(services: Services) -> Delivery:
            rows = await services.lookups.deliveries(RunKey.parse(run))
            return next(row for row in rows if row.key.reader.startswith(f"{entry}|"))

        return self.ask(look)

    def stands(self, key: str) -> Run:
        async def look(services: Services) -> Run:
            found = await services.lookups.run(RunKey.parse(key))
            assert found is not None
            return found

        return self.ask(look)

    def shut(self) -> None:
        """Ends the sandbox and keeps what it received."""
        assert self.box is not None
        self.outbox = self.box.call(lambda box: list(box.outbox.items))
        self.box.__exit__(None, None, None)
        self.box = None

    def received(self) -> set[str]:
        """SHA-256 of every message, computed where it was received."""
        items = self.outbox if self.box is None else self.box.call(lambda box: list(box.outbox.items))
        return {item.sha256 for item in items}

    def call(self, *words: str) -> Result:
        """Runs a command with these words."""
        return CliRunner().invoke(app, ["--project", str(self.place), *words], catch_exceptions=False)

    def document_of(self, *words: str) -> Any:
        return json.loads(self.call(*words, "--json").stdout)


@contextmanager
def command_line(redis: EmbeddedRedis, directory: Path, schedule: str = SCHEDULE) -> Iterator[CommandLine]:
    """The project is deployed. Only runs that the test asks for happen."""
    (directory / "schedules").mkdir(parents=True)
    (directory / "funnelbeat.yaml").write_text(PROJECT, encoding="utf-8")
    (directory / "schedules" / "asked.yaml").write_text(schedule, encoding="utf-8")
    box = SandboxThread(names=HOSTILE).__enter__()
    settings = Settings(redis_url=redis.url, broker_url=redis.broker_url, sandbox=box.describe_json(), backoff=0.2)
    environment = {"FUNNELBEAT_REDIS_URL": redis.url, "FUNNELBEAT_BROKER_URL": redis.broker_url}
    made = CommandLine(directory, redis, box, settings)
    try:
        with patch.dict("os.environ", environment):
            made.deploy()
            yield made
    finally:
        if made.box is not None:
            made.shut()


@contextmanager
def no_network() -> Iterator[None]:
    """Any connection except one to a local socket of Redis fails the test."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        assert self.family == socket.AF_UNIX, f"the network was touched: {address}"
        connect(self, address)

    with patch.object(socket.socket, "connect", refuse):
        yield


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
