"""A project served by processes that a test starts one by one, as on several machines, over any Redis and broker."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from tests.support.installation import PROJECT, SCHEDULE, SHORT, variables
from tests.support.patience import PATIENCE
from worker.adapters.child_process import tied
from worker.app import open_services
from worker.domain.run import CLOSED, Run, RunKey, RunState
from worker.entry.local_queue import LocalQueue
from worker.entry.processes import deploy_now
from worker.entry.project_dir import bundle_of, child_environment
from worker.errors import LedgerUnavailable
from worker.flow.operate.on_demand import request
from worker.flow.services import Services
from worker.sandbox.names import HOSTILE
from worker.sandbox.server import SandboxThread
from worker.settings import Settings

T = TypeVar("T")
OFTEN = SCHEDULE.replace("name: Asked for", "name: Often").replace("when: {every: 23h}", "when: {every: 2s}")


@dataclass
class Site:
    """`start` begins one process of the installation; all end with the block."""

    settings: Settings
    place: Path
    log: Path
    stack: ExitStack
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """`words` as after `funnelbeat`; the output goes to a file of its own."""
        command = [sys.executable, "-m", "worker.entry", "--project", str(self.place), *words]
        log = self.log / f"{'-'.join(words)}.log"
        child = self.stack.enter_context(running(command, self._environment(), log))
        self.processes.append(child)
        return child

    def end(self) -> None:
        """All are told at once, and each once: a worker that is told twice breaks off what it does."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(PATIENCE)

    def _environment(self) -> Mapping[str, str]:
        told = child_environment(self.settings, "acme")
        return {**told, **variables(self.settings)}

    def ask(self, question: Callable[[Services], Awaitable[T]], *, publish: bool = False) -> T:
        async def asked() -> T:
            queue = None if publish else LocalQueue()
            async with open_services(self.settings, "acme", queue=queue, directory=self.place) as services:
                return await question(services)

        return asyncio.run(asked())

    def trigger(self, schedule: str = "asked") -> RunKey:
        """Through the broker, on demand; returns the run's key."""

        async def asked(services: Services) -> RunKey:
            key = await request(services, schedule, None, None)
            await services.queue.produce([key], on_demand=True)
            return key

        return self.ask(asked, publish=True)

    def run(self, key: RunKey) -> Run | None:
        return self.ask(lambda services: services.lookups.run(key))

    def runs(self, schedule: str) -> tuple[Run, ...]:
        return self.ask(lambda services: services.lookups.runs(schedule, 100))

    def delivered(self, key: RunKey, seconds: float = PATIENCE) -> Run:
        def closed() -> Run | None:
            try:
                found = self.run(key)
            except LedgerUnavailable:  # Sentinels cut every connection to the server that they promote
                return None
            return found if found is not None and found.state in CLOSED else None

        run = until(closed, f"{key} was not closed in time", seconds)
        assert run.state is RunState.DELIVERED, run
        return run


def until(look: Callable[[], T | None], what: str, seconds: float = PATIENCE) -> T:
    deadline = time.monotonic() + seconds
    while (found := look()) is None:
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
    return found


@contextmanager
def running(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Tied to this process; told to stop at the end, and given the time to."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            tied(command), env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def children(pid: int) -> set[int]:
    """Of one process, as Linux tells; a worker's are those that run tasks."""
    return {int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()}


@contextmanager
def site(
    directory: Path, redis_url: str, broker_url: str, schedules: Mapping[str, str], *, republish: float = 1.0
) -> Iterator[Site]:
    """Deployed, with the sandbox open and no process started. `schedules`: id → YAML; "asked" is always there.

    `republish`: seconds after which a run that nobody began is published again, and then to the queue for fetching.
    """
    place = directory / "project"
    (place / "schedules").mkdir(parents=True)
    (place / "funnelbeat.yaml").write_text(PROJECT, encoding="utf-8")
    for name, text in {"asked": SCHEDULE, **schedules}.items():
        (place / "schedules" / f"{name}.yaml").write_text(text, encoding="utf-8")
    with SandboxThread(names=HOSTILE) as box, ExitStack() as stack:
        sandbox = box.describe_json()
        given = replace(SHORT, redis_url=redis_url, broker_url=broker_url, sandbox=sandbox)
        settings = replace(given, concurrency=1, republish=republish)
        deploy_now(bundle_of(place), settings, place)
        where = Site(settings, place, directory, stack)
        yield where
        where.end()
