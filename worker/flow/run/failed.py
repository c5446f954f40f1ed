"""Reports runs that ended without a worker that could report them: to the operator, and to alert rules, which had no
data.
"""

from typing import Protocol

from worker.domain.delivery import DeliveryKey
from worker.domain.notice import Notice, Trouble
from worker.domain.reason import SENTENCES, Reason
from worker.domain.run import RunKey, RunState
from worker.domain.schedule import Bundle, Schedule
from worker.domain.snapshot.snapshot import Gap, GapReason
from worker.flow.alert.evaluate import RunFound
from worker.flow.alert.write import WriteUses, with_alerts
from worker.flow.deployed import schedule_of
from worker.flow.run.comparison import Answers
from worker.flow.run.notices import failed_subject, of_failed, of_trouble, stopped_ways, undelivered
from worker.flow.uses import UsesClock, UsesLookups, UsesRuns
from worker.ports import AlertChanges, FailResult

NOT_REACHED = (Reason.UNDELIVERED, Reason.PARTLY_DELIVERED)
"""Of notices. The first run that reaches all of its readers says that they are over."""


class FailedUses(WriteUses, UsesClock, UsesLookups, UsesRuns, Protocol): ...


async def notify_of_failed(uses: FailedUses, key: RunKey) -> tuple[DeliveryKey, ...]:
    """Makes the notice for a run that failed without one: its workers ended during it, or readers were not reached. Or
    the notice of a run that reached all readers, after the operator was notified of one that did not.

    Returns nothing if the notice was made before, if a notice of the same kind was sent today, or if there is nobody to
    notify. Alert rules treat an abandoned run as a run without data.
    """
    run = await uses.lookups.run(key)
    ended = {RunState.FAILED, RunState.PARTIAL, RunState.DELIVERED}
    if run is None or run.state not in ended or run.reason is Reason.SOURCE:
        return ()
    bundle, schedule = await schedule_of(uses.deployments, run.bundle, key.schedule)
    if run.state is RunState.DELIVERED:
        return await _all_reached(uses, key, bundle, schedule)
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


async def _all_reached(uses: FailedUses, key: RunKey, bundle: Bundle, schedule: Schedule) -> tuple[DeliveryKey, ...]:
    """A suspended reader was not reached either, so the problem continues; a later run reports its end."""
    if any(row.reason is Reason.SUSPENDED for row in await uses.lookups.deliveries(key)):
        await uses.runs.notify(key, (), None)
        return ()
    over, now = [failed_subject(schedule, reason) for reason in NOT_REACHED], await uses.clock.now()
    subject, reason = f"over failed {schedule.id} {Reason.UNDELIVERED}", Reason.TROUBLE_OVER
    notice = Notice(key, schedule.name, Trouble.UNDELIVERED, subject, reason, (), 0, now)
    request = of_trouble(uses.connectors, bundle, schedule.id, notice, await stopped_ways(uses, bundle))
    made = await uses.runs.notify(key, (), request, over=over)
    return (DeliveryKey(key, request.reader),) if made.noticed and request is not None else ()
