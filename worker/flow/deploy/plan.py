"""What is going to happen: which runs will fire, for which readers, at what cost, and what a deployment
would change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from worker.domain.due.pauses import Pause
from worker.domain.schedule import Bundle, Query, Schedule
from worker.domain.snapshot.requests import RequestCount, sent_for
from worker.domain.snapshot.snapshot import Snapshot
from worker.flow.deploy.cost import DayCost, answer_cost, attached, cost
from worker.flow.deploy.deploy import Changes, ChangesUses, changes
from worker.flow.deploy.fires import Fire, Span
from worker.flow.deploy.moves import Moves, compared
from worker.flow.run.readers import readers
from worker.flow.uses import UsesConnectors, UsesRuns, UsesSnapshots


@dataclass(frozen=True, slots=True)
class Cost:
    """Requests of one run, as far as they are known. `unknown`: ids of queries whose cost is not known. `lengths`: rows
    of each list, None for one that was never read. `sent`: the requests of the last answers, if their sources count
    them. Look-ups of rows that left a list, names, and the second reading of a list that changed meanwhile come on top.
    """

    requests: int
    unknown: tuple[str, ...]
    lengths: Mapping[str, int | None] = field(default_factory=dict)
    sent: Mapping[str, RequestCount] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Planned:
    """`fires`: the first of `count`. `readers`: their ids. `paused`: by its definition, or at run time."""

    schedule: str
    zone: str
    fires: tuple[Fire, ...]
    count: int
    readers: tuple[str, ...]
    cost: Cost
    paused: Pause | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Readers as (schedule, reader id). `day`: the cost of the next 24 hours for each connection."""

    now: datetime
    until: datetime
    schedules: tuple[Planned, ...]
    changes: Changes
    readers_added: tuple[tuple[str, str], ...]
    readers_removed: tuple[tuple[str, str], ...]
    moves: tuple[Moves, ...]
    day: tuple[DayCost, ...] = ()


class PlanUses(ChangesUses, UsesConnectors, UsesRuns, UsesSnapshots, Protocol): ...


async def plan(uses: PlanUses, bundle: Bundle, days: int) -> Plan:
    """What would happen if `bundle` were deployed now and a clock ran all the time. Nothing is written."""
    found = await changes(bundle, uses)
    before = found.before.schedules if found.before else {}
    now = await uses.clock.now()
    span = Span(
        triggers=uses.triggers,
        now=now,
        until=now + timedelta(days=days),
        pending=await uses.clock.pending([*before, *(name for name in bundle.schedules if name not in before)]),
        pauses=await uses.clock.pauses(),
    )
    origins = {name: _origin(found, name) for name in bundle.schedules}
    planned = [
        await _planned(uses, bundle, schedule, span, found, before.get(origins[name]))
        for name, schedule in bundle.schedules.items()
    ]
    day = {
        row.schedule: span.day(bundle.schedules[row.schedule], found, before.get(origins[row.schedule]))
        for row in planned
    }
    moves = [
        compared(row.schedule, span.of(origin) if (origin := before.get(origins[row.schedule])) else (), row.fires)
        for row in planned
        if row.schedule in found.firsts or row.schedule in found.changed
    ]
    moves += [compared(name, span.of(before[name]), ()) for name in found.removed]
    had = {(_heir(found, r.schedule), r.id) for schedule in before.values() for r in readers(schedule)}
    has = {(r.schedule, r.id) for schedule in bundle.schedules.values() for r in readers(schedule)}
    return Plan(
        now=now,
        until=span.until,
        schedules=tuple(planned),
        changes=found,
        readers_added=tuple(sorted(has - had)),
        readers_removed=tuple(sorted(had - has)),
        moves=tuple(move for move in moves if move.appear or move.vanish or move.moved),
        day=cost(
            uses.connectors,
            bundle,
            day,
            {row.schedule: row.cost.lengths for row in planned},
            {row.schedule: row.cost.sent for row in planned},
        ),
    )


async def _planned(
    uses: PlanUses, bundle: Bundle, schedule: Schedule, span: Span, found: Changes, was: Schedule | None
) -> Planned:
    name = schedule.id
    pause, late = span.pause(schedule, was), span.late(found, was)
    coming, count = span.first(name, schedule, span.at(schedule, found), pause)
    return Planned(
        schedule=name,
        zone=schedule.trigger.zone,
        fires=(*late, *coming),
        count=count + len(late),
        readers=tuple(reader.id for reader in readers(schedule)),
        cost=await _cost(uses, bundle, schedule, was),
        paused=pause if pause is not None and not pause.over(span.now) else None,
    )


async def _cost(uses: PlanUses, bundle: Bundle, schedule: Schedule, was: Schedule | None) -> Cost:
    """By the requests of the last answer, or by the length of the list when it was read last."""
    requests, lengths, sent, unknown = 0, dict[str, int | None](), dict[str, RequestCount](), list[str]()
    for item in schedule.report:
        price = uses.connectors.query(bundle, item).price_of(item.params)
        last = await _last(uses, item, was) if price.page or price.tokens else None
        counted = sent_for(last) if last is not None else None
        if counted is not None:
            sent[item.id] = counted
        if price.page:
            lengths[item.id] = _length(last)
        if counted is None and (price.more or (price.page and lengths[item.id] is None)):
            unknown.append(item.id)
        else:
            requests += answer_cost(price, lengths.get(item.id), counted)[0] * (1 if item.compare is None else 2)
            requests += price.file if attached(schedule, item) else 0
    return Cost(requests, tuple(unknown), lengths, sent)


async def _last(uses: PlanUses, item: Query, was: Schedule | None) -> Snapshot | None:
    """None for a question that was never answered, or that was another one then."""
    former = {known.id: known for known in was.report} if was else {}
    known = former.get(item.id)
    if (
        was is None
        or known is None
        or (known.source, known.query, known.params) != (item.source, item.query, item.params)
    ):
        return None
    for stored in await uses.runs.chain(was.id, item.id, None):
        snapshot = await uses.snapshots.load(stored)
        if snapshot is not None:
            return snapshot
    return None


def _length(last: Snapshot | None) -> int | None:
    if last is None or last.rows is None:
        return None
    whole = None if last.rows.sliced else last.rows.total
    return len(last.rows.rows) if whole is None else whole


def _heir(found: Changes, schedule: str) -> str:
    return next((new for old, new in found.renamed if old == schedule), schedule)


def _origin(found: Changes, schedule: str) -> str:
    return next((old for old, new in found.renamed if new == schedule), schedule)
