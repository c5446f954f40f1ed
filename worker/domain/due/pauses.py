"""Pauses: slots that come during a pause are missed, with a separate reason, and do not run later."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worker.domain.due.slots import LIMIT, Accounted, NextAfter, account
from worker.domain.reason import Reason
from worker.domain.schedule import CatchUp, Trigger
from worker.domain.time.duration import DAY

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Pause:
    """`until`: slots at or after it run again. None: the pause lasts until a person ends it."""

    until: datetime | None = None

    def earlier(self, moment: timedelta) -> "Pause":
        """The same pause on a clock that is `moment` behind."""
        return self if self.until is None else Pause(self.until - moment)

    def over(self, now: datetime) -> bool:
        return self.until is not None and self.until <= now


def account_paused(
    trigger: Trigger, due: datetime, now: datetime, pause: Pause, next_after: NextAfter, *, limit: int = LIMIT
) -> Accounted:
    """Every slot from `due` on that has come by `now` and lies before the end of the pause is missed. `next_slot` is
    the first slot without a decision; it may have come already.
    """
    edge = now if pause.until is None else min(now, pause.until - _INSTANT)
    # With a negative grace every slot that has come is too late.
    found = account(trigger, due, edge, CatchUp.NONE, -DAY, next_after, limit=limit)
    missed = tuple(replace(gone, reason=Reason.PAUSED) for gone in found.missed)
    return Accounted((), missed, found.next_slot)


def account_around(
    trigger: Trigger,
    due: datetime,
    now: datetime,
    catch_up: CatchUp,
    grace_seconds: int,
    next_after: NextAfter,
    *,
    pause: Pause | None = None,
) -> Accounted:
    """As `slots.account`, after the slots of a pause are taken out."""
    if pause is None:
        return account(trigger, due, now, catch_up, grace_seconds, next_after)
    taken = account_paused(trigger, due, now, pause, next_after)
    if taken.next_slot is None or pause.until is None or not pause.until <= taken.next_slot <= now:
        return taken
    rest = account(trigger, taken.next_slot, now, catch_up, grace_seconds, next_after)
    return Accounted(rest.runs, (*taken.missed, *rest.missed), rest.next_slot)
