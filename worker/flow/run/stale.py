"""Whether "now" belongs to a newer slot than a run's, so that the run must not show the present state of the
services.
"""

from datetime import datetime, timedelta
from typing import Protocol

from worker.domain.due.spread import delay_of
from worker.domain.run import Run
from worker.domain.schedule import CatchUp, Schedule
from worker.flow.uses import UsesDeployments, UsesTriggers
from worker.ports import RunLease, Triggers


class StaleUses(UsesDeployments, UsesTriggers, Protocol): ...


async def is_stale(uses: StaleUses, schedule: Schedule, begun: RunLease) -> bool:
    """Whether "now" belongs to a newer slot than this run's.

    If the schedule was edited since, the slot after this one under the old definition is never claimed, so that nothing
    replaces this run.
    """
    run = begun.run
    if _stale(uses.triggers, schedule, run, run.claimed_at):
        return True
    if not _stale(uses.triggers, schedule, run, begun.now):
        return False
    deployment = await uses.deployments.deployed()
    timings = await uses.deployments.timings(deployment.bundle) if deployment else {}
    return schedule.id in timings and timings[schedule.id].trigger == schedule.trigger


def _stale(triggers: Triggers, schedule: Schedule, run: Run, moment: datetime) -> bool:
    """Whether a newer slot was due at `moment`.

    A run that was requested for an instant in the past (`--at`) is as old as a run that was caught up. A run that was
    requested for now may wait for a worker as long as `grace`. A run for a missed slot counts from that slot.
    """
    slot, grace = run.key.slot, timedelta(seconds=schedule.grace)
    following = triggers.next(schedule.trigger, slot)
    newer = following is not None and following + delay_of(schedule.id, schedule.spread) <= moment
    if run.key.kind:
        return run.claimed_at - slot > grace or (newer and moment - slot > grace)
    return newer


def gives_way(schedule: Schedule, begun: RunLease) -> bool:
    """Whether a stale run is skipped in favour of the newer slot: only if nobody asked for it. A run that was postponed
    had its tries, and ends with its own notice to the operator.
    """
    asked = begun.run.key.kind or begun.run.trigger == "manual"
    return schedule.catch_up is CatchUp.LATEST and not asked and not begun.postponed
