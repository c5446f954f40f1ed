"""A whole installation for tests: embedded Redis, sandbox, clock processes and Celery workers, with short times."""

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from tests.support.child_processes import Processes
from tests.support.patience import PATIENCE
from worker.adapters.redis_server import EmbeddedRedis
from worker.app import open_services
from worker.domain.delivery import Delivery, DeliveryKey
from worker.domain.run import CLOSED, Run, RunKey
from worker.entry.local_queue import LocalQueue
from worker.entry.processes import deploy_now
from worker.entry.project_dir import bundle_of, child_environment
from worker.flow.services import Services
from worker.sandbox.names import HOSTILE
from worker.sandbox.pipeline import PipelineSimulation
from worker.sandbox.server import SandboxThread
from worker.settings import Settings

T = TypeVar("T")
SHORT = Settings(
    tick=0.1,
    run_lease=1.5,
    heartbeat=0.4,
    delivery_lease=1.5,
    republish=1.0,
    lookup_after=0.3,
    resend_after=0.5,
    retry_fetch=0.5,
    backoff=0.5,
)
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
name: Asked for
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
  - {id: room, channel: chat, address: C0123456789}
"""


@dataclass
class Installation:
    """`tokens`: the directory of the fail points. `processes`: the clocks and workers."""

    settings: Settings
    place: Path
    box: SandboxThread
    processes: Processes
    tokens: Path
    redis: EmbeddedRedis

    def ask(self, question: Callable[[Services], Awaitable[T]], *, queue: bool = False) -> T:
        """Asks the ledger from this process."""

        async def asked() -> T:
            local = None if queue else LocalQueue()
            async with open_services(self.settings, "acme", queue=local, directory=self.place) as services:
                return await question(services)

        return asyncio.run(asked())

    def write(self, name: str, text: str) -> None:
        (self.place / "schedules" / f"{name}.yaml").write_text(text, encoding="utf-8")

    def deploy(self) -> None:
        deploy_now(bundle_of(self.place), self.settings, self.place)

    def arm(self, point: str, signal_name: str = "") -> None:
        """The next process that passes the point is killed, or is sent what `signal_name` names ("SIGSTOP")."""
        written = self.tokens / f".{point}"
        written.write_text(signal_name, encoding="ascii")
        written.rename(self.tokens / point)

    def armed(self, point: str) -> bool:
        return (self.tokens / point).exists()

    def disarm(self) -> None:
        for token in self.tokens.iterdir():
            token.unlink(missing_ok=True)

    def restart_redis(self) -> None:
        """Kills Redis and starts it again on the same append-only file."""
        self.redis.kill()
        self.redis.attach_or_start()

    def until(self, look: Callable[[], T | None], seconds: float = PATIENCE) -> T:
        """What `look` finds, in the end; children that ended are begun again meanwhile."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = look()
            if found is not None:
                return found
            self.processes.look_after()
            time.sleep(0.05)
        raise AssertionError(f"nothing was found in time\n{self.report()}")

    def report(self) -> str:
        """The states of the last runs and the ends of the logs, for the message of a failed test."""

        async def look(services: Services) -> list[str]:
            runs = await services.lookups.runs(None, 5)
            rows = [row for run in runs for row in await services.lookups.deliveries(run.key)]
            return [f"{run.key} {run.state} {run.reason}" for run in runs] + [
                f"{row.key} {row.state} {row.reason} {row.sentence}" for row in rows
            ]

        logs = [path.read_text(errors="replace")[-3000:] for path in sorted(self.place.parent.glob("*.log"))]
        return "\n".join([*self.ask(look), *logs])

    def closed(self, key: RunKey) -> Run | None:
        async def look(services: Services) -> Run | None:
            run = await services.lookups.run(key)
            return run if run is not None and run.state in CLOSED else None

        return self.ask(look)

    def deliveries(self, run: RunKey) -> tuple[Delivery, ...]:
        async def look(services: Services) -> tuple[Delivery, ...]:
            return await services.lookups.deliveries(run)

        return self.ask(look)

    def mails(self, delivery: DeliveryKey) -> int:
        """How many mails with this delivery's Message-ID the mail server accepted."""
        mark = f"<{delivery.digest}@".encode()
        return sum(mark in item.body for item in self.box.call(lambda box: box.outbox.of("eml")))

    def posts(self, delivery: DeliveryKey) -> Counter[str]:
        """How often each part of this delivery is in Slack."""
        found: Counter[str] = Counter()
        for item in self.box.call(lambda box: box.outbox.of("slack")):
            told = json.loads(item.body).get("metadata", {}).get("event_payload", {}).get("delivery_id", "")
            if told.startswith(delivery.digest):
                found[told] += 1
        return found

    def webhook_posts(self) -> Counter[str]:
        """How often each message arrived through the incoming webhook, by the SHA-256 of its bytes."""
        items = self.box.call(lambda box: box.outbox.of("slack"))
        return Counter(item.sha256 for item in items if item.name.split("-")[1] == "webhook")


@contextmanager
def installation(
    directory: Path,
    pipeline: PipelineSimulation | None = None,
    *,
    clocks: int = 1,
    workers: int = 1,
    project: str = PROJECT,
    schedules: Mapping[str, str] = MappingProxyType({"asked": SCHEDULE}),
    times: Settings = SHORT,
) -> Iterator[Installation]:
    """All processes run. WEBHOOK, RECEIVER, CLOSE and SMTP in `project` become the addresses of the stand-ins."""
    place, tokens = directory / "project", directory / "tokens"
    (place / "schedules").mkdir(parents=True)
    tokens.mkdir()
    for name, text in schedules.items():
        (place / "schedules" / f"{name}.yaml").write_text(text, encoding="utf-8")
    with EmbeddedRedis(directory / "redis") as redis, SandboxThread(pipeline=pipeline, names=HOSTILE) as box:
        (place / "funnelbeat.yaml").write_text(_addressed(project, box.describe()), encoding="utf-8")
        settings = replace(
            times,
            redis_url=redis.url,
            broker_url=redis.broker_url,
            sandbox=box.describe_json(),
            fail_at=str(tokens),
        )
        deploy_now(bundle_of(place), settings, place)
        environment = {**os.environ, **variables(settings), **_addresses(settings)}
        with Processes(place, environment, directory, clocks=clocks, workers=workers) as processes:
            yield Installation(settings, place, box, processes, tokens, redis)


def _addressed(project: str, addresses: Mapping[str, str]) -> str:
    for name in ("webhook", "receiver", "close", "smtp"):
        project = project.replace(name.upper(), addresses[name])
    return project


def variables(settings: Settings) -> dict[str, str]:
    """Environment variables that give another process the same times."""
    names = ("tick", "run_lease", "heartbeat", "delivery_lease", "republish", "lookup_after", "resend_after")
    told = {f"FUNNELBEAT_{name.upper()}": str(getattr(settings, name)) for name in (*names, "retry_fetch", "backoff")}
    return {**told, "FUNNELBEAT_FAIL_AT": settings.fail_at}


def _addresses(settings: Settings) -> dict[str, str]:
    wanted = ("FUNNELBEAT_REDIS_URL", "FUNNELBEAT_BROKER_URL", "FUNNELBEAT_PROJECT", "FUNNELBEAT_SANDBOX")
    return {name: child_environment(settings, "acme")[name] for name in wanted}
