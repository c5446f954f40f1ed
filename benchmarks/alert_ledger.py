"""What the memory of alert rules costs: 10,000 alerts that begin at once, and 1,000 rules over one answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection

from benchmarks.alert_rules import UNIT, Judged, answered, timed_work
from benchmarks.ground import redis_ground
from benchmarks.measure import Figure, Progress, Result, Verdict, compared, in_turns
from benchmarks.tables import AFTER
from worker.adapters.redis_store.alert_changes import stage
from worker.adapters.redis_store.connection import connect
from worker.adapters.redis_store.ledger import RedisLedger
from worker.adapters.redis_store.scripts import Scripts
from worker.collector import collect_rarely
from worker.domain.alert.notify import notify
from worker.domain.alert.readers import AlertReader
from worker.domain.alert.run_alerts import RunAlerts
from worker.domain.delivery import Reader
from worker.domain.run import RunKey
from worker.ports import AlertChanges, AlertRecord

TRIPS = 2
"""Round trips to Redis for a thousand alerts."""
AIM = 3
RUN = RunKey("watch", AFTER)


@dataclass(frozen=True, slots=True)
class Sizes:
    alerts: int
    rules: int
    rows: int
    rounds: int


FULL = Sizes(10_000, 1_000, 1_000, 2)
QUICK = Sizes(10_000, 1_000, 200, 1)
TINY = Sizes(1_000, 5, 20, 1)


@dataclass
class Trips:
    """Every time that this process sends something to Redis."""

    count: int = 0

    def watch(self) -> None:
        send = AbstractConnection.send_packed_command

        async def counted(connection: AbstractConnection, *args: Any, **more: Any) -> None:
            self.count += 1
            await send(connection, *args, **more)

        AbstractConnection.send_packed_command = counted  # type: ignore[method-assign, assignment]


def changes_of(judged: Judged) -> AlertChanges:
    """All alerts of a rule begin, and are told to one reader."""
    found = {judged.context.rule.id: judged.evaluated()}
    reader = AlertReader("team", "team@acme.example")
    told = notify(RunAlerts(RUN, "Watch", AFTER, AFTER, (judged.context,), found, (reader,)))
    readers = {Reader("watch", *name.split("|")): one for name, one in told.notifications.items()}
    return AlertChanges(told.states, AlertRecord(tuple(found.values()), told.notified), AFTER, readers)


def run(sizes: Sizes, progress: Progress) -> Result:
    collect_rarely()
    begun, verdicts = _begun(sizes, progress)
    many, more = _many_rules(sizes, progress)
    return Result("alert_ledger", (*begun, *many), (*verdicts, *more))


def _begun(sizes: Sizes, progress: Progress) -> tuple[list[Figure], list[Verdict]]:
    case, trips = f"{sizes.alerts} alerts begin", Trips()
    judged = Judged("row.value >= 0", *answered(sizes.alerts))
    trips.watch()
    with redis_ground() as ground, asyncio.Runner() as runner:
        client: Redis = connect(ground.ledger)
        ledger, scripts = RedisLedger(client, "bench"), Scripts(client, "bench")
        changes = changes_of(judged)

        def timed(work: Callable[[], Awaitable[object]]) -> Callable[[], float]:
            async def once() -> float:
                began, trips.count = time.perf_counter(), 0
                await work()
                return (time.perf_counter() - began) * 1000

            return lambda: runner.run(once())

        async def read_and_stage() -> None:
            await ledger.alerts.memory("watch")
            await stage(scripts, RUN, changes, 1)

        found = in_turns(
            {
                "judge and address": lambda: timed_work(lambda: changes_of(judged)),
                "encode and stage": timed(read_and_stage),
            },
            sizes.rounds,
            progress,
            case,
        )
        runner.run(client.aclose())
    per = trips.count / (sizes.alerts / 1000)
    told = Verdict("round trips to Redis for a thousand alerts", per, "round trips", TRIPS, at_least=False)
    return [Figure(case, who, UNIT, samples) for who, samples in found.items()], [told]


def _many_rules(sizes: Sizes, progress: Progress) -> tuple[list[Figure], list[Verdict]]:
    case = f"{sizes.rules} rules, {sizes.rows} rows"
    before, now = answered(sizes.rows)
    rules = [Judged(f"row.value >= {50_000 + at}", before, now) for at in range(sizes.rules)]
    found = in_turns(
        {"bare loops": lambda: sum(one.bare() for one in rules), "rules": lambda: sum(one.rule() for one in rules)},
        sizes.rounds,
        progress,
        case,
    )
    made = {who: Figure(case, who, UNIT, samples) for who, samples in found.items()}
    what = "many rules over one answer to as many bare loops"
    verdict = compared(what, made["rules"], made["bare loops"], AIM, at_least=False)
    return list(made.values()), [verdict]
