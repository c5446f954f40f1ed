"""A schedule with alert rules in one process: a real Redis with a set clock, real definitions, messages and workers'
steps; what the service holds is given, and what would leave is noted.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.domain.builders import answer
from tests.support.in_process import in_process_run
from tests.support.set_clock import SetLedger
from worker.adapters.redis_store.connection import connect
from worker.decorators.fail_points import with_fail_points
from worker.domain.alert.state import RuleState
from worker.domain.delivery import Delivery, DeliveryKey, Envelope, Part, Receipt
from worker.domain.run import Claim, Run, RunKey
from worker.domain.snapshot.snapshot import Row
from worker.errors import SourceUnavailable
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.flow.services import Services
from worker.ports import Answer, Channel, Question, Source

START = datetime.fromisoformat("2026-01-05T09:00:00+00:00")
"""Before anything is due that was deployed on the real clock. A test asks for its own slots: none comes by itself."""
MINUTE = timedelta(minutes=1)
SCHEDULE = """
name: Stalled watch
when: {{cron: "0 0 1 1 *"}}
report:
  - id: deals
    source: close
    query: opportunities
    follow: closed
    params: {{pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active}}
alerts:
  - {{id: big, name: A big deal, for_each: deals, if: row.value >= 1000{rule}}}
{to}
"""
TEAM = "to:\n  - {id: team, channel: mail, address: sales@acme.example, send: on_alert}"
"""It is told of alerts, and gets digests when there are some."""


class Killed(BaseException):
    """As far as the ledger can tell, the process is gone."""


@dataclass
class Watched:
    """`rows`: what the service holds; None: it is down. `left`: the messages that left, by delivery. `deadly`: fail
    points at which a process dies, each once.
    """

    services: Services
    ledger: SetLedger
    deploy: Callable[[str], Any]
    rows: Sequence[Row] | None = ()
    left: Counter[DeliveryKey] = field(default_factory=Counter)
    deadly: list[str] = field(default_factory=list)
    slot: datetime = START

    async def answer(self, source: Source, account: str, question: Question) -> Answer:
        """In place of a fetch."""
        if self.rows is None:
            raise SourceUnavailable("GET /opportunity/", "the service is down")
        return Answer(answer(self.rows, query=question.item.id, at=question.slot))

    async def transmit(self, channel: Channel[Any], part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        self.left[envelope.key] += 1
        return Receipt("250 ok")

    def _pass_point(self, point: str) -> None:
        if point in self.deadly:
            self.deadly.remove(point)
            raise Killed(point)

    @property
    def process(self) -> Services:
        """A process of its own, which may die."""
        return with_fail_points(self.services, self._pass_point)

    async def claimed(self, *, later: timedelta = 5 * MINUTE) -> RunKey:
        """The run of the next slot."""
        self.slot += later
        await self.ledger.set(self.slot)
        deployment = await self.services.deployments.deployed()
        assert deployment is not None
        key = RunKey("week", self.slot)
        await self.services.clock.request(Claim(key, deployment.bundle, "every", self.slot + 30 * MINUTE), 1)
        return key

    async def run(self, rows: Sequence[Row] | None = None, *, later: timedelta = 5 * MINUTE) -> RunKey:
        """The next slot, fetched and delivered as far as it goes at once; as often as processes die, after a lease."""
        self.rows = rows
        key = await self.claimed(later=later)
        await self.work([key])
        return key

    async def work(self, runs: Sequence[RunKey], deliveries: Sequence[DeliveryKey] = ()) -> None:
        for run in runs:
            deliveries = [*deliveries, *await self._lived(produce(self.process, run))]
        for delivery in deliveries:
            await self._lived(deliver(self.process, delivery))

    async def _lived(self, work: Any) -> Any:
        try:
            return await work
        except Killed:
            return ()

    async def pass_time(self, span: timedelta = 2 * MINUTE) -> None:
        """What lapsed leases left behind is taken up by others."""
        await self.ledger.set(self.ledger.at + span)
        swept = await self.services.clock.sweep(1000)
        await self.work(swept.runs, swept.deliveries)

    async def calm(self) -> None:
        """Until nothing is left to do."""
        for _ in range(20):
            await self.pass_time(11 * MINUTE)
            open_runs = await self.ledger.scripts.ask("ZCARD", "acme:open:week")
            if not open_runs and not self.deadly:
                return
        raise AssertionError(await self.report())

    async def report(self) -> list[str]:
        runs = await self.services.lookups.runs("week", 100)
        rows = [row for run in runs for row in await self.services.lookups.deliveries(run.key)]
        return [f"{run.key} {run.state} {run.reason}" for run in runs] + [
            f"{row.key} {row.state} {row.reason} {row.sentence}" for row in rows
        ]

    async def state(self, rule: str = "big") -> RuleState:
        return (await self.services.alerts.memory("week")).states[rule]

    async def runs(self) -> list[Run]:
        """Oldest first."""
        return sorted(await self.services.lookups.runs("week", 1000), key=lambda run: run.key.slot)

    async def told(self, run: RunKey | None = None) -> list[tuple[str, str, str]]:
        """Reader, subject and reason of every finding in a notification that was sent, in the order of the slots."""
        found = []
        for row in await self.alert_rows():
            one = await self.services.alerts.notification(row.key.run, row.content)
            if one is not None and row.key in self.left and run in (None, row.key.run):
                reader = row.key.reader.removeprefix("alert:").partition("|")[0]
                found += [(reader, finding.facts.key, finding.reason.value) for finding in one.findings]
        return found

    async def alert_rows(self) -> list[Delivery]:
        return [
            row
            for run in await self.runs()
            for row in await self.services.lookups.deliveries(run.key)
            if row.key.reader.startswith("alert:")
        ]


@asynccontextmanager
async def watched(redis_url: str, directory: Path, *, to: str = TEAM, rule: str = "") -> AsyncIterator[Watched]:
    client = connect(redis_url)
    ledger = SetLedger(client, START, "acme")
    try:
        async with in_process_run(redis_url, directory) as story:
            await ledger.set(START)
            parts = {
                name: getattr(ledger, name)
                for name in (
                    "clock",
                    "runs",
                    "deliveries",
                    "deployments",
                    "upkeep",
                    "lookups",
                    "subscriptions",
                    "alerts",
                )
            }
            digests = replace(
                story.services.digests,
                lookups=ledger.lookups,
                runs=ledger.runs,
                deployments=ledger.deployments,
                alerts=ledger.alerts,
            )
            here = Watched(replace(story.services, **parts, digests=digests), ledger, story.deploy)
            fetches: Any = _Given(here, story.services.fetches.cache)
            here.services = replace(here.services, fetches=fetches, transmit=here.transmit)
            story.services = here.services
            await story.deploy(SCHEDULE.format(to=to, rule=rule))
            yield here
    finally:
        await client.aclose()


@dataclass
class _Given:
    """In place of SharedFetches."""

    here: Watched
    cache: Any

    async def answer(self, source: Source, account: str, question: Question) -> Answer:
        return await self.here.answer(source, account, question)
