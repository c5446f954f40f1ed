"""Many runs of one schedule at once in this process, with processes that die, a slow source and slow receivers; and
what stands in a reader's box afterwards.
"""

import asyncio
import json
import random
import re
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from functools import partial
from typing import Any

from tests.support.in_process import TEAM, InProcessRun
from tests.support.patience import PATIENCE
from worker.decorators.fail_points import FAIL_POINTS, with_fail_points
from worker.domain.delivery import Baseline, Delivery, DeliveryKey, Reader
from worker.domain.run import CLOSED, Run, RunKey
from worker.flow.operate.on_demand import request
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.flow.run.tick import tick
from worker.flow.services import Services
from worker.sandbox.limits import Dialect
from worker.settings import Settings

SHORT = Settings(
    run_lease=0.6, heartbeat=0.2, delivery_lease=2.5, republish=0.4, lookup_after=0.2, resend_after=0.3, backoff=0.2
)
"""A slow mail server answers within a delivery's lease. One that is silent longer is left alone for minutes."""
PATIENT = replace(SHORT, delivery_lease=5.0)
"""For a room: what waits for its pace keeps its lease."""

SCHEDULE = """
name: Many at once
when: {{every: {every}s, catch_up: {catch_up}}}
within: 5m
report:
  - {{id: deals, source: close, query: opportunities, follow: closed,
     params: {{pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active}}}}
  - {{id: totals, source: close, query: funnel_totals, window: this-month,
     params: {{pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, type: active-stage-cohort}}}}
digest: {{bridge: deals}}
to:
  - {entry}
"""
ENOUGH = 4
"""Digests that a reader has had when the slots stop to come due, so that there is an order to look at."""

ROOM = Reader("week", "room", "C0123456789")
ENTRIES = {
    TEAM: "{id: team, channel: mail, address: sales@acme.example}",
    ROOM: "{id: room, channel: chat, address: C0123456789}",
}


class Killed(BaseException):
    """As far as the ledger can tell, the process is gone: nothing more of this work is written."""


@dataclass
class ConcurrentRuns:
    """`death_rate`: the probability of a death at each fail point. `dice` decides all that is left to chance.
    `baselines_seen`: where the reader's baselines stood, look by look.
    """

    story: InProcessRun
    reader: Reader
    every: int
    dice: random.Random
    death_rate: float
    queued: list[RunKey] = field(default_factory=list)
    work: set["asyncio.Task[Any]"] = field(default_factory=set)
    baselines_seen: list[Mapping[str, Baseline]] = field(default_factory=list)
    draining: bool = False

    @property
    def services(self) -> Services:
        """A process of its own."""
        return with_fail_points(replace(self.story.services, queue=self), self._pass_point)

    def _pass_point(self, point: str) -> None:
        assert point in FAIL_POINTS
        deadly = not self.draining and point.startswith(("run.fetch", "run.kept", "run.deliv", "delivery"))
        if deadly and self.dice.random() < self.death_rate:
            raise Killed(point)

    async def produce(self, keys: Sequence[RunKey], *, on_demand: bool = False) -> None:
        """A queue that hands everything to some worker at once, which may be slow to begin."""
        for key in keys:
            self._begin(partial(produce, self.services, key))

    async def read_mailboxes(self, channels: Sequence[str]) -> None:
        """Not looked at here."""

    async def deliver(self, keys: Sequence[DeliveryKey]) -> None:
        for key in keys:
            self._begin(partial(deliver, self.services, key))

    def _begin(self, act: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        async def some_time_later() -> None:
            if self.dice.random() < 0.2 and not self.draining:
                await asyncio.sleep(self.dice.uniform(0, 1.2))
            with suppress(Killed):
                await act()

        task = asyncio.ensure_future(some_time_later())
        self.work.add(task)
        task.add_done_callback(self.work.discard)

    def moves(self) -> int:
        """How often a digest has moved the reader's baseline."""
        return len({baselines["deals"].slot for baselines in self.baselines_seen if "deals" in baselines})

    async def run_for(self, seconds: float) -> None:
        """The clock ticks, the pipeline moves, somebody asks now and then; source and mail server are slow at times. It
        takes longer where the machine is so busy that the reader has had hardly a digest by then.
        """
        self.story.box.close.limit.set(100_000, 8.0, Dialect.DOCUMENTED)
        until = time.monotonic() + seconds
        while time.monotonic() < until or self.moves() <= ENOUGH:
            await tick(self.services)
            if self.dice.random() < 0.3:
                self.story.step()
            if self.dice.random() < 0.08 / self.every:
                await self.produce([await request(self.story.services, "week", None, None)])
            if self.dice.random() < 0.06:
                self.story.box.faults.arm("GET /api/v1/opportunity/*", "slow", seconds=self.dice.uniform(0.2, 1.6))
            if self.dice.random() < 0.06:
                self.story.box.mail.faults.delay(self.dice.uniform(0.2, 1.5))
            self.baselines_seen.append(await self.story.baselines(self.reader))
            await asyncio.sleep(0.12)

    async def drain(self, seconds: float = PATIENCE) -> None:
        """Nothing new comes due, nobody dies any more, and everything ends."""
        self.draining = True
        self.story.box.faults.clear()
        self.story.box.mail.faults.clear()
        written = self.story.place / "schedules" / "week.yaml"
        await self.story.deploy(written.read_text("utf-8").replace(f"every: {self.every}s", "every: 23h"))
        until = time.monotonic() + seconds
        while [run for run in await self.runs() if run.state not in CLOSED]:
            assert time.monotonic() < until, await self.open()
            await tick(self.services)
            await asyncio.sleep(0.1)
        await asyncio.gather(*self.work)

    async def runs(self) -> list[Run]:
        return sorted(await self.story.services.lookups.runs("week", 100_000), key=lambda run: run.key.slot)

    async def open(self) -> list[str]:
        rows = [row for run in await self.runs() for row in await self.story.services.lookups.deliveries(run.key)]
        return [f"{run.key} {run.state}" for run in await self.runs() if run.state not in CLOSED] + [
            f"{row.key} {row.state} {row.reason}" for row in rows if row.settled_at is None
        ]

    async def rows(self) -> list[Delivery]:
        """In the order of their slots."""
        found: list[Delivery] = []
        for run in await self.runs():
            found += await self.story.services.lookups.deliveries(run.key)
        return found


@dataclass(frozen=True, slots=True)
class Received:
    """One digest as its reader sees it; `opening` and `closing` are empty where it has no bridge."""

    digest: str
    opening: str
    closing: str


def received(story: InProcessRun, reader: Reader) -> list[Received]:
    """What came, in order; a second copy under one identity counts once."""
    found: dict[str, Received] = {}
    for one in _mails(story, reader) if reader == TEAM else _posts(story, reader):
        found.setdefault(one.digest, one)
    return list(found.values())


def _mails(story: InProcessRun, reader: Reader) -> Iterator[Received]:
    for item in story.box.outbox.of("eml"):
        message = message_from_bytes(item.body, policy=policy.default)
        body = message.get_body(("plain",))
        assert body is not None
        if str(message["To"]) == reader.address:
            text, digest = body.get_content(), str(message["Message-ID"]).strip("<>").partition("@")[0]
            yield Received(digest, *(_found(rf"^ *{line} +\d+ +(\S+)\r?$", text) for line in ("Opening", "Closing")))


def _posts(story: InProcessRun, reader: Reader) -> Iterator[Received]:
    """The bridge stands in the main message; its thread says more."""
    for item in story.box.outbox.of("slack"):
        digest, _, part = json.loads(item.body)["metadata"]["event_payload"]["delivery_id"].partition(".")
        if part == "0" and item.meta["channel"] == reader.address:
            text = json.dumps(json.loads(item.body), ensure_ascii=False)
            yield Received(digest, *(_found(rf"\"{line},.*?(€[\d,.]+)", text) for line in ("Opening", "Closing")))


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return found[1] if found else ""
