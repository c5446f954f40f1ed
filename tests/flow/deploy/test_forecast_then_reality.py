"""What `plan` forecasts of a rule over stored history is what is told when that history is lived."""

import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.domain.builders import deal
from tests.support.watched import MINUTE, SCHEDULE, Watched, watched
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.snapshot.snapshot import Row
from worker.flow.alert.deployed_rules import bundle_in_force
from worker.flow.deploy.forecast import LOOKS_BACK, forecasts

EVERY, RUNS = timedelta(hours=4), 42
"""A week, which ends at an hour at which nobody waits."""
TO = """to:
  - {id: team, channel: mail, address: sales@acme.example, send: on_alert}
  - {id: night, channel: mail, address: night@acme.example, timezone: UTC,
     quiet_hours: {from: '20:00', to: '08:00'}, send: on_alert}
  - {id: large, channel: mail, address: large@acme.example, rows: row.value >= 2000, send: on_alert}"""
NEW = """, repeat: 1d, keep_firing: 4h}
  - {id: lasting, for_each: deals, if: row.value >= 500, for: 8h, severity: {critical: row.value >= 3000}}
  - {id: many, on: deals, if: now.rows > 4, after: 2, no_data: alert}
  - {id: fresh, for_each: deals.added, if: "row.value >= 100\""""
NEVER = SCHEDULE.replace("row.value >= 1000", "row.value >= 99000000")
"""The schedule before the plan: it asks the same, and its rule fires for nothing."""

Said = tuple[str, str, str, str]
"""Rule, subject, reason and slot, and the reader."""


def history(seed: int) -> list[Sequence[Row] | None]:
    """None: the service is down."""
    chance, rows, found = random.Random(seed), dict[str, int | None](), list[Sequence[Row] | None]()  # noqa: S311
    for _ in range(RUNS):
        for name in "abcdef":
            step = chance.random()
            if step < 0.08:
                rows.pop(name, None)
            elif step < 0.3:
                rows[name] = chance.choice([None, 10_000, 60_000, 110_000, 150_000, 250_000, 400_000])
        known = [deal(name, value) for name, value in sorted(rows.items())]
        found.append(None if chance.random() < 0.08 else known)
    return found


async def lived(watch: Watched, seed: int) -> None:
    for rows in history(seed):
        watch.rows = rows
        key = await watch.claimed(later=EVERY)
        if rows is None:
            await watch.ledger.set(watch.slot + 31 * MINUTE)
        await watch.work([key])
        await watch.pass_time(3 * MINUTE)
        await watch.pass_time(EVERY - 33 * MINUTE - (watch.ledger.at - watch.slot))
    await watch.calm()


async def told(watch: Watched) -> set[Said]:
    found = set[Said]()
    for row in await watch.alert_rows():
        one = await watch.services.alerts.notification(row.key.run, row.content)
        if one is not None and row.key in watch.left:
            found |= {(said.fingerprint, said.reason.value, f"{said.at}", row.key.reader) for said in one.findings}
    return found


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_forecast_of_a_plan_is_what_is_then_sent(
    empty_redis: EmbeddedRedis, tmp_path: Path, redis_client: Redis, seed: int
) -> None:
    wanted = SCHEDULE.format(to=TO, rule=NEW)
    async with watched(empty_redis.url, tmp_path / "p", to=TO, rule="") as watch:
        await watch.deploy(NEVER.format(to=TO, rule=""))
        before = dict((await bundle_in_force(watch.services.deployments)).schedules)
        await lived(watch, seed)
        assert await told(watch) == set(), "nothing fires yet"
        await watch.deploy(wanted)
        planned = await forecasts(
            watch.services, await bundle_in_force(watch.services.deployments), before, watch.ledger.at
        )
        assert {one.rule for one in planned} == {"big", "lasting", "many", "fresh"}
        assert watch.ledger.at - watch.slot < LOOKS_BACK
        forecast = {
            (one.fingerprint, one.reason.value, f"{one.slot}", one.reader)
            for rule in planned
            if rule.tested is not None
            for one in rule.tested.findings
            if not one.reader.startswith("alert:operator")
        }
    await redis_client.flushall()
    async with watched(empty_redis.url, tmp_path / "q", to=TO, rule=NEW) as watch:
        await lived(watch, seed)
        sent = await told(watch)
    assert forecast - sent == set()
    assert sent - forecast == set()
    assert len(sent) > 40
    assert {reason for _, reason, _, _ in sent} >= {"first", "new", "worse", "repeat", "resolved"}
