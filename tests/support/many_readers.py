"""Two runs of one schedule with many readers, whose last digests differ. Only ledger and snapshots are fakes."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from tests.domain.builders import LAST_WEEK, THIS_WEEK, answer, deal, open_deals, schedule
from worker.adapters.event_log import EventLog
from worker.adapters.expressions.cel import CelExpressions
from worker.adapters.public_holidays import PublicHolidays
from worker.adapters.signed_links import SignedLinks
from worker.adapters.triggers import ApTriggers
from worker.connectors import SILENT, OpenConnectors
from worker.domain.delivery import Baseline, Delivery, DeliveryKey, DeliveryState, Reader
from worker.domain.run import Run, RunKey, RunState
from worker.domain.schedule import Bundle, ChannelSpec, Connection, Defaults, Subscription
from worker.domain.snapshot.snapshot import Snapshot
from worker.entry.local_queue import LocalQueue
from worker.flow.alert.compiled import Compiled
from worker.flow.intervals import Intervals
from worker.flow.run.reader_digests import ReaderDigests
from worker.flow.run.transmit import transmit
from worker.flow.services import Services
from worker.memo import Memo

PASTS = 3
WEEK = timedelta(days=7)
PLAN = schedule(open_deals(), bridge="deals")

SNAPSHOTS = {
    **{f"now{n}": answer([deal("a", 900_000 + n)], at=THIS_WEEK + n * WEEK) for n in (0, 1)},
    **{f"past{n}": answer([deal("a", 100_000 + n)], at=LAST_WEEK - n * WEEK) for n in range(PASTS)},
}
"""now0 and now1: what the two runs found. past0, past1 and past2: what readers were last sent."""


def bundle(to: Iterable[Subscription], templates: Mapping[str, str] | None = None) -> Bundle:
    plan = replace(PLAN, to=tuple(to))
    connections = {"close": Connection("close", "sandbox")}
    channels = {name: ChannelSpec(name, "sandbox") for name in ("mail", "room")}
    return Bundle("acme", Defaults(), connections, channels, {plan.id: plan}, dict(templates or {}))


def run(n: int) -> Run:
    due = THIS_WEEK + n * WEEK
    key = RunKey(PLAN.id, due)
    answers = (("deals", f"now{n}"),)
    return Run(key, RunState.DELIVERING, "cron", "bundle", 1, due, due + WEEK, 1, snapshots=answers)


def past(n: int) -> dict[str, Baseline]:
    stored = SNAPSHOTS[f"past{n}"]
    return {"deals": Baseline(f"past{n}", stored.slot, stored.as_of[0])}


def row(n: int, entry: Subscription) -> Delivery:
    reader = Reader(PLAN.id, entry.id, str(entry.address))
    return Delivery(DeliveryKey(run(n).key, reader.id), DeliveryState.PENDING)


class FakeLedger:
    """Has two runs and one bundle, and no earlier answers."""

    def __init__(self, known: Bundle) -> None:
        self._bundle, self._runs = known, {run(n).key: run(n) for n in (0, 1)}

    async def bundle(self, _id: str) -> Bundle:
        return self._bundle

    async def run(self, key: RunKey) -> Run:
        return self._runs[key]

    async def subscribed(self, _key: RunKey) -> Mapping[str, Subscription]:
        return {}

    async def chain(self, *_: object) -> tuple[str, ...]:
        return ()


class FakeSnapshots:
    async def load(self, snapshot_id: str) -> Snapshot | None:
        return SNAPSHOTS.get(snapshot_id)


def services(known: Bundle, **sizes: int) -> Services:
    """`sizes`: how many values a memo keeps, by its name, where it is not the usual number."""
    return around(FakeLedger(known), OpenConnectors(SILENT, Path.cwd(), offline=True), **sizes)


def around(ledger: FakeLedger, connectors: OpenConnectors, **sizes: int) -> Services:
    """`ledger` serves every port of the ledger."""
    fake, snapshots, triggers = cast("Any", ledger), cast("Any", FakeSnapshots()), ApTriggers()
    memos: dict[str, Any] = {name: Memo(size) for name, size in sizes.items()}
    digests = ReaderDigests(fake, fake, snapshots, fake, connectors, triggers, CelExpressions(), fake)
    return Services(
        clock=fake,
        alerts=fake,
        runs=fake,
        deliveries=fake,
        deployments=fake,
        circuits=fake,
        resets=fake,
        upkeep=fake,
        lookups=fake,
        heartbeats=fake,
        mailboxes=fake,
        measured=fake,
        snapshots=snapshots,
        queue=LocalQueue(),
        events=EventLog(),
        triggers=triggers,
        connectors=connectors,
        holidays=PublicHolidays(),
        transmit=transmit,
        quotas=fake,
        subscriptions=fake,
        source_events=fake,
        webhook_keys=fake,
        access=fake,
        audit=fake,
        event_stream=fake,
        event_webhooks=fake,
        first_answers=fake,
        links=SignedLinks((), "acme"),
        check_entry=fake,
        digests=replace(digests, **memos),
        compiled=Compiled(CelExpressions()),
        fetches=cast("Any", None),
        pid=1,
        monotonic=time.monotonic,
        times=Intervals(),
    )
