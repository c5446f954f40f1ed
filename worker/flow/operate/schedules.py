"""The deployed schedules: when each is due next, how its last run ended, and whether it is paused."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.domain.due.pauses import Pause
from worker.domain.due.spread import delay_of
from worker.domain.run import Run
from worker.domain.schedule import Schedule, Subscription
from worker.domain.schedule_filter import ScheduleFilter
from worker.domain.subscription import live_records
from worker.errors import RequestError
from worker.flow.deployed import bundle_of
from worker.flow.uses import UsesClock, UsesDeployments, UsesLookups, UsesSubscriptions
from worker.together import together

EVERY_SCHEDULE = ScheduleFilter()


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """`next_slot`: the nominal instant that is due next; None if it never fires again, or is paused without an end.
    `last`: its newest run. `readers`: entries of the definition and subscriptions beside it; one with `each` counts
    once. `pause`: None if it is not paused. `made`: those subscriptions.
    """

    schedule: Schedule
    next_slot: datetime | None
    last: Run | None
    readers: int
    pause: Pause | None
    made: tuple[Subscription, ...] = ()


class SchedulesUses(UsesClock, UsesDeployments, UsesLookups, UsesSubscriptions, Protocol): ...


async def schedules(
    uses: SchedulesUses, only: str | None = None, wanted: ScheduleFilter = EVERY_SCHEDULE
) -> tuple[ScheduleRow, ...]:
    """The schedules that `wanted` accepts, by id; with `only`, this one, or none if it is not deployed. Raises
    RequestError if nothing is deployed.
    """
    deployed = await uses.deployments.deployed()
    if deployed is None:
        raise RequestError("nothing is deployed yet: run `funnelbeat deploy` first")
    bundle = await bundle_of(uses.deployments, deployed.bundle)
    of = bundle.schedules
    names = [name for name in sorted(of) if only in (None, name) and wanted.takes(of[name])]
    now, due, pauses = await uses.clock.now(), await uses.clock.pending(names), await uses.clock.pauses()

    async def row(name: str) -> ScheduleRow:
        schedule = bundle.schedules[name]
        records = await uses.subscriptions.records(name)
        made = tuple(live_records(records, bundle, schedule, now).values())
        newest = await uses.lookups.runs(name, 1)
        pause = _pause(schedule, pauses.get(name), now)
        last = newest[0] if newest else None
        due_next = _next(schedule, due.get(name), pause)
        return ScheduleRow(schedule, due_next, last, len(schedule.to) + len(made), pause, made)

    return tuple(await together(map(row, names)))


def _pause(schedule: Schedule, held: Pause | None, now: datetime) -> Pause | None:
    if schedule.paused:
        return Pause()
    return None if held is None or held.over(now) else held


def _next(schedule: Schedule, due: datetime | None, pause: Pause | None) -> datetime | None:
    """The ledger holds when a schedule is due, which a spread delays. During a pause it holds a slot that is missed."""
    if due is None or pause is not None:
        return None
    return due - delay_of(schedule.id, schedule.spread)
