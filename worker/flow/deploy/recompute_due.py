"""Due instants that a new tzdata has made wrong are reckoned anew when a clock begins."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice

from worker.domain.due.slots import first_slot
from worker.domain.due.spread import delay_of
from worker.domain.schedule import Timing
from worker.flow.deploy.deploy import DeployUses
from worker.flow.facts import tell
from worker.ports import SlotClaim, Triggers

CHUNK = 2000
_MOMENT = timedelta(milliseconds=1)


async def recompute_due(uses: DeployUses) -> int:
    """How many schedules are due otherwise than they were. A slot that has come stays, as it was expected; so does one
    that its trigger still names, because an edit may have put it off.
    """
    deployment = await uses.deployments.deployed()
    if deployment is None:
        return 0
    timings = await uses.deployments.timings(deployment.bundle)
    names, moved = iter(timings), 0
    while part := list(islice(names, CHUNK)):
        pending = await uses.clock.pending(part)
        now = await uses.clock.now()
        wrong = {name: at for name, at in pending.items() if at > now and not _named(uses.triggers, name, timings, at)}
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
        tell(uses.events, (await uses.clock.claim(claims, uses.pid)).facts)
        moved += len(claims)
    return moved


def _named(triggers: Triggers, name: str, timings: Mapping[str, Timing], at: datetime) -> bool:
    slot = at - delay_of(name, timings[name].spread)
    return triggers.next(timings[name].trigger, slot - _MOMENT) == slot


def _anew(triggers: Triggers, name: str, timing: Timing, now: datetime, last: datetime | None) -> datetime | None:
    slot = first_slot(timing.trigger, now, triggers.next, last, edited=last is not None)
    return None if slot is None else slot + delay_of(name, timing.spread)
