"""The only timer. Due slots become runs; lapsed leases and waiting deliveries become work again."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from worker.domain.due.pauses import Pause, account_around
from worker.domain.due.spread import delay_of
from worker.domain.run import Claim, RunKey
from worker.domain.schedule import CatchUp, Schedule, Timing
from worker.domain.source_event import event_run
from worker.flow.facts import emit_all
from worker.flow.run.claim_and_publish import claim_and_publish, publish
from worker.flow.run.retention import housekeep
from worker.flow.uses import (
    UsesClock,
    UsesDeployments,
    UsesEvents,
    UsesProcess,
    UsesQueue,
    UsesSourceEvents,
    UsesTriggers,
    UsesUpkeep,
)
from worker.ports import Claimed, Due, SlotClaim, Triggers, WindowClaim

BATCH = 300
"""The greatest number of waiting runs, of deliveries and of ended windows that one tick handles."""

DUE = 1_200
"""The greatest number of due schedules that one tick handles. They are claimed in steps, and the first and the last
step of a tick do not overlap with another one, so that a tick of few steps leaves Redis or the clock idle.
"""

RUN_TIME = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one tick did. `more`: there were more due slots, so that the next tick should come at once."""

    claimed: tuple[RunKey, ...]
    published: int
    more: bool


class TickUses(
    UsesClock, UsesDeployments, UsesEvents, UsesProcess, UsesQueue, UsesSourceEvents, UsesTriggers, UsesUpkeep, Protocol
): ...


async def tick(uses: TickUses) -> Ticked:
    """Claims what is due, moves waiting work on, and publishes both. One bundle and one `now` serve the whole tick.

    Nothing is lost if the process is killed: a later sweep finds a claimed run that was not published. All questions
    are sent in one round trip, because a tick without due slots costs hardly anything else.
    """
    deployment, (now, due), ended, swept = await asyncio.gather(
        uses.deployments.deployed(), uses.clock.due(DUE), uses.source_events.due(BATCH), uses.clock.sweep(BATCH)
    )
    emit_all(uses.events, swept.facts)
    if deployment is None:
        return Ticked((), await publish(uses.queue, swept.runs, swept.deliveries, swept.mailboxes), more=False)
    bundle, timings = deployment.bundle, await uses.deployments.timings(deployment.bundle)
    claimed, published = await claim_and_publish(
        uses, due, lambda one: slot_claim(uses.triggers, timings, bundle, one, now)
    )
    opened = await _claim_ended(uses, timings, bundle, ended, now)
    emit_all(uses.events, opened.facts)
    if published == len(claimed):  # otherwise the broker takes nothing now
        published += await publish(uses.queue, (*opened.runs, *swept.runs), swept.deliveries, swept.mailboxes)
    if not due:
        await housekeep(uses.upkeep, timings, now)
    return Ticked((*claimed, *opened.runs), published, more=len(due) == DUE or len(ended) == BATCH)


def slot_claim(
    triggers: Triggers, timings: Mapping[str, Timing], bundle_id: str, due: Due, now: datetime
) -> SlotClaim | None:
    """The decision about a schedule's slots up to `now`; None for a schedule that this bundle does not hold.

    A schedule with `spread` is computed on a clock that is behind by its delay, so that a slot comes when it is due.
    """
    timing = timings.get(due.schedule)
    if timing is None:
        return None
    trigger, delay = timing.trigger, delay_of(due.schedule, timing.spread)
    accounted = account_around(
        trigger,
        due.at - delay,
        now - delay,
        timing.catch_up,
        timing.grace,
        triggers.next,
        pause=Pause() if timing.paused else due.pause and due.pause.earlier(delay),
    )
    following = accounted.next_slot
    if following is not None and following + delay <= now:  # more slots were due than one call decides about
        following = triggers.next(trigger, now - delay)
    until = _until(timing.within, now, following and following + delay)
    runs = tuple(Claim(RunKey(due.schedule, slot), bundle_id, trigger.kind, until) for slot in accounted.runs)
    next_due = accounted.next_slot and accounted.next_slot + delay
    latest, late = timing.catch_up is CatchUp.LATEST, _late(accounted.runs, now - delay, timing.grace)
    return SlotClaim(due.schedule, due.at, next_due, runs, accounted.missed, latest, bundle_id, late)


def _late(slots: Sequence[datetime], now: datetime, grace: int) -> int:
    """How many slots come later than `grace` seconds after they were due."""
    return sum((now - slot).total_seconds() > grace for slot in slots)


async def _claim_ended(
    uses: TickUses, timings: Mapping[str, Timing], bundle_id: str, ended: Sequence[tuple[str, datetime]], now: datetime
) -> Claimed:
    windows = [window_claim(timings, bundle_id, name, slot, now) for name, slot in ended]
    return await uses.source_events.claim(windows, uses.pid) if windows else Claimed()


def window_claim(
    timings: Mapping[str, Timing], bundle_id: str, schedule: str, slot: datetime, now: datetime
) -> WindowClaim:
    """What happens to a debounce window that ended at `slot`. Its events get one run, even if it is late."""
    timing = timings.get(schedule)
    if timing is None:
        return WindowClaim(schedule, slot, bundle_id, None)
    run = Claim(event_run(schedule, slot), bundle_id, "event", _until(timing.within, now, None))
    return WindowClaim(schedule, slot, bundle_id, run)


def deadline(triggers: Triggers, schedule: Schedule, start: datetime) -> datetime:
    """Nothing is fetched after it: `within`, else the earlier of the next slot's due instant and half an hour after
    `start`.
    """
    delay = delay_of(schedule.id, schedule.spread)
    following = triggers.next(schedule.trigger, start - delay)
    return _until(schedule.within, start, following and following + delay)


def _until(within: int | None, start: datetime, following: datetime | None) -> datetime:
    """`following`: when the next slot is due. The start of a slot that is due is now, because its own instant has
    passed.
    """
    if within is not None:
        return start + timedelta(seconds=within)
    return min(following or start + RUN_TIME, start + RUN_TIME)
