"""Corrects due instants when a clock starts, because a new tzdata may have made them wrong."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from worker.domain.due.slots import first_slot
from worker.domain.due.spread import delay_of
from worker.domain.schedule import Timing
from worker.flow.facts import emit_all
from worker.flow.uses import UsesClock, UsesDeployments, UsesEvents, UsesProcess, UsesTriggers
from worker.ports import SlotClaim, Triggers

CHUNK = 2000
_MOMENT = timedelta(milliseconds=1)


class RecomputeUses(UsesClock, UsesDeployments, UsesEvents, UsesProcess, UsesTriggers, Protocol): ...


async def recompute_due(uses: RecomputeUses) -> int:
    """Returns the number of schedules whose due instant changed. A slot that has come stays, because it was expected. A
    slot that its trigger still names stays too, because an edit may have postponed it, unless it is further away than
    an edit can put it.
    """
    deployment = await uses.deployments.deployed()
    if deployment is None:
        return 0
    timings = await uses.deployments.timings(deployment.bundle)
    names, moved, began = iter(timings), 0, await uses.clock.now()
    while part := list(islice(names, CHUNK)):
        pending = await uses.clock.pending(part)
        now = await uses.clock.now()
        wrong = {
            name: at
            for name, at in pending.items()
            if at > now
            and (
                not _named(uses.triggers, name, timings, at)
                or _ahead(uses.triggers, name, timings[name], at, began, now)
            )
        }
        lasts = await uses.deployments.last_slots(list(wrong)) if wrong else {}
        claims = [
            SlotClaim(
                name,
                at,
                _anew(uses.triggers, name, timings[name], now, lasts.get(name)),
                (),
                (),
                False,
                deployment.bundle,
            )
            for name, at in wrong.items()
        ]
        emit_all(uses.events, (await uses.clock.claim(claims, uses.pid)).facts)
        moved += len(claims)
    return moved


def is_ahead(triggers: Triggers, name: str, timing: Timing, at: datetime, now: datetime) -> bool:
    """Whether a schedule that is due at `at` waits past its trigger's next slot, because Redis's clock was ahead once.
    An edit postpones the next slot to a later day at most.
    """
    delay = delay_of(name, timing.spread)
    latest = first_slot(timing.trigger, now, triggers.next, now, edited=True)
    return latest is not None and at - delay > latest


def _ahead(triggers: Triggers, name: str, timing: Timing, at: datetime, began: datetime, now: datetime) -> bool:
    """As `is_ahead` at `now`. What is ahead now was ahead when the work began, and that instant is the same for all
    schedules, so that a trigger which many share is computed once.
    """
    return is_ahead(triggers, name, timing, at, began) and is_ahead(triggers, name, timing, at, now)


def _named(triggers: Triggers, name: str, timings: Mapping[str, Timing], at: datetime) -> bool:
    slot = at - delay_of(name, timings[name].spread)
    return triggers.next(timings[name].trigger, slot - _MOMENT) == slot


def _anew(triggers: Triggers, name: str, timing: Timing, now: datetime, last: datetime | None) -> datetime | None:
    passed = (
        last if last is not None and last <= now else None
    )  # a slot after now was claimed while Redis's clock was ahead
    slot = first_slot(timing.trigger, now, triggers.next, passed, edited=passed is not None)
    return None if slot is None else slot + delay_of(name, timing.spread)
