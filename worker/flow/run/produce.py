"""From a claimed run to queued deliveries: begin, ask, store, hand over. One fetch serves every reader."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from worker.domain.delivery import BaselineMove, DeliveryKey, Reader
from worker.domain.events import Interrupted, QueryAnswered, QueryMissing, RunBegun
from worker.domain.reason import Reason
from worker.domain.run import RunKey
from worker.domain.schedule import Bundle, CatchUp, Schedule, Subscription
from worker.domain.snapshot.snapshot import Gap, GapReason
from worker.domain.subscription import live_records, of_digests
from worker.errors import ClaimLost, LedgerError, NewerVersion
from worker.flow.alert.compiled import UsesCompiled
from worker.flow.alert.evaluate import RunFound, rule_baselines
from worker.flow.alert.write import with_alerts
from worker.flow.deployed import schedule_of
from worker.flow.facts import emit_all
from worker.flow.run.collect import COMPARED, Collected, FetchContext, collect
from worker.flow.run.comparison import Answers
from worker.flow.run.copies import kept_entries
from worker.flow.run.failed import notify_of_failed
from worker.flow.run.moved_owners import moved_owners
from worker.flow.run.notices import causes_of, of_failed, stopped_ways
from worker.flow.run.owner_readers import in_use, owner_readers, past_of_each
from worker.flow.run.reader_digests import UsesDigests
from worker.flow.run.readers import chosen_entries, readers
from worker.flow.run.shared_fetch import UsesFetches
from worker.flow.run.stale import gives_way, is_stale
from worker.flow.run.troubles import report_troubles
from worker.flow.uses import (
    UsesAlerts,
    UsesClock,
    UsesConnectors,
    UsesDeliveries,
    UsesDeployments,
    UsesEvents,
    UsesLookups,
    UsesProcess,
    UsesQueue,
    UsesRuns,
    UsesSnapshots,
    UsesSubscriptions,
    UsesTimes,
    UsesTriggers,
)
from worker.ports import (
    AlertChanges,
    Connectors,
    Events,
    FailResult,
    HandOver,
    RunLease,
    RunLedger,
    Snapshots,
    Triggers,
)

T = TypeVar("T")
LONGEST_EXPIRY = timedelta(hours=24)
SHORTEST_EXPIRY = timedelta(minutes=15)


class ProduceUses(
    UsesAlerts,
    UsesClock,
    UsesCompiled,
    UsesConnectors,
    UsesDeliveries,
    UsesDeployments,
    UsesDigests,
    UsesEvents,
    UsesFetches,
    UsesLookups,
    UsesProcess,
    UsesQueue,
    UsesRuns,
    UsesSnapshots,
    UsesSubscriptions,
    UsesTimes,
    UsesTriggers,
    Protocol,
): ...


@dataclass(frozen=True, slots=True)
class RunReaders:
    """Who gets a run's digests. `subscribed`: those who subscribed at run time. `chosen`: the entries that the run has
    to keep, because no definition holds them as they are. `moved`: baselines that follow an owner to another address.
    """

    audience: Sequence[Reader]
    subscribed: Mapping[Reader, Subscription]
    chosen: Mapping[Reader, Subscription]
    moved: Sequence[BaselineMove]


async def produce(uses: ProduceUses, key: RunKey) -> tuple[DeliveryKey, ...]:
    """Brings one claimed run to `delivering`, queues its deliveries and returns their keys.

    If the process is killed before the hand-over, the run is begun again when its lease lapses, and its stored answers
    expire unreferenced. If it is killed after that, the sweep publishes the deliveries. An attempt that lost its claim
    writes nothing more. A run that only a newer version understands is not begun: the sweep publishes it again.
    """
    newer = await _only_newer(uses, key)
    if newer:
        uses.events.emit(Interrupted(key, newer))
        return ()
    result = await uses.runs.begin(key, uses.pid)
    emit_all(uses.events, result.facts)
    begun = result.lease
    if begun is None:
        notices = await notify_of_failed(uses, key)
        await uses.queue.deliver(notices)
        return notices
    uses.events.emit(RunBegun(key, begun.attempt))
    try:
        renewal = _beat(uses.runs, uses.times.heartbeat, key, begun.attempt)
        return await leased(_fetch_and_hand_over(uses, begun), renewal)
    except ClaimLost:
        uses.events.emit(Interrupted(key, f"attempt {begun.attempt} lost its lease; another one goes on"))
        return ()


async def _only_newer(uses: ProduceUses, key: RunKey) -> str:
    """Why this process leaves a run to others, empty if it does not. A run that is begun counts as tried."""
    run = await uses.lookups.run(key)
    try:
        if run is not None:
            await uses.deployments.bundle(run.bundle)
    except NewerVersion as error:
        return str(error)
    except LedgerError:
        return ""  # what is damaged is found again, and counted as a try
    return ""


async def _fetch_and_hand_over(uses: ProduceUses, begun: RunLease) -> tuple[DeliveryKey, ...]:
    run, key = begun.run, begun.run.key
    bundle, schedule = await schedule_of(uses.deployments, run.bundle, run.key.schedule)
    subscribed = live_records(await uses.subscriptions.records(schedule.id), bundle, schedule, begun.now)
    if not (schedule.to or subscribed or schedule.alerts):
        emit_all(uses.events, await uses.runs.skip_run(key, begun.attempt, Reason.NO_READERS))
        return ()
    digests = of_digests(subscribed)
    named = [*readers(schedule), *digests]
    every_past = await past_of_each(uses.runs, schedule)
    past = await in_use(uses, bundle, schedule, every_past)
    baselines = [*(await uses.runs.baselines(named)).values(), *past.values(), *await rule_baselines(uses, schedule)]
    stale, on_demand = await is_stale(uses, schedule, begun), run.trigger == "manual"
    if stale and gives_way(schedule, begun):
        emit_all(uses.events, await uses.runs.skip_run(key, begun.attempt, Reason.SUPERSEDED))
        return ()
    context = FetchContext(
        bundle,
        schedule,
        run.key.slot,
        run.deadline,
        begun.now,
        stale=stale,
        on_demand=on_demand,
        failed={query: Gap(query, GapReason(reason), sentence) for query, reason, sentence in run.gaps},
    )
    collected = await collect(uses, context, baselines)
    _emit_answers(uses.events, key, collected)
    if not collected.snapshots:
        return await _nothing(uses, begun, bundle, schedule, collected)
    audience = [*named, *await owner_readers(uses, bundle, schedule, collected.snapshots, past)]
    reads = bool(schedule.to or digests)
    if reads and not audience and _misses_rows(uses.connectors, bundle, schedule, collected.gaps):
        return await _nothing(uses, begun, bundle, schedule, collected)
    if not audience and not schedule.alerts:
        emit_all(uses.events, await uses.runs.skip_run(key, begun.attempt, Reason.NO_READERS))
        return ()
    moved = await moved_owners(uses, bundle, schedule, collected.snapshots, every_past)
    chosen = chosen_entries(schedule, subscribed, audience, await uses.subscriptions.choices(schedule.id))
    who = RunReaders(audience, subscribed, kept_entries(chosen), moved)
    handed_over = await _handed_over(uses, begun, bundle, schedule, collected, who)
    emit_all(uses.events, handed_over.facts)
    await uses.queue.deliver(handed_over.deliveries)
    await report_troubles(uses, key, bundle, schedule, collected.gaps, begun.now)
    return handed_over.deliveries


async def _handed_over(
    uses: ProduceUses,
    begun: RunLease,
    bundle: Bundle,
    schedule: Schedule,
    collected: Collected,
    who: RunReaders,
) -> HandOver:
    """Stores the answers, evaluates the alert rules over them, and writes both."""
    run, stored = begun.run, await keep(uses.snapshots, collected)
    expires = expiry(uses.triggers, schedule, begun.now)

    async def write(alerts: AlertChanges | None) -> HandOver:
        return await uses.runs.deliver(
            run.key,
            begun.attempt,
            stored,
            collected.gaps,
            dict.fromkeys(who.audience, expires),
            supersede=schedule.catch_up is not CatchUp.ALL,
            moved=who.moved,
            subscribed=who.chosen,
            alerts=alerts,
        )

    found = RunFound(run.key, bundle, schedule, _answers(collected), stored)
    return await with_alerts(uses, found, begun.now, who.subscribed, write)


def _answers(collected: Collected) -> Answers:
    return Answers(collected.snapshots, collected.compared, collected.gaps)


def _misses_rows(connectors: Connectors, bundle: Bundle, schedule: Schedule, gaps: Sequence[Gap]) -> bool:
    """Whether a list is a gap, so that nobody knows who owns its rows."""
    items = [schedule.item(gap.query_id) for gap in gaps]
    return any(connectors.query(bundle, item).traits(item.params).lists_opportunities for item in items)


async def keep(snapshots: Snapshots, collected: Collected) -> dict[str, str]:
    """Stores every answer. Returns the ids by query; a comparison is under "<query>:compared"."""
    named = {**collected.snapshots, **{f"{q}{COMPARED}": s for q, s in collected.compared.items()}}
    ids = await asyncio.gather(*(snapshots.keep(snapshot) for snapshot in named.values()))
    return dict(zip(named, ids, strict=True))


def expiry(triggers: Triggers, schedule: Schedule, now: datetime) -> datetime:
    """Until when a delivery is tried: until the next slot, which brings newer numbers; at most a day, and at least a
    quarter of an hour, so that an unclear message can be found out even with a short interval.
    """
    following = triggers.next(schedule.trigger, now) or now + LONGEST_EXPIRY
    return max(min(following, now + LONGEST_EXPIRY), now + SHORTEST_EXPIRY)


async def _nothing(
    uses: ProduceUses, begun: RunLease, bundle: Bundle, schedule: Schedule, collected: Collected
) -> tuple[DeliveryKey, ...]:
    """Handles a run in which every query is a gap, or the list from which the readers would be known. The run is tried
    again until its deadline, then the operator gets a notice. The worker does not wait for the time that the services
    named, and a wait past the deadline is not begun.
    """
    soonest = min(gap.retry_after or 0.0 for gap in collected.gaps)
    key, again = begun.run.key, begun.now + timedelta(seconds=max(soonest, uses.times.retry_fetch))
    if again < begun.run.deadline and begun.run.trigger != "manual":
        await uses.runs.postpone(key, begun.attempt, again, collected.gaps)
        return ()
    sentence = "; ".join(f"{gap.query_id}: {gap.sentence}" for gap in collected.gaps)
    causes = causes_of(collected.gaps)
    now, stopped = await uses.clock.now(), await stopped_ways(uses, bundle)
    notice = of_failed(uses.connectors, bundle, schedule, key, Reason.SOURCE, causes, now, stopped)

    async def write(alerts: AlertChanges | None) -> FailResult:
        return await uses.runs.fail(key, begun.attempt, Reason.SOURCE, sentence, collected.gaps, notice, alerts)

    failed = await with_alerts(uses, RunFound(key, bundle, schedule, _answers(collected), {}), now, {}, write)
    emit_all(uses.events, failed.facts)
    keys = (DeliveryKey(key, notice.reader),) if failed.noticed and notice is not None else ()
    await uses.queue.deliver(keys)
    return keys


async def leased(work: Coroutine[Any, Any, T], renewal: Coroutine[Any, Any, None]) -> T:
    """The result of `work`, while `renewal` renews its lease. Raises what the renewal raises (ClaimLost) if that comes
    first; then the work is cancelled. A renewal that ends lets the work go on. Once the work is done, a failed renewal
    has no effect.
    """
    working, renewing = asyncio.ensure_future(work), asyncio.ensure_future(renewal)
    try:
        await asyncio.wait({working, renewing}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            renewing.result()
        return await working
    finally:
        working.cancel()
        renewing.cancel()
        await asyncio.gather(working, renewing, return_exceptions=True)


async def _beat(runs: RunLedger, every: float, key: RunKey, attempt: int) -> None:
    """Ends when the run is handed over: what follows needs no lease, and a beat would call it lost."""
    while True:
        await asyncio.sleep(every)
        if not await runs.beat(key, attempt):
            return


def _emit_answers(events: Events, key: RunKey, collected: Collected) -> None:
    for query, snapshot in collected.snapshots.items():
        rows = len(snapshot.rows.rows) if snapshot.rows else None
        seconds = (snapshot.as_of[1] - snapshot.as_of[0]).total_seconds()
        events.emit(QueryAnswered(key, query, rows, seconds))
    for gap in collected.gaps:
        events.emit(QueryMissing(key, gap.query_id, gap.reason, gap.sentence))
