"""Runs that a person starts: through the queue, or in this process at once."""

import asyncio
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Protocol

from worker.domain.delivery import DeliveryKey, DeliveryState
from worker.domain.run import Claim, RunKey
from worker.flow.operate.find_run import deployed_schedule, refuse_slot_to_come
from worker.flow.run.deliver import DeliverUses, deliver
from worker.flow.run.failed import notify_of_failed
from worker.flow.run.produce import ProduceUses, produce
from worker.flow.run.readers import is_notice
from worker.flow.run.tick import deadline
from worker.flow.uses import UsesClock, UsesDeployments, UsesProcess, UsesTraces, UsesTriggers
from worker.ports import Lookups

PATIENCE = 60.0
"""Seconds that `run` waits for a deferred delivery. After that it reports what a running clock will still send."""

OPEN = frozenset({DeliveryState.PENDING, DeliveryState.DEFERRED, DeliveryState.SENDING})


class RequestUses(UsesClock, UsesDeployments, UsesProcess, UsesTriggers, Protocol): ...


class RunHereUses(DeliverUses, ProduceUses, UsesTraces, Protocol): ...


async def request(uses: RequestUses, schedule_id: str, at: datetime | None, idempotency: str | None) -> RunKey:
    """Claims a run on demand against the deployed bundle and returns its key. The same `idempotency` gives the same
    run.

    Raises RequestError if nothing is deployed, if the schedule is not deployed, and if `at` has not come yet.
    """
    bundle, schedule = await deployed_schedule(uses.deployments, schedule_id)
    now = await uses.clock.now()
    asked = at or now
    refuse_slot_to_come("--at", asked, now)
    slot = asked.replace(microsecond=asked.microsecond // 1000 * 1000)  # keys are written in milliseconds
    nonce = hashlib.sha256(idempotency.encode()).hexdigest()[:8] if idempotency else secrets.token_hex(4)
    key = RunKey(schedule_id, slot, "manual", nonce)
    if idempotency:
        # If the process is killed between the two steps, the same request finds the same key and does the second step.
        key = RunKey.parse(await uses.clock.once(f"run:{schedule_id}:{idempotency}", str(key)))
    await uses.clock.request(Claim(key, bundle, "manual", deadline(uses.triggers, schedule, max(slot, now))), uses.pid)
    return key


async def run_here(uses: RunHereUses, key: RunKey) -> None:
    """Fetches and delivers a claimed run in this process, and waits for some time for deferred deliveries. The notices
    to the operator follow at the end. Its spans are those of the workers' tasks.
    """
    with uses.traces.span("run", key):
        open_keys = list(await produce(uses, key))
    await _deliver_here(uses, open_keys)
    await notify_of_failed(uses, key)
    for row in await uses.lookups.deliveries(key):
        if is_notice(row.key.reader) and row.state is DeliveryState.PENDING:
            await _delivered(uses, row.key)


async def _deliver_here(uses: RunHereUses, open_keys: list[DeliveryKey]) -> None:
    until = await uses.clock.now() + timedelta(seconds=PATIENCE)
    while open_keys:
        for delivery in open_keys:
            await _delivered(uses, delivery)
        open_keys, soonest = await _still_open(uses.lookups, open_keys)
        now = await uses.clock.now()
        if not open_keys or soonest is None or soonest > until:
            return
        await asyncio.sleep(max((soonest - now).total_seconds(), 0.05))


async def _delivered(uses: RunHereUses, key: DeliveryKey) -> None:
    with uses.traces.span("deliver", key.run, delivery=key.digest[:8]):
        await deliver(uses, key)


async def _still_open(lookups: Lookups, keys: list[DeliveryKey]) -> tuple[list[DeliveryKey], datetime | None]:
    """The deliveries that are not closed, and when the first of them may be tried again."""
    rows = [row for row in [await lookups.delivery(key) for key in keys] if row is not None and row.state in OPEN]
    soonest = min((row.not_before for row in rows if row.not_before is not None), default=None)
    return [row.key for row in rows], soonest
