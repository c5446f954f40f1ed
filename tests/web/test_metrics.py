"""/metrics over a real socket, read with Prometheus's own parser and compared with the ledger after real runs."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis

from tests.support.in_process import SCHEDULE, TEAM, InProcessRun
from tests.web.api.served import ServedApi, served_api
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.keys import quota
from worker.app import open_services
from worker.connectors import OpenConnectors
from worker.domain.access import TokenScope
from worker.domain.delivery import DeliveryState
from worker.domain.run import Claim, RunKey
from worker.domain.subscription import Choice, Origin, Preference
from worker.entry.local_queue import LocalQueue
from worker.flow.operate.on_demand import request
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.flow.run.tick import tick
from worker.ports import SlotClaim
from worker.settings import Settings

ALERTING = (
    SCHEDULE
    + """
alerts:
  - {id: big, for_each: deals, if: "row.value > 1", severity: critical}
  - {id: never, for_each: deals, if: "row.value < 0"}
"""
)


@pytest.fixture
async def served(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[ServedApi]:
    async with served_api(empty_redis, tmp_path / "project") as made:
        yield made


Values = dict[tuple[str, ...], float]
"""By the values of labels, in the order of ORDER."""
ORDER = ("kind", "trigger", "connection", "phase", "severity", "state", "reason", "outcome")


async def scrape(served: ServedApi) -> dict[str, Values]:
    """By the metric's name."""
    answer = await served.get(str(served.client.base_url.join("/metrics")))
    assert answer.status_code == 200, answer.text
    families = list(text_string_to_metric_families(answer.text))
    assert all(one.documentation and one.type in {"counter", "gauge"} for one in families)
    found = defaultdict[str, Values](dict)
    for sample in (one for family in families for one in family.samples):
        labels = tuple(sample.labels[name] for name in ORDER if name in sample.labels)
        assert len(labels) == len(sample.labels)
        found[sample.name.removeprefix("funnelbeat_")][labels] = sample.value
    return found


def counted(found: Mapping[str, Values], name: str) -> Values:
    """Without those that are 0."""
    return {labels: value for labels, value in found[name].items() if value}


async def ledger_of(project: InProcessRun) -> tuple[Counter[tuple[str, ...]], Counter[tuple[str, ...]]]:
    """Runs by state and reason, and deliveries by kind, state and reason."""
    lookups = project.services.lookups
    runs = await lookups.runs(None, 1000)
    settled = Counter[tuple[str, ...]]()
    for run in runs:
        for one in await lookups.deliveries(run.key):
            kind = next((k for k in ("alert", "notice") if one.key.reader.startswith((k + ":", "operator|"))), "digest")
            settled[kind, str(one.state), str(one.reason or "")] += 1
    return Counter((str(run.state), str(run.reason or "")) for run in runs), settled


async def test_counters_are_what_the_ledger_says_after_real_runs(served: ServedApi) -> None:
    project = served.project
    await project.deploy(ALERTING)
    await project.run()
    project.step()
    await project.run()
    paused = Preference(Choice.PAUSED, Origin.CLI, "ops", await project.services.clock.now())
    await project.services.subscriptions.prefer("week", TEAM.id, paused)
    await project.run()
    runs, settled = await ledger_of(project)
    found = await scrape(served)
    assert counted(found, "runs_ended_total") == runs
    assert counted(found, "deliveries_settled_total") == settled
    assert counted(found, "runs_claimed_total") == {("manual",): 3}
    assert {labels[0] for labels in settled} == {"digest", "alert"}
    assert {labels[1:] for labels in settled} == {("sent", ""), ("skipped", "muted")}


async def test_counts_of_several_processes_are_one(served: ServedApi, tmp_path: Path) -> None:
    """Each opens Redis for itself and shares nothing else."""
    await served.project.run()
    place = served.project.place
    settings = Settings(redis_url=served.redis_url)
    for _ in range(2):
        async with open_services(settings, "acme", queue=LocalQueue(), directory=place, offline=True) as other:
            key = await request(other, "week", None, None)
            for one in await produce(served.project.services, key):
                await deliver(served.project.services, one)
    runs, settled = await ledger_of(served.project)
    found = await scrape(served)
    assert counted(found, "runs_ended_total") == runs
    assert counted(found, "deliveries_settled_total") == settled
    assert sum(runs.values()) == 3


async def test_late_and_missed_slots_and_what_waits(served: ServedApi) -> None:
    services = served.project.services
    await served.project.deploy(SCHEDULE.replace('cron: "0 9 * * MON"', "every: 1h"))
    now = await services.clock.now()
    pending = await services.clock.pending(["week"])
    async with Redis.from_url(served.redis_url) as client:
        await client.zadd("acme:due", {"week": int((now - timedelta(hours=5, minutes=30)).timestamp() * 1000)})
        assert pending
        before = (await scrape(served))["due_age_seconds"][()]
        assert 5.5 * 3600 <= before < 5.5 * 3600 + 60
        await tick(services)
        await client.zadd("acme:waiting", {str((await services.lookups.runs("week", 1))[0].key): 1_000})
    found = await scrape(served)
    assert counted(found, "slots_missed_total") == {("caught_up",): 5}
    assert counted(found, "slots_late_total") == {(): 1}
    assert counted(found, "runs_claimed_total") == {("every",): 1}
    assert found["runs_waiting"] == {(): 1}
    assert found["queue_age_seconds"][()] > 3600
    assert found["due_age_seconds"] == {(): 0}
    for key in (await services.lookups.runs("week", 1))[:1]:
        await produce(services, key.key)
    assert (await scrape(served))["runs_waiting"] == {(): 0}


async def test_messages_that_wait_for_a_worker_have_an_age_by_their_kind(served: ServedApi) -> None:
    project = served.project
    await project.deploy(ALERTING)
    assert (await scrape(served))["deliveries_waiting"] == {("digest",): 0, ("alert",): 0, ("notice",): 0}
    key = await request(project.services, "week", None, None)
    digest, alert = sorted(await produce(project.services, key), key=lambda one: one.reader, reverse=True)
    assert (await scrape(served))["deliveries_waiting"] == {("digest",): 1, ("alert",): 1, ("notice",): 0}
    async with Redis.from_url(served.redis_url) as client:
        await client.zincrby("acme:waiting:digest", -3_600_000, str(digest))
        await client.zincrby("acme:waiting:alert", -60_000, str(alert))
    ages = (await scrape(served))["delivery_queue_age_seconds"]
    assert 3600 <= ages["digest",] < 3660
    assert 60 <= ages["alert",] < 120
    assert ages["notice",] == 0
    await deliver(project.services, digest)
    await deliver(project.services, alert)
    found = await scrape(served)
    assert counted(found, "deliveries_waiting") == counted(found, "delivery_queue_age_seconds") == {}


async def test_a_message_that_waits_for_its_time_waits_for_no_worker(served: ServedApi) -> None:
    """A refused reader is told of to the operator, whose message waits; a deferred one is nobody's fault."""
    project = served.project
    project.box.mail.faults.refuse("sales@acme.example", 450)
    key = await request(project.services, "week", None, None)
    (digest,) = await produce(project.services, key)
    await deliver(project.services, digest)
    row = await project.services.lookups.delivery(digest)
    assert row is not None
    assert row.state is DeliveryState.DEFERRED
    assert counted(await scrape(served), "deliveries_waiting") == {}
    project.box.mail.faults.refuse("sales@acme.example", 550)
    other = await request(project.services, "week", None, None)
    (digest,) = await produce(project.services, other)
    await deliver(project.services, digest)
    assert counted(await scrape(served), "deliveries_waiting") == {("notice",): 1}


async def test_alerts_budgets_heartbeats_and_memory(served: ServedApi) -> None:
    project = served.project
    await project.deploy(ALERTING)
    await project.run()
    await project.services.heartbeats.say_alive("clock", "here", 1)
    connectors = project.services.connectors
    assert isinstance(connectors, OpenConnectors)
    bundle = await project.services.deployments.bundle((await project.services.deployments.deployed()).bundle)  # type: ignore[union-attr]
    assert bundle is not None
    async with Redis.from_url(served.redis_url) as client:
        account = connectors.account(bundle, "close")
        assert await client.hgetall("acme:accounts") == {b"close": account.encode()}
        await client.hset(quota("acme", account), mapping={"day": 1000, "left": 250, "shut": 1})
        used = (await client.info("memory"))["used_memory"]
    memory = await project.services.alerts.memory("week")
    firing = Counter(str(one.severity) for one in memory.states["big"].alerts.values())
    found = await scrape(served)
    alerts = found["alerts"]
    assert alerts["firing", "critical"] == firing["critical"] > 0
    assert len(alerts) == 6, "each phase and severity is there, so that no rule meets a gap"
    assert found["budget_day_limit"] == {("close",): 1000}
    assert found["budget_day_left"] == {("close",): 250}
    assert found["budget_held_seconds"] == {("close",): 0}
    assert found["budget_requests_per_second"][("close",)] > 0
    assert 0 <= found["heartbeat_age_seconds"][("clock",)] < 60
    assert used / 2 < found["redis_memory_used_bytes"][()] < used * 2
    await project.deploy(SCHEDULE)
    assert sum((await scrape(served))["alerts"].values()) == 0, "rules that are gone count no more"


async def test_it_needs_a_token_that_may_read(served: ServedApi) -> None:
    page = str(served.client.base_url.join("/metrics"))
    for scope in (TokenScope.READ, TokenScope.MANAGE):
        assert (await served.ask("GET", page, scope)).status_code == 200
    for scope in (TokenScope.TRIGGER, TokenScope.SUBSCRIBE):
        assert (await served.ask("GET", page, scope)).status_code == 403
    assert (await served.ask("GET", page, None)).status_code == 401
    foreign = {"Authorization": f"Bearer {await served.foreign_token()}"}
    assert (await served.client.get(page, headers=foreign)).status_code == 401
    asked = {"Accept": "application/openmetrics-text; version=1.0.0"}
    answer = await served.ask("GET", page, TokenScope.READ, headers=asked)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert list(openmetrics(answer.text))  # type: ignore[no-untyped-call]  # its parser alone is untyped


async def test_no_name_from_outside_becomes_a_label(served: ServedApi) -> None:
    """A reason that this version does not know, as of a newer one, has one label."""
    await served.project.run()
    async with Redis.from_url(served.redis_url) as client:
        await client.hset("acme:counts", mapping={f"run failed ann-{n}@acme.example": 1 for n in range(100)})
    found = await scrape(served)
    assert found["runs_ended_total"]["failed", "other"] == 100
    answer = await served.get(str(served.client.base_url.join("/metrics")))
    for name in ("sales@acme.example", "week@", "ann-", "team"):
        assert name not in answer.text


async def test_it_costs_the_same_however_many_runs_there_are(served: ServedApi) -> None:
    services = served.project.services
    await served.project.run()

    async def calls() -> int:
        async with Redis.from_url(served.redis_url) as client:
            before = (await client.info("stats"))["total_commands_processed"]
            await scrape(served)
            return int((await client.info("stats"))["total_commands_processed"]) - int(before)

    await scrape(served)
    few = await calls()
    now = await services.clock.now()
    for start in range(0, 2000, 500):
        slots = [now - timedelta(seconds=n) for n in range(start, start + 500)]
        claims = tuple(Claim(RunKey("week", slot), "b", "every", now) for slot in slots)
        async with Redis.from_url(served.redis_url) as client:
            at = int(now.timestamp() * 1000)
            await client.zadd("acme:due", {"week": at})
        expected = now - timedelta(microseconds=now.microsecond % 1000)
        await services.clock.claim([SlotClaim("week", expected, None, claims, (), latest=False)], 1)
    assert (await scrape(served))["runs_waiting"] == {(): 2000}
    assert await calls() == few
