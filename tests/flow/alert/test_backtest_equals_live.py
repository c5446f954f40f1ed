"""A month of real runs on a set clock, and the back-test over what they stored: it tells what they told."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from tests.domain.builders import deal
from tests.support.watched import MINUTE, START, Watched, watched
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.access import Actor, Door
from worker.domain.alert.matcher_text import parse_matcher
from worker.domain.snapshot.snapshot import Row
from worker.flow.alert.acts import acknowledge, silence, snooze
from worker.flow.alert.backtest import backtested
from worker.flow.alert.current import current
from worker.flow.alert.deployed_rules import bundle_in_force, find_rule

DAYS, EVERY = 30, timedelta(hours=4)
ANN = Actor(Door.CLI, "ann")
RULES = """, repeat: 2d, keep_firing: 4h}
  - {id: lasting, for_each: deals, if: row.value >= 500, for: 8h, severity: {critical: row.value >= 3000}}
  - {id: many, on: deals, if: now.rows > 4, after: 2, no_data: alert}
  - {id: fresh, for_each: deals.added, if: "row.value >= 100\""""
READERS = """to:
  - {id: team, channel: mail, address: sales@acme.example, send: on_alert}
  - {id: night, channel: mail, address: night@acme.example, timezone: UTC,
     quiet_hours: {from: '20:00', to: '08:00'}, send: on_alert}
  - {id: large, channel: mail, address: large@acme.example, rows: row.value >= 2000, send: on_alert}"""

Said = tuple[str, str, datetime, str]


def moved(rows: dict[str, int | None], chance: random.Random) -> Sequence[Row]:
    """Deals come, go, grow, shrink, and lose their value."""
    for name in "abcdef":
        step = chance.random()
        if step < 0.06:
            rows.pop(name, None)
        elif step < 0.25:
            rows[name] = chance.choice([None, 10_000, 60_000, 100_000, 110_000, 150_000, 250_000, 400_000])
    return [deal(name, value) for name, value in sorted(rows.items())]


async def a_month(watch: Watched, seed: int) -> None:
    chance, rows = random.Random(seed), dict[str, int | None]()  # noqa: S311  # the same month each time
    for place in range(DAYS * 24 // 4):
        if chance.random() < 0.08:
            await a_gap(watch)
        else:
            if chance.random() < 0.05:
                watch.deadly = [chance.choice(["run.kept", "run.evaluated", "run.delivering"])]
            await watch.run(moved(rows, chance), later=EVERY)
        await watch.pass_time(3 * MINUTE)
        if place % 7 == 3:
            await an_act(watch, chance)
        await watch.pass_time(EVERY - 33 * MINUTE - (watch.ledger.at - watch.slot))


async def a_gap(watch: Watched) -> None:
    watch.rows = None
    key = await watch.claimed(later=EVERY)
    await watch.ledger.set(watch.slot + 31 * MINUTE)
    await watch.work([key])


async def an_act(watch: Watched, chance: random.Random) -> None:
    uses, until = watch.services, watch.ledger.at + timedelta(hours=chance.choice([5, 20, 50]))
    firing = [row for row in await current(uses) if row.state.phase.value == "firing"]
    if not firing:
        return
    one = chance.choice(firing)
    match chance.randrange(3):
        case 0:
            await acknowledge(uses, ANN, one.fingerprint)
        case 1:
            await snooze(uses, ANN, one.fingerprint, until)
        case _:
            await silence(uses, ANN, [parse_matcher(f"rule={one.rule.id}")], until, "at the fair")


async def told_live(watch: Watched) -> set[Said]:
    found = set[Said]()
    for row in await watch.alert_rows():
        one = await watch.services.alerts.notification(row.key.run, row.content)
        if one is not None and row.key in watch.left:
            found |= {(said.fingerprint, said.reason.value, said.at, row.key.reader) for said in one.findings}
    return found


async def told_again(watch: Watched, rule: str) -> set[Said]:
    bundle = await bundle_in_force(watch.services.deployments)
    known = find_rule(bundle, rule)
    tested = await backtested(watch.services, bundle, known.schedule, known.rule, START)
    return {(one.fingerprint, one.reason.value, one.slot, one.reader) for one in tested.findings}


async def test_a_back_test_tells_what_a_month_of_runs_told(empty_redis: EmbeddedRedis, tmp_path: Path) -> None:
    async with watched(empty_redis.url, tmp_path / "p", to=READERS, rule=RULES) as watch:
        await a_month(watch, 1)
        watch.deadly = []
        await watch.calm()
        live = await told_live(watch)
        again = set[Said]()
        for rule in ("big", "lasting", "many", "fresh"):
            again |= await told_again(watch, rule)
        again = {one for one in again if not one[3].startswith("alert:operator")}
        assert live - again == set()
        assert again - live == set()
        assert len(live) > 100
        assert {reason for _, reason, _, _ in live} >= {"first", "new", "worse", "repeat", "resolved", "after_silence"}
