"""Asks every query of a report at once. Each gives exactly one snapshot or one gap."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Protocol

from worker.domain.delivery import Baseline
from worker.domain.schedule import Bundle, Follow, Query, Schedule
from worker.domain.snapshot.history import remembered
from worker.domain.snapshot.snapshot import Gap, GapReason, Snapshot
from worker.domain.time.periods import WindowError
from worker.domain.time.window import Window, WindowSpec, compared, resolve
from worker.errors import RequestError, SourceError
from worker.flow.run.gap_reason import gap_reason, retry_after
from worker.flow.run.shared_fetch import SharedFailure, UsesFetches
from worker.flow.uses import UsesConnectors, UsesRuns, UsesSnapshots, UsesTimes, UsesTriggers
from worker.ports import Answer, Question, Triggers
from worker.together import together

COMPARED = ":compared"


@dataclass(frozen=True, slots=True)
class Collected:
    """By query id. A comparison is in `compared`, under the id of its query."""

    snapshots: Mapping[str, Snapshot]
    compared: Mapping[str, Snapshot]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class FetchContext:
    """What a report is collected for. `stale`: a newer slot was already due, so that state "now" does not belong to
    this slot. `on_demand`: a person waits for it. `failed`: the gaps of an earlier try. For a stale run they are the
    reason of a missing answer, rather than the fact that the slot has passed.
    """

    bundle: Bundle
    schedule: Schedule
    slot: datetime
    deadline: datetime
    now: datetime
    stale: bool = False
    on_demand: bool = False
    failed: Mapping[str, Gap] = field(default_factory=dict)


class CollectUses(UsesConnectors, UsesFetches, UsesRuns, UsesSnapshots, UsesTimes, UsesTriggers, Protocol): ...


async def collect(
    uses: CollectUses,
    context: FetchContext,
    baselines: Sequence[Mapping[str, Baseline]],
) -> Collected:
    """`baselines` of every reader: rows that left since the oldest of them are looked up."""
    items = context.schedule.report
    answers = await together(_answer(uses, context, item, baselines) for item in items)
    found = {item.id: a for item, a in zip(items, answers, strict=True) if isinstance(a, Answer)}
    return Collected(
        snapshots={query: answer.snapshot for query, answer in found.items()},
        compared={query: answer.compared for query, answer in found.items() if answer.compared is not None},
        gaps=tuple(a for a in answers if isinstance(a, Gap)),
    )


async def _answer(
    uses: CollectUses, context: FetchContext, item: Query, baselines: Sequence[Mapping[str, Baseline]]
) -> Answer | Gap:
    patience = min((context.deadline - context.now).total_seconds(), uses.times.longest_fetch)
    try:
        if context.stale and not uses.connectors.query(context.bundle, item).windowed:
            if item.id in context.failed:
                return context.failed[item.id]
            day = f"{context.slot:%d %b}"
            return Gap(item.id, GapReason.NOT_KNOWABLE, f"not knowable for {day}: the service tells only its state now")
        source = uses.connectors.source(context.bundle, item.source)
        async with asyncio.timeout(max(patience, 1.0)):
            account = uses.connectors.account(context.bundle, item.source)
            question = await question_of(uses, context, item, baselines)
            answer = await uses.fetches.answer(source, account, question)
            return replace(answer, snapshot=remembered(answer.snapshot, question.previous))
    except TimeoutError:
        return Gap(item.id, GapReason.DEADLINE, f"{item.source} had not answered when the run's time was over")
    except SharedFailure as failure:
        return Gap(item.id, failure.reason, failure.sentence, retry_after=failure.retry_after)
    except (SourceError, RequestError) as error:
        return Gap(item.id, gap_reason(error), str(error), retry_after=retry_after(error))


async def question_of(
    uses: CollectUses, context: FetchContext, item: Query, baselines: Sequence[Mapping[str, Baseline]]
) -> Question:
    """The question with its windows resolved, and with the past that earlier answers give."""
    schedule = context.schedule
    in_use = [b[item.id] for b in baselines if item.id in b and not b[item.id].taken_away]
    oldest = min(in_use, key=lambda b: b.slot, default=None)
    chain = await uses.runs.chain(schedule.id, item.id, oldest.slot if oldest else None)
    past = [s for s in [await uses.snapshots.load(i) for i in chain] if s is not None and s.slot < context.slot]
    windows = resolver(uses.triggers, context)
    window = windows(item.window) if item.window else None
    return Question(
        item=item,
        slot=context.slot,
        zone=schedule.trigger.zone,
        window=window,
        compared=_compared(uses.triggers, context, item, window),
        formerly=frozenset().union(*(s.members for s in past)) if item.follow is not Follow.NONE else frozenset(),
        since=oldest.as_of if oldest else None,
        previous=past[0] if past else None,
        files=any(item.id in entry.attach for entry in schedule.to),
        resolve=windows,
        on_demand=context.on_demand,
    )


def resolver(triggers: Triggers, context: FetchContext) -> Callable[[WindowSpec], Window]:
    """How this context's windows resolve: a function of slot, zone and the project's calendar, not of a clock."""
    schedule, defaults = context.schedule, context.bundle.defaults
    before = cache(lambda: triggers.previous(schedule.trigger, context.slot))  # searched for, so only for a window

    def windows(spec: WindowSpec) -> Window:
        return resolve(
            spec,
            context.slot,
            schedule.trigger.zone,
            week_start=defaults.week_start,
            fiscal_year_start=defaults.fiscal_year_start,
            previous_slot=before(),
        )

    return windows


def _compared(triggers: Triggers, context: FetchContext, item: Query, window: Window | None) -> Window | None:
    """None also if nothing lies before the window: the first slot of a trigger has no slot before it."""
    if window is None or item.compare is None:
        return None
    trigger, defaults = context.schedule.trigger, context.bundle.defaults
    before = triggers.previous(trigger, context.slot)
    earlier = triggers.previous(trigger, before) if before is not None else None
    try:
        return compared(
            window,
            item.compare,
            context.slot,
            week_start=defaults.week_start,
            fiscal_year_start=defaults.fiscal_year_start,
            previous_slot=before,
            earlier_slot=earlier,
        )
    except WindowError:
        return None
