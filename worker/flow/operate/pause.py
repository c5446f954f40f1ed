"""Pausing and resuming a schedule at run time. Slots that come meanwhile are recorded as missed and never caught up."""

from datetime import datetime
from typing import Protocol

from worker.domain.due.pauses import Pause
from worker.domain.run import stamp
from worker.errors import ClaimLost, LedgerError, RequestError
from worker.flow.facts import emit_all
from worker.flow.operate.find_run import deployed_schedule
from worker.flow.run.tick import slot_claim
from worker.flow.uses import UsesClock, UsesDeployments, UsesEvents, UsesProcess, UsesTriggers
from worker.ports import Due

TRIES = 10


class PauseUses(UsesClock, UsesDeployments, UsesEvents, UsesProcess, UsesTriggers, Protocol): ...


async def pause(uses: PauseUses, schedule: str, until: datetime | None) -> None:
    """Nothing fires until `until`, or until a person resumes the schedule. A run that no worker has begun is skipped.

    Raises RequestError for a schedule that is not deployed, and for an end that has passed.
    """
    await deployed_schedule(uses.deployments, schedule)
    now = await uses.clock.now()
    if until is not None and until <= now:
        raise RequestError(f"--until: found {stamp(until)}, which has passed; write a later instant")
    # An earlier pause that is over may still be the reason for slots that no clock has accounted for.
    await _account(uses, schedule)
    await uses.clock.pause(schedule, until)


async def resume(uses: PauseUses, schedule: str) -> bool:
    """Ends a pause. False if there was none. The first slot that fires is one that is still to come.

    Raises RequestError for a schedule that is not deployed, and for one that its definition pauses.
    """
    if (await deployed_schedule(uses.deployments, schedule))[1].paused:
        raise RequestError(f"the definition of {schedule} says `paused: true`; change it there and deploy")
    for _ in range(TRIES):
        await _account(uses, schedule)
        try:
            return await uses.clock.resume(schedule)
        except ClaimLost:
            continue
    raise LedgerError(f"{schedule} is due faster than its pause can be ended; try again")


async def _account(uses: PauseUses, schedule: str) -> None:
    """Records the slots of the pause as missed now, because the reason is lost once the pause is over."""
    while (held := (await uses.clock.pauses()).get(schedule)) is not None:
        bundle, known = await deployed_schedule(uses.deployments, schedule)
        at = (await uses.clock.pending([schedule])).get(schedule)
        now = await uses.clock.now()
        if at is None or at > now or not _covers(held, at):
            return
        claim = slot_claim(uses.triggers, {schedule: known}, bundle, Due(schedule, at, held), now)
        if claim is None:
            return
        emit_all(uses.events, (await uses.clock.claim([claim], uses.pid)).facts)


def _covers(pause_: Pause, at: datetime) -> bool:
    return pause_.until is None or at < pause_.until
