"""A project as an operator finds it after three months: real runs over a real Redis and a real sandbox, with what goes
wrong in such a time. Its clock is set, so that the months pass in seconds.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from redis.asyncio import Redis

from tests.support.set_clock import PROJECT, Month, month
from worker.domain.access import Actor, Door
from worker.domain.alert.silence import Matcher
from worker.domain.delivery import DeliveryKey, DeliveryState
from worker.domain.run import RunKey
from worker.entry.project_dir import bundle_of
from worker.flow.alert.acts import acknowledge, silence, snooze
from worker.flow.alert.current import current
from worker.flow.deploy.deploy import deploy
from worker.flow.operate import acts
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.sandbox.server import Sandbox

START = datetime(2026, 9, 4, 6, 0, tzinfo=UTC)
END = datetime(2026, 11, 27, 11, 4, tzinfo=UTC)
"""A Friday."""

FUNNELBEAT = f"""
project: {PROJECT}
connections:
  close: {{type: sandbox}}
  pipedrive: {{type: sandbox-pipedrive}}
channels:
  mail: {{type: sandbox}}
  slack: {{type: sandbox}}
defaults: {{timezone: Europe/Berlin, operator: ops@acme.example}}
subscriptions: {{allow: [acme.example, "slack:*"]}}
"""
DEALS = """
  - id: deals
    source: close
    query: opportunities
    follow: closed
    share_for: 1s
    params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active}
"""
STALLED = """
  - id: stalled
    source: close
    query: opportunities
    follow: departures
    share_for: 1s
    params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active, is_stalled: true}
"""
SCHEDULES = {
    "weekly-pipeline": f"""
name: Weekly pipeline
when: {{cron: "0 9 * * MON"}}
report:{DEALS}{STALLED}
digest: {{bridge: deals}}
to:
  - {{id: team, channel: mail, address: sales@acme.example}}
  - {{id: jonas, channel: mail, address: jonas.weber@acme.example}}
  - {{id: room, channel: slack, address: C0123456789}}
""",
    "stalled-watch": f"""
name: Stalled watch
when: {{cron: "0 8 * * THU,FRI"}}
report:{STALLED}{DEALS}
alerts:
  - id: big-deal-stalled
    name: A big deal stalls
    for_each: stalled
    if: row.value >= 20000
    severity: {{critical: row.value >= 45000}}
    repeat: 7d
    notify:
      - {{id: team, channel: mail, address: sales@acme.example}}
      - {{id: room, channel: slack, address: C0123456789}}
  - id: many-stalled
    name: Many stalled deals of one owner
    for_each: {{rows: stalled, by: owner}}
    if: group.count >= 3
    notify: team
""",
    "board": f"""
name: Board summary
when: {{cron: "30 7 1 * *"}}
report:{DEALS}
digest: {{bridge: deals}}
to:
  - {{id: board, channel: mail, address: board@acme.example}}
""",
    "pipedrive-week": """
name: EMEA by owner
when: {cron: "0 10 * * TUE", timezone: Europe/London}
report:
  - {id: deals, source: pipedrive, query: deals, follow: closed, share_for: 1s, params: {pipeline_id: 1, status: open}}
digest: {bridge: deals}
to:
  - {id: emea, channel: mail, address: emea@acme.example, on_unknown: hold}
""",
    "daily-movement": f"""
name: Daily movement
when: {{cron: "30 8 * * WED,FRI,SAT"}}
report:{DEALS}
digest: {{bridge: deals, send: on_change}}
to:
  - {{id: team, channel: mail, address: sales@acme.example}}
""",
}
OPS = Actor(Door.CLI, "mara@ops-1")


def _newest(clock: list[datetime]) -> datetime:
    return clock[0]


@asynccontextmanager
async def console_weeks(client: Redis, place: Path) -> AsyncIterator[tuple[Month, Sandbox]]:
    (place / "schedules").mkdir(parents=True)
    (place / "funnelbeat.yaml").write_text(FUNNELBEAT, "utf-8")
    for name, text in SCHEDULES.items():
        (place / "schedules" / f"{name}.yaml").write_text(text, "utf-8")
    clock = [START]
    async with Sandbox(seed=11, now=partial(_newest, clock)) as box:
        made = await month(client, START, box.describe())
        with mock.patch("worker.connectors.wall_clock", partial(_newest, clock)):
            await deploy(bundle_of(place), made.services)
            await _live(made, box, clock)
            yield made, box


async def _live(made: Month, box: Sandbox, clock: list[datetime]) -> None:
    handled = set[RunKey]()

    async def at(instant: datetime) -> None:
        clock[0] = instant
        await made.ledger.set(instant)

    while (due := await made.ledger.soonest()) is not None and due < END:
        await at(due + timedelta(milliseconds=120))
        if due.weekday() in {0, 2}:
            box.pipeline.step(due)
        await made.play(due + timedelta(milliseconds=400))
        for run in await made.services.lookups.runs(None, 20):
            if run.key not in handled:
                handled.add(run.key)
                _trouble(box, run.key.schedule, run.key.slot)
                await _forget_seconds(made)
                await _while_time_passes(_run(made, run.key), made, at)
                await _again(made, run.key, at)
    await at(END)
    await _acts(made)


async def _run(made: Month, key: RunKey) -> None:
    for delivery in await produce(made.services, key):
        await deliver(made.services, delivery)


async def _again(made: Month, key: RunKey, at: Callable[[datetime], Awaitable[None]]) -> None:
    """What had to wait, and the notices to the operator."""
    for _ in range(3):
        rows = await made.services.lookups.deliveries(key)
        for row in rows:
            clearing = row.state is DeliveryState.UNKNOWN and row.not_before is not None
            if clearing or row.state in {DeliveryState.PENDING, DeliveryState.DEFERRED}:
                await at(max(made.ledger.at, row.not_before or made.ledger.at))
                await _while_time_passes(_deliver(made, row.key), made, at)


async def _deliver(made: Month, key: DeliveryKey) -> None:
    await deliver(made.services, key)


async def _forget_seconds(made: Month) -> None:
    """What lives for seconds of the real clock, which are weeks here: answers that runs share, and that a receiver
    answered.
    """
    client = made.ledger.scripts.client
    made.ledger.circuits._reported.clear()
    for kind in ("share", "circuit"):
        if found := await client.keys(f"{PROJECT}:{kind}:*"):
            await client.delete(*found)


async def _while_time_passes(
    run: Coroutine[Any, Any, None], made: Month, at: Callable[[datetime], Awaitable[None]]
) -> None:
    """A channel that waits for its pace waits by the clock that is set."""
    going = asyncio.ensure_future(run)
    while not going.done():
        await at(made.ledger.at + timedelta(milliseconds=30))
        await asyncio.wait([going], timeout=0.005)
    await going


def _trouble(box: Sandbox, schedule: str, slot: datetime) -> None:
    """What the last week has for an operator."""
    last = slot > END - timedelta(days=6)
    if last and schedule == "weekly-pipeline":
        box.mail.faults.refuse("jonas.weber@acme.example", 550)
    if last and schedule == "pipedrive-week":
        box.mail.faults.drop(to="emea@acme.example")


async def _acts(made: Month) -> None:
    services, now = made.services, made.ledger.at
    mara, jonas = Actor(Door.API, "mara.lind"), Actor(Door.CONSOLE, "jonas.weber")
    rows = await current(services)
    if len(rows) > 2:
        await acknowledge(services, jonas, rows[0].fingerprint, "calling today")
        await snooze(services, mara, rows[1].fingerprint, now + timedelta(days=7))
        await silence(services, mara, (Matcher("owner", "=", "Ben Okafor"),), now + timedelta(days=2), "on holiday")
    await acts.pause_schedule(services, OPS, "board", now + timedelta(days=30))
    await acts.subscribe(services, mara, "weekly-pipeline", {"channel": "mail", "address": "mara.lind@acme.example"})
    for kind, pid in (("clock", 4000), ("worker", 4001), ("worker", 4002)):
        await services.heartbeats.say_alive(kind, "ops-1", pid)
