"""Held digests of which a message does not tell after all: their reader was removed, or stopped them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from worker.domain.cap import HeldDigest
from worker.domain.delivery import Delivery
from worker.flow.run.named import NamedUses, still_named

T = TypeVar("T")


class UntoldUses(NamedUses, Protocol): ...


async def untold(uses: UntoldUses, row: Delivery, held: Sequence[HeldDigest], now: datetime) -> tuple[int, ...]:
    """Places in `held`. The result of the first try stays, because another list would be another message. What an
    earlier version held is told, since nobody knows whose it was.
    """
    if row.date is not None:
        return row.untold
    whose: dict[str, set[str]] = {}
    for one in held:
        if one.schedule:
            whose.setdefault(one.schedule, set()).add(one.reader)
    wanted = {schedule: await _wanted(uses, schedule, readers, now) for schedule, readers in whose.items()}
    return tuple(at for at, one in enumerate(held) if one.schedule and one.reader not in wanted[one.schedule])


async def _wanted(uses: UntoldUses, schedule: str, readers: set[str], now: datetime) -> set[str]:
    named = await still_named(uses, schedule, readers)
    said = await uses.subscriptions.said_of(schedule, sorted(readers))
    stops = {reader: said.preferences.get(reader) or said.of_now(reader) for reader in readers}
    return {one for one in named if (stop := stops[one]) is None or stop.reason(now) is None}


def remaining(held: Sequence[T], left_out: Sequence[int]) -> tuple[T, ...]:
    """What is left of `held` without these places."""
    return tuple(one for at, one in enumerate(held) if at not in left_out)
