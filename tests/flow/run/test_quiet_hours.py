"""Quiet hours over a real Redis: a delivery waits for their end, nothing expires meanwhile, and a newer run takes the
place of an older one as at any other time.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.in_process import SCHEDULE, InProcessRun
from tests.support.set_clock import SetLedger
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.connection import connect
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState
from worker.domain.reason import Reason
from worker.domain.run import Claim, RunKey, RunState
from worker.flow.deployed import bundle_of
from worker.flow.operate.on_demand import request, run_here
from worker.flow.operate.preview import send_to
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.flow.run.tick import tick

EVENING = datetime(2026, 11, 27, 19, 0, tzinfo=UTC)  # Friday, 20:00 in Berlin
MONDAY = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)  # 08:00 in Berlin
QUIET = "quiet_hours: {from: 19:00, to: 08:00, days: MON-FRI}"
ENTRY = "  - {id: team, channel: mail, address: sales@acme.example}"
NIGHTLY = SCHEDULE.replace(ENTRY, f"{ENTRY[:-1]}, {QUIET}}}").replace('cron: "0 9 * * MON"', "every: 1h")

FUNNEL = """report:
  - id: funnel
    source: close
    query: funnel_totals
    window: last-week
    params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, type: active-stage-cohort}
"""


class Night:
    """An installation whose clock a test sets; it is Friday evening."""

    def __init__(self, week: InProcessRun, ledger: SetLedger) -> None:
        self.week, self.ledger = week, ledger
        parts = {name: getattr(ledger, name) for name in ("clock", "runs", "deliveries", "deployments", "upkeep")}
        self.services = week.services = replace(week.services, **parts)

    async def slot(self, at: datetime) -> DeliveryKey:
        """A run of the clock at a slot, fetched and handed over."""
        deployment = await self.services.deployments.deployed()
        assert deployment is not None
        await self.ledger.set(max(at, self.ledger.at))
        key = RunKey("week", at)
        await self.services.clock.request(Claim(key, deployment.bundle, "every", at + timedelta(minutes=30)), 1)
        (delivery,) = await produce(self.services, key)
        return delivery

    async def at(self, key: DeliveryKey, moment: datetime) -> Delivery:
        """The delivery after the clock has ticked at `moment` and a worker has taken it up again."""
        await self.ledger.set(moment)
        await tick(self.services)
        await deliver(self.services, key)
        return await self.row(key)

    async def row(self, key: DeliveryKey) -> Delivery:
        row = await self.services.lookups.delivery(key)
        assert row is not None
        return row


@pytest.fixture
async def night(week: InProcessRun, empty_redis: EmbeddedRedis) -> AsyncIterator[Night]:
    client = connect(empty_redis.url)
    here = Night(week, SetLedger(client, EVENING, "acme"))
    await here.ledger.set(EVENING)
    await week.deploy(NIGHTLY)
    yield here
    await client.aclose()


async def test_a_digest_waits_over_the_weekend_and_is_sent_on_monday(night: Night) -> None:
    key = await night.slot(EVENING)
    waits = await night.at(key, EVENING)
    assert (waits.state, waits.reason, waits.not_before) == (DeliveryState.DEFERRED, Reason.QUIET_HOURS, MONDAY)
    assert "it waits until Mon 30 Nov 2026 08:00 (Europe/Berlin)" in waits.sentence
    assert (await night.at(key, MONDAY - timedelta(seconds=1))).state is DeliveryState.DEFERRED
    assert (await night.at(key, MONDAY)).state is DeliveryState.SENT
    run = await night.services.lookups.run(key.run)
    assert run is not None
    assert run.state is RunState.DELIVERED


async def test_waiting_takes_nothing_from_the_time_in_which_it_is_tried(night: Night) -> None:
    key = await night.slot(EVENING)
    before = (await night.row(key)).expires
    waits = await night.at(key, EVENING + timedelta(minutes=1))
    assert before is not None
    assert waits.expires == before + (MONDAY - EVENING - timedelta(minutes=1))


async def test_a_newer_run_takes_the_place_of_one_that_waits(night: Night) -> None:
    older = await night.slot(EVENING)
    await night.at(older, EVENING)
    newer = await night.slot(EVENING + timedelta(hours=1))
    await night.at(newer, EVENING + timedelta(hours=1))
    assert (await night.row(older)).reason is Reason.SUPERSEDED
    assert (await night.at(newer, MONDAY)).state is DeliveryState.SENT
    assert (await night.row(older)).state is DeliveryState.SKIPPED


async def test_under_catch_up_all_each_is_sent_on_monday_in_order(night: Night) -> None:
    await night.week.deploy(NIGHTLY.replace("every: 1h", "every: 1h, catch_up: all").replace("report:\n", FUNNEL))
    keys = list[DeliveryKey]()
    for hours in range(3):
        keys.append(await night.slot(EVENING + timedelta(hours=hours)))
        await deliver(night.services, keys[-1])
    assert [(await night.row(key)).state for key in keys] == [DeliveryState.DEFERRED] * 3
    moment = MONDAY
    sent: list[DeliveryKey] = []
    for _ in range(10):
        for key in reversed(keys):
            if key not in sent and (await night.at(key, moment)).state is DeliveryState.SENT:
                sent.append(key)
        moment += timedelta(seconds=61)
    assert sent == keys


async def test_nobody_waits_who_asks_with_to_and_run_says_what_a_clock_will_send(night: Night) -> None:
    services = night.services
    key = await request(services, "week", None, None)
    await run_here(services, key)
    (row,) = await services.lookups.deliveries(key)
    assert (row.state, row.reason) == (DeliveryState.DEFERRED, Reason.QUIET_HOURS)
    deployment = await services.deployments.deployed()
    assert deployment is not None
    bundle = await bundle_of(services.deployments, deployment.bundle)
    trial = await send_to(services, bundle, bundle.schedules["week"], None, "mail", "me@acme.example")
    assert trial.outcome.startswith("sent")
