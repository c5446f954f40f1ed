"""Which run a person means: a key, a unique prefix, ID@latest or ID@-1. And which delivery: RUN/READER."""

import re
from datetime import datetime
from typing import Protocol

from worker.domain.delivery import Delivery, DeliveryKey, shown_reader
from worker.domain.known_names import known_names
from worker.domain.run import Run, RunKey, stamp
from worker.domain.schedule import Schedule
from worker.errors import NotFound, RequestError
from worker.flow.deployed import bundle_of
from worker.flow.uses import UsesDeployments, UsesLookups
from worker.ports import Deployments, Lookups

FAR = 1000
"""Runs that are searched for a prefix at first, newest first."""

ALL = 1_000_000
"""More runs than any retention keeps."""


class FindUses(UsesDeployments, UsesLookups, Protocol): ...


async def find_run(uses: FindUses, reference: str) -> Run:
    """Raises RequestError if no run fits, or more than one."""
    exact = await _exact(uses.lookups, reference)
    if exact is not None:
        return exact
    relative = re.fullmatch(r"([a-z0-9/_-]+)@(latest|-[0-9]+)", reference)
    if relative is not None:
        return await _back(uses, relative[1], 0 if relative[2] == "latest" else -int(relative[2]))
    schedule = reference.split("@", maxsplit=1)[0] if "@" in reference else None
    few = await _beginning(uses.lookups, schedule, reference, FAR)
    fitting = few or await _beginning(uses.lookups, schedule, reference, ALL)
    if schedule is not None and not fitting:
        await _refuse_unknown(uses, schedule)
    if len(fitting) != 1:
        several = f"{len(fitting)} runs begin with it" if fitting else "no run begins with it"
        raise NotFound(f"{reference!r} names no single run: {several}; `funnelbeat runs` lists them")
    return fitting[0]


async def find_delivery(uses: FindUses, reference: str) -> Delivery:
    """`reference`: RUN/READER, with the run as in `find_run`. Raises RequestError for another text, and NotFound."""
    try:
        written, reader = DeliveryKey.parted(reference)
    except ValueError:
        raise RequestError(
            f"{reference!r} is no delivery; write RUN/READER as `funnelbeat deliveries` lists them"
        ) from None
    run = await find_run(uses, written)
    row = await uses.lookups.delivery(DeliveryKey(run.key, reader)) or await _shown_as(uses.lookups, run, reader)
    if row is None:
        raise NotFound(f"{run.key} has no reader {reader!r}; `funnelbeat show {run.key}` lists them")
    return row


async def _shown_as(lookups: Lookups, run: Run, reader: str) -> Delivery | None:
    rows = await lookups.deliveries(run.key)
    return next((row for row in rows if shown_reader(row.key.reader) == reader), None)


async def _exact(lookups: Lookups, reference: str) -> Run | None:
    try:
        key = RunKey.parse(reference)
    except ValueError:
        return None
    return await lookups.run(key) if str(key) == reference else None


async def _beginning(lookups: Lookups, schedule: str | None, reference: str, limit: int) -> list[Run]:
    return [run for run in await lookups.runs(schedule, limit) if str(run.key).startswith(reference)]


async def _back(uses: FindUses, schedule: str, steps: int) -> Run:
    """@latest is the newest run, @-1 the one before it."""
    found = await uses.lookups.runs(schedule, steps + 1)
    if not found:
        await _refuse_unknown(uses, schedule)
    if len(found) <= steps:
        many = f"{len(found)} run{'' if len(found) == 1 else 's'}" if found else "no run"
        raise NotFound(f"{schedule} has {many}, so there is no @-{steps}" if steps else f"{schedule} has no run yet")
    return found[steps]


async def _refuse_unknown(uses: FindUses, schedule: str) -> None:
    """Raises NotFound for a schedule that neither has a run nor is deployed: its name is misspelt."""
    if await uses.deployments.deployed() is not None and not await uses.lookups.runs(schedule, 1):
        await deployed_schedule(uses.deployments, schedule)


async def deployed_schedule(deployments: Deployments, schedule: str) -> tuple[str, Schedule]:
    """The bundle in force and its definition of a schedule. Raises RequestError if nothing is deployed, or not this
    schedule.
    """
    deployed = await deployments.deployed()
    if deployed is None:
        raise RequestError("nothing is deployed yet: run `funnelbeat deploy` first")
    bundle = await bundle_of(deployments, deployed.bundle)
    if schedule not in bundle.schedules:
        known = known_names(schedule, bundle.schedules, "deployed are")
        raise NotFound(f"no schedule {schedule!r} is deployed; {known}")
    return deployed.bundle, bundle.schedules[schedule]


def refuse_slot_to_come(option: str, slot: datetime, now: datetime) -> None:
    """Raises RequestError for a slot after `now`. A baseline never moves back to an older slot, so every digest until
    that slot would compare with today's answers.
    """
    if slot > now:
        raise RequestError(f"{option}: found {stamp(slot)}, which has not come yet; write an instant that has passed")
