"""The changes that a person or a program can make, the same for every door: first the act, then its record on the audit
list. If the called function raises, its error is passed on and nothing is recorded.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from worker.domain.access import Actor, Door
from worker.domain.delivery import Delivery
from worker.domain.run import RunKey
from worker.domain.subscription import Origin
from worker.errors import RequestError
from worker.flow.operate import subscriptions
from worker.flow.operate.audited import AuditUses, record
from worker.flow.operate.cancel import CancelUses, cancel
from worker.flow.operate.find_run import FindUses, find_run
from worker.flow.operate.forget import ForgetUses, Forgotten, forget
from worker.flow.operate.on_demand import request
from worker.flow.operate.pause import PauseUses, pause, resume
from worker.flow.operate.retry import Retried, RetryUses, retry
from worker.flow.operate.run_missed import MissedUses, request_missed
from worker.flow.operate.settle import SettleByHandUses, settle
from worker.flow.uses import UsesQueue
from worker.ports import CancelResult


class RunActUses(AuditUses, MissedUses, Protocol): ...


class TriggerUses(AuditUses, MissedUses, UsesQueue, Protocol): ...


class PauseActUses(AuditUses, PauseUses, Protocol): ...


class CancelActUses(AuditUses, CancelUses, FindUses, Protocol): ...


class RetryActUses(AuditUses, RetryUses, Protocol): ...


class SettleActUses(AuditUses, SettleByHandUses, Protocol): ...


class ForgetActUses(AuditUses, ForgetUses, Protocol): ...


class SubscribeUses(AuditUses, subscriptions.ChangeUses, Protocol): ...


async def claim_run(
    uses: RunActUses, actor: Actor, schedule: str, at: datetime | None, missed: datetime | None = None
) -> RunKey:
    """A run that the caller carries out in its own process. `missed`: the slot that it is for; on demand without."""
    key = await request_missed(uses, schedule, missed) if missed else await request(uses, schedule, at, None)
    await record(uses, actor, "run", schedule, after={"run": str(key)})
    return key


async def trigger(
    uses: TriggerUses,
    actor: Actor,
    schedule: str,
    at: datetime | None = None,
    idempotency: str | None = None,
    missed: datetime | None = None,
) -> RunKey:
    """Queues a run for the workers. The same `idempotency` gives the same run. `missed`: the slot that it is for; on
    demand without. Raises RequestError for a slot beside `at`.
    """
    if missed is None:
        key = await request(uses, schedule, at, idempotency)
    elif at is None:
        key = await request_missed(uses, schedule, missed, idempotency)
    else:
        raise RequestError("for_slot beside at; leave one of them out")
    await uses.queue.produce([key], on_demand=True)
    await record(uses, actor, "trigger", schedule, after={"run": str(key)})
    return key


async def pause_schedule(uses: PauseActUses, actor: Actor, schedule: str, until: datetime | None) -> None:
    await pause(uses, schedule, until)
    await record(uses, actor, "pause", schedule, after={"until": until.isoformat() if until else "resumed"})


async def resume_schedule(uses: PauseActUses, actor: Actor, schedule: str) -> bool:
    """False if it was not paused."""
    ended = await resume(uses, schedule)
    await record(uses, actor, "resume", schedule, before={"paused": str(ended).lower()})
    return ended


async def cancel_run(uses: CancelActUses, actor: Actor, reference: str) -> tuple[RunKey, CancelResult]:
    """The run, and the parts of it that were ended."""
    run = await find_run(uses, reference)
    ended = await cancel(uses, run)
    before, after = {"state": str(ended.was)}, {"deliveries": str(ended.deliveries)}
    await record(uses, actor, "cancel", str(run.key), before=before, after=after)
    return run.key, ended


async def retry_run(uses: RetryActUses, actor: Actor, reference: str) -> tuple[RunKey, Retried]:
    """The run, and which of its deliveries are queued again."""
    run = await find_run(uses, reference)
    retried = await retry(uses, run)
    after = {"deliveries": str(len(retried.again)), "left_out": str(len(retried.left_out))}
    await record(uses, actor, "retry", str(run.key), after=after)
    return run.key, retried


async def settle_unknown(uses: SettleActUses, actor: Actor, reference: str, *, arrived: bool) -> Delivery:
    row = await settle(uses, reference, arrived=arrived)
    after = {"state": str(row.state)}
    await record(uses, actor, "deliveries settle", str(row.key), before={"state": "unknown"}, after=after)
    return row


async def forget_subject(uses: ForgetActUses, actor: Actor, what: str) -> Forgotten:
    """The record says that somebody was forgotten, but not who."""
    gone = await forget(uses, what)
    await record(uses, actor, "forget", "an address or a row", after={"answers": str(gone.answers)})
    return gone


async def subscribe(
    uses: SubscribeUses, actor: Actor, schedule: str, written: Mapping[str, Any], expires: datetime | None = None
) -> subscriptions.Added:
    made = await subscriptions.add(uses, schedule, written, _author(actor), expires)
    await record(uses, actor, "subscriptions add", f"{schedule} {made.record.reader.id}")
    return made


async def unsubscribe(uses: SubscribeUses, actor: Actor, schedule: str, name: str) -> subscriptions.SubscriptionRow:
    row = await subscriptions.remove(uses, schedule, name)
    await record(uses, actor, "subscriptions remove", f"{schedule} {row.reader.id}")
    return row


async def pause_reader(
    uses: SubscribeUses, actor: Actor, schedule: str, name: str, until: datetime | None
) -> subscriptions.SubscriptionRow:
    row = await subscriptions.pause(uses, schedule, name, _author(actor), until)
    after = {"until": until.isoformat() if until else "resumed"}
    await record(uses, actor, "subscriptions pause", f"{schedule} {row.reader.id}", after=after)
    return row


async def resume_reader(
    uses: SubscribeUses, actor: Actor, schedule: str, name: str
) -> tuple[subscriptions.SubscriptionRow, bool]:
    """False if nothing was paused."""
    row, ended = await subscriptions.resume(uses, schedule, name)
    await record(uses, actor, "subscriptions resume", f"{schedule} {row.reader.id}")
    return row, ended


def _author(actor: Actor) -> subscriptions.Author:
    return subscriptions.Author(Origin.CLI if actor.door is Door.CLI else Origin.API, actor.who)
