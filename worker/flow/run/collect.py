"""Asking every query of a report at once: each gives one snapshot or one gap, never both, never neither."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from worker.domain.delivery import Baseline
from worker.domain.schedule import Bundle, Follow, Item, Schedule
from worker.domain.snapshot.snapshot import Gap, GapReason, Snapshot
from worker.domain.time.periods import WindowError
from worker.domain.time.window import Window, WindowSpec, compared, resolve
from worker.errors import RequestError, SourceError
from worker.flow.run.gap_reason import gap_reason, retry_after
from worker.flow.run.shared_fetch import SharedFailure, answered
from worker.flow.services import House
from worker.ports import Answer, Ask

COMPARED = ":compared"


@dataclass(frozen=True, slots=True)
class Collected:
    """By query id. A comparison stands in `compared` under the id of its query."""

    snapshots: Mapping[str, Snapshot]
    compared: Mapping[str, Snapshot]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a report is collected for. `stale`: a newer slot was already due, so state "now" is not this slot's.
    `on_demand`: somebody waits for it.
    """

    bundle: Bundle
    schedule: Schedule
    slot: datetime
    deadline: datetime
    now: datetime
    stale: bool = False
    on_demand: bool = False


async def collect(
    house: House, occasion: Occasion, baselines: Sequence[Mapping[str, Baseline]], windowed: Mapping[str, bool]
) -> Collected:
    """`baselines` of every reader: what left since the oldest of them is looked up. `windowed` by query id."""
    items = occasion.schedule.report
    answers = await asyncio.gather(*(_answer(house, occasion, item, baselines, windowed[item.id]) for item in items))
    found = {item.id: a for item, a in zip(items, answers, strict=True) if isinstance(a, Answer)}
    return Collected(
        snapshots={query: answer.snapshot for query, answer in found.items()},
        compared={query: answer.compared for query, answer in found.items() if answer.compared is not None},
        gaps=tuple(a for a in answers if isinstance(a, Gap)),
    )


async def _answer(
    house: House, occasion: Occasion, item: Item, baselines: Sequence[Mapping[str, Baseline]], windowed: bool
) -> Answer | Gap:
    if occasion.stale and not windowed:
        day = f"{occasion.slot:%d %b}"
        return Gap(item.id, GapReason.NOT_KNOWABLE, f"not knowable for {day}: the service tells only its state now")
    patience = (occasion.deadline - occasion.now).total_seconds()
    try:
        source = house.means.source(occasion.bundle, item.source)
        async with asyncio.timeout(max(patience, 1.0)):
            account = house.means.account(occasion.bundle, item.source)
            return await answered(house, source, account, await ask(house, occasion, item, baselines))
    except TimeoutError:
        return Gap(item.id, GapReason.DEADLINE, f"{item.source} had not answered when the run's time was over")
    except SharedFailure as failure:
        return Gap(item.id, failure.reason, failure.sentence, retry_after=failure.retry_after)
    except (SourceError, RequestError) as error:
        return Gap(item.id, gap_reason(error), str(error), retry_after=retry_after(error))


async def ask(house: House, occasion: Occasion, item: Item, baselines: Sequence[Mapping[str, Baseline]]) -> Ask:
    """The question with its windows resolved and with what is remembered of earlier answers."""
    schedule = occasion.schedule
    in_use = [b[item.id] for b in baselines if item.id in b]
    oldest = min(in_use, key=lambda b: b.slot, default=None)
    chain = await house.ledger.chain(schedule.id, item.id, oldest.slot if oldest else None)
    past = [s for s in [await house.snapshots.load(i) for i in chain] if s is not None and s.slot < occasion.slot]
    windows = resolver(house, occasion)
    window = windows(item.window) if item.window else None
    return Ask(
        item=item,
        slot=occasion.slot,
        zone=schedule.trigger.zone,
        window=window,
        compared=_compared(house, occasion, item, window),
        formerly=frozenset().union(*(s.members for s in past)) if item.follow is not Follow.NONE else frozenset(),
        since=oldest.as_of if oldest else None,
        previous=past[0] if past else None,
        files=any(item.id in entry.attach for entry in schedule.to),
        resolve=windows,
        on_demand=occasion.on_demand,
    )


def resolver(house: House, occasion: Occasion) -> Callable[[WindowSpec], Window]:
    """How this occasion's windows resolve: a function of slot, zone and the project's calendar, never of the clock."""
    schedule, defaults = occasion.schedule, occasion.bundle.defaults
    before = house.triggers.previous(schedule.trigger, occasion.slot)

    def windows(spec: WindowSpec) -> Window:
        return resolve(
            spec,
            occasion.slot,
            schedule.trigger.zone,
            week_start=defaults.week_start,
            fiscal_year_start=defaults.fiscal_year_start,
            previous_slot=before,
        )

    return windows


def _compared(house: House, occasion: Occasion, item: Item, window: Window | None) -> Window | None:
    """None also where nothing lies before the window: the first slot ever has no slot before it."""
    if window is None or item.compare is None:
        return None
    trigger, defaults = occasion.schedule.trigger, occasion.bundle.defaults
    before = house.triggers.previous(trigger, occasion.slot)
    earlier = house.triggers.previous(trigger, before) if before is not None else None
    try:
        return compared(
            window,
            item.compare,
            occasion.slot,
            week_start=defaults.week_start,
            fiscal_year_start=defaults.fiscal_year_start,
            previous_slot=before,
            earlier_slot=earlier,
        )
    except WindowError:
        return None
