"""Runs a slot that was missed, as the run that it would have been."""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Protocol

from worker.domain.missed import MissedRow
from worker.domain.run import Claim, RunKey, stamp
from worker.domain.schedule import Trigger
from worker.errors import RequestError
from worker.flow.operate.find_run import deployed_schedule, refuse_slot_to_come
from worker.flow.operate.on_demand import RequestUses
from worker.flow.run.tick import deadline
from worker.flow.uses import UsesLookups
from worker.ports import Triggers

FAR = 10_000
"""Rows of missed slots that are searched, newest first."""

ON_DEMAND = "manual"
"""The trigger of a run that a person starts."""


class MissedUses(RequestUses, UsesLookups, Protocol): ...


async def request_missed(uses: MissedUses, schedule_id: str, slot: datetime, idempotency: str | None = None) -> RunKey:
    """Claims the run of a missed slot and returns its key, which is the slot's own. The row of missed slots is split
    around it. The same `idempotency` gives the same run.

    Raises RequestError if the schedule is not deployed, or if the slot has not come yet or was not missed.
    """
    if idempotency and await _was_requested(uses, RunKey(schedule_id, slot), idempotency):
        return RunKey(schedule_id, slot)
    bundle, schedule = await deployed_schedule(uses.deployments, schedule_id)
    rows = await uses.lookups.missed(schedule_id, FAR)
    row = next((row for row in rows if row.first <= slot <= row.last), None)
    if row is None:
        raise RequestError(
            f"{stamp(slot)} is no missed slot of {schedule_id}; `funnelbeat runs {schedule_id}` lists them"
        )
    key, now = RunKey(schedule_id, slot), await uses.clock.now()
    refuse_slot_to_come("--for-slot", slot, now)
    rest = around(uses.triggers, schedule.trigger, row, slot)
    claim = Claim(key, bundle, ON_DEMAND, deadline(uses.triggers, schedule, now))
    if not await uses.clock.request(claim, uses.pid, missed=row, rest=rest):
        raise RequestError(f"{key} was requested by somebody else at the same time; see `funnelbeat show {key}`")
    return key


def newest_missed(
    triggers: Triggers, trigger: Trigger, rows: Iterable[MissedRow], now: datetime, most: int
) -> tuple[datetime, ...]:
    """The newest slots of these rows that may be run, the newest first."""
    found = (slot for row in rows for slot in islice(_backwards(triggers, trigger, row), most))
    return tuple(sorted({slot for slot in found if slot <= now}, reverse=True)[:most])


def _backwards(triggers: Triggers, trigger: Trigger, row: MissedRow) -> Iterator[datetime]:
    slot: datetime | None = row.last
    while slot is not None and slot >= row.first:
        yield slot
        slot = triggers.previous(trigger, slot)


async def _was_requested(uses: MissedUses, key: RunKey, idempotency: str) -> bool:
    """Whether the same request made the run before. A run of the slot that a clock made is another one."""
    own = secrets.token_hex(8)
    if await uses.clock.once(f"missed:{key}:{idempotency}", own) == own:
        return False
    run = await uses.lookups.run(key)
    return run is not None and run.trigger == ON_DEMAND


def around(triggers: Triggers, trigger: Trigger, row: MissedRow, slot: datetime) -> tuple[MissedRow, ...]:
    """What remains of a row of missed slots without one of them. Raises RequestError if the row cannot be split,
    because the trigger that named its slots has changed.
    """
    if row.count == 1 or (row.count == 2 and slot in (row.first, row.last)):
        left = [edge for edge in {row.first, row.last} if edge != slot]
        return tuple(replace(row, first=edge, last=edge, count=1) for edge in left)
    before, after = _sides(triggers, trigger, row, slot)
    parts: list[MissedRow] = []
    if before is not None:
        parts.append(replace(row, last=before[1], count=before[0]))
    if after is not None:
        parts.append(replace(row, first=after[1], count=after[0]))
    return tuple(parts)


_Side = tuple[int, datetime] | None


def _sides(triggers: Triggers, trigger: Trigger, row: MissedRow, slot: datetime) -> tuple[_Side, _Side]:
    """The number of slots on each side of `slot`, with the one next to it; None if there are none."""
    if trigger.kind == "every":
        step = timedelta(seconds=trigger.seconds)
        number, off = divmod(slot - row.first, step)
        if off or row.first + (row.count - 1) * step != row.last:
            raise _changed(row, slot)
        after = row.count - number - 1
        return (number, slot - step) if number else None, (after, slot + step) if after else None
    earlier: _Side = None
    later: _Side = None
    total, hit = 0, False
    for named in chain([row.first], triggers.upcoming(trigger, row.first)):
        if named > row.last:
            break
        total, hit = total + 1, hit or named == slot
        if named < slot:
            earlier = (total, named)
        elif named > slot:
            later = (row.count - total + 1, named) if later is None else later
    if not hit or total != row.count:
        raise _changed(row, slot)
    return earlier, later


def _changed(row: MissedRow, slot: datetime) -> RequestError:
    where = f"{row.count} slots from {stamp(row.first)} to {stamp(row.last)}"
    return RequestError(f"{stamp(slot)} is not named by the trigger as it is deployed; missed are {where}")
