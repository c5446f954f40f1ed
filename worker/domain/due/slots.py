"""Slots: from the wall times that a trigger names to instants, and the decision about slots that have passed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from worker.domain.missed import MissedSlots
from worker.domain.reason import Reason
from worker.domain.schedule import CatchUp, Trigger
from worker.domain.time import cron
from worker.domain.time.duration import DAY, DurationError, clipped, parse_duration
from worker.domain.time.epoch import EPOCH
from worker.domain.time.zones import day_start, first, later_wall, second, wall, zone_named

LIMIT = 1000
_INSTANT = timedelta(microseconds=1)

NextWall = Callable[[datetime], datetime | None]
"""The first naive wall time strictly after the given one that the fields name."""
NextAfter = Callable[[Trigger, datetime], datetime | None]


@dataclass(frozen=True, slots=True)
class Accounted:
    """The decision about slots that have come, oldest first. `next_slot`: the first slot without a decision. It is
    still to come, or already due if there were more slots than one call decides about (then account again from it).
    None: there is none.
    """

    runs: tuple[datetime, ...]
    missed: tuple[MissedSlots, ...]
    next_slot: datetime | None


def parse_every(text: str) -> int:
    """Seconds of an `every:`, at least 1 and less than a day. Raises DurationError."""
    seconds = parse_duration(text)
    if seconds < 1:
        raise DurationError(f"every: {clipped(text)} is less than a second", "write at least 1s")
    if seconds >= DAY:
        form = "0 9 * * MON" if seconds % (7 * DAY) == 0 else "0 9 * * *"
        raise DurationError(
            f"every: {clipped(text)} is a day or more, and elapsed time drifts against the clock on the wall",
            f'write cron: "{form}" with the hour you want',
        )
    return seconds


def following(after: datetime, zone: ZoneInfo, next_wall: NextWall, *, both_of_twice: bool) -> datetime | None:
    """The first slot strictly after `after`. A missing wall time counts at the change of clocks; a repeated one counts
    at its first instant, or at both. Wall times that fall on one instant are one slot, because only later instants
    count.
    """
    shown = wall(after, zone)
    soonest = named = next_wall(shown)
    while named is not None and first(named, zone) <= after:
        named = next_wall(named)
    comings = [first(named, zone)] if named is not None else []
    if both_of_twice:
        back = later_wall(after, zone)
        again = _second_coming(after, soonest if back == shown else next_wall(back), named, zone, next_wall)
        comings += [again] if again is not None else []
    return min(comings, default=None)


def _second_coming(
    after: datetime, named: datetime | None, before: datetime | None, zone: ZoneInfo, next_wall: NextWall
) -> datetime | None:
    """The earliest second instant after `after`, from `named` on. The search ends at `before`, whose first instant is
    the next slot: no later wall time comes a second time sooner.
    """
    while named is not None and (before is None or named < before):
        repeated = second(named, zone)
        if repeated is not None and repeated > after:
            return repeated
        named = next_wall(named)
    return None


def account(
    trigger: Trigger,
    due: datetime,
    now: datetime,
    catch_up: CatchUp,
    grace_seconds: int,
    next_after: NextAfter,
    *,
    limit: int = LIMIT,
) -> Accounted:
    """Decides about `due` (this trigger's first slot without a decision) and every slot after it up to `now`. `due`
    counts even if a new tzdata no longer names it, because it was expected.
    """
    if trigger.kind == "every":
        return account_every(trigger.seconds, due, now, catch_up, grace_seconds, limit=limit, end=trigger.end)
    return account_slots(_from(trigger, due, next_after), now, catch_up, grace_seconds, limit=limit)


def _from(trigger: Trigger, due: datetime, next_after: NextAfter) -> Iterator[datetime]:
    slot: datetime | None = due
    while slot is not None:
        yield slot
        slot = next_after(trigger, slot)


def account_slots(
    slots: Iterable[datetime], now: datetime, catch_up: CatchUp, grace_seconds: int, *, limit: int = LIMIT
) -> Accounted:
    """Decides about the slots up to `now`. `slots` ascend from the first one without a decision. They are read lazily,
    one past the last that is used. One call decides about at most `limit` slots.
    """
    taken: list[datetime] = []
    next_slot: datetime | None = None
    for slot in slots:
        if slot > now or len(taken) == limit:
            next_slot = slot
            break
        taken.append(slot)
    more = next_slot is not None and next_slot <= now
    late = _late(taken, now, catch_up, grace_seconds, more=more)
    missed = (MissedSlots(taken[0], taken[late - 1], late, _REASONS[catch_up]),) if late else ()
    return Accounted(tuple(taken[late:]), missed, next_slot)


_REASONS = {CatchUp.NONE: Reason.TOO_LATE, CatchUp.LATEST: Reason.CAUGHT_UP, CatchUp.ALL: Reason.CAUGHT_UP}


def _late(taken: list[datetime], now: datetime, catch_up: CatchUp, grace_seconds: int, *, more: bool) -> int:
    """The number of missed slots, counted from the oldest. The slots after them are not missed."""
    if catch_up is CatchUp.ALL or not taken:
        return 0
    if catch_up is CatchUp.LATEST:
        return len(taken) if more else len(taken) - 1
    grace = timedelta(seconds=grace_seconds)
    return sum(now - slot > grace for slot in taken)


def account_every(
    seconds: int,
    due: datetime,
    now: datetime,
    catch_up: CatchUp,
    grace_seconds: int,
    *,
    limit: int = LIMIT,
    end: datetime | None = None,
) -> Accounted:
    """As `account_slots`, for slots `seconds` apart from `due` on (before `end`). It counts instead of listing, so that
    a week at one second costs as much as one slot. Only runs are bounded by `limit`; the missed slots may be any
    number.
    """
    step = timedelta(seconds=seconds)
    if due > now:
        return Accounted((), (), due)
    newest = now if end is None else min(now, end - _INSTANT)
    count = max(0, (newest - due) // step + 1)
    late = {
        CatchUp.ALL: 0,
        CatchUp.LATEST: max(0, count - 1),
        CatchUp.NONE: min(count, max(0, -((due + timedelta(seconds=grace_seconds) - now) // step))),
    }[catch_up]
    spoken = min(count, late + limit)
    missed = (MissedSlots(due, due + (late - 1) * step, late, _REASONS[catch_up]),) if late else ()
    following = due + spoken * step
    runs = tuple(due + number * step for number in range(late, spoken))
    return Accounted(runs, missed, None if end is not None and following >= end else following)


def every_after(seconds: int, start: datetime | None, after: datetime) -> datetime:
    """The first instant strictly after `after` that lies whole steps from the epoch, or from `start` and not before it.
    This is elapsed time, so that daylight saving has no effect.
    """
    if start is not None and after < start:
        return start.astimezone(UTC)
    origin, step = start or EPOCH, timedelta(seconds=seconds)
    return (origin + ((after - origin) // step + 1) * step).astimezone(UTC)


def every_before(seconds: int, start: datetime | None, before: datetime) -> datetime | None:
    """The last such instant strictly before `before`; None if that would be before `start`."""
    origin, step = start or EPOCH, timedelta(seconds=seconds)
    slot = origin - ((origin - before) // step + 1) * step
    return None if start is not None and slot < start else slot.astimezone(UTC)


def first_slot(
    trigger: Trigger, now: datetime, next_after: NextAfter, last_slot: datetime | None, edited: bool
) -> datetime | None:
    """The first slot of a definition that comes into force at `now`; it is strictly later. If a trigger that names one
    slot a day was edited after its schedule had a slot today (in the new trigger's zone), the first slot is on another
    day.
    """
    slot = next_after(trigger, now)
    if not edited or last_slot is None or trigger.kind != "cron" or not cron.parse(trigger.expression).once_a_day:
        return slot
    zone = zone_named(trigger.zone)
    today = wall(now, zone).date()
    if wall(last_slot, zone).date() < today:
        return slot
    return _on_a_later_day(trigger, slot, today, zone, next_after)


def _on_a_later_day(
    trigger: Trigger, slot: datetime | None, today: date, zone: ZoneInfo, next_after: NextAfter
) -> datetime | None:
    if slot is None or wall(slot, zone).date() > today:
        return slot
    return next_after(trigger, day_start(today + timedelta(days=1), zone) - _INSTANT)
