"""Tells of runs that failed where no worker could: the operator, and alert rules, which had no data."""

from typing import Protocol

from worker.domain.delivery import DeliveryKey
from worker.domain.reason import SENTENCES, Reason
from worker.domain.run import RunKey, RunState
from worker.domain.snapshot.snapshot import Gap, GapReason
from worker.flow.alert.evaluate import RunFound
from worker.flow.alert.write import WriteUses, with_alerts
from worker.flow.deployed import schedule_of
from worker.flow.run.comparison import Answers
from worker.flow.run.notices import of_failed, stopped_ways, undelivered
from worker.flow.uses import UsesClock, UsesDeployments, UsesLookups, UsesRuns
from worker.ports import AlertChanges, FailResult


class FailedUses(WriteUses, UsesClock, UsesDeployments, UsesLookups, UsesRuns, Protocol): ...


async def notify_of_failed(uses: FailedUses, key: RunKey) -> tuple[DeliveryKey, ...]:
    """Makes the notice for a run that failed without one: its workers ended during it, or readers were not reached.

    Returns nothing if the notice was made before, if a notice of the same kind was sent today, or if there is nobody to
    notify. Alert rules treat an abandoned run as a run without data.
    """
    run = await uses.lookups.run(key)
    if run is None or run.state not in {RunState.FAILED, RunState.PARTIAL} or run.reason is Reason.SOURCE:
        return ()
    bundle, schedule = await schedule_of(uses.deployments, run.bundle, key.schedule)
    now, gaps = await uses.clock.now(), tuple[Gap, ...]()
    reason = Reason.PARTLY_DELIVERED if run.state is RunState.PARTIAL else Reason.UNDELIVERED
    causes = undelivered(await uses.lookups.deliveries(key))
    if run.reason is Reason.ABANDONED:
        gaps = tuple(Gap(item.id, GapReason.UNAVAILABLE, SENTENCES[Reason.ABANDONED]) for item in schedule.report)
        reason, causes = Reason.ABANDONED, ()
    stopped = await stopped_ways(uses, bundle)
    request = of_failed(uses.connectors, bundle, schedule, key, reason, causes, now, stopped)
    found = RunFound(key, bundle, schedule, Answers({}, {}, gaps), {})

    async def write(alerts: AlertChanges | None) -> FailResult:
        return await uses.runs.notify(key, gaps, request, alerts)

    made = await (with_alerts(uses, found, now, {}, write) if reason is Reason.ABANDONED else write(None))
    return (DeliveryKey(key, request.reader),) if made.noticed and request is not None else ()
