"""What changed between two runs of one schedule, from stored data: bridges, rows and figures of each query."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from worker.domain.diff.between import QueryComparison, between, departed, with_followed
from worker.domain.diff.bridge import Bridge
from worker.domain.run import Run
from worker.domain.schedule import Bundle, Follow, Schedule
from worker.domain.snapshot.scope import Scope
from worker.domain.snapshot.snapshot import Row, Snapshot
from worker.errors import RequestError
from worker.flow.deployed import schedule_of
from worker.flow.run.stored_answers import load_found
from worker.flow.uses import UsesConnectors, UsesDeployments, UsesLookups, UsesSnapshots

BETWEEN = 400
"""The most runs between the two that are searched for the reason why rows left."""


@dataclass(frozen=True, slots=True)
class RunComparison:
    """`before` is of the older slot. `queries`: those of the newer run's schedule in its order, then those that only
    the older one had. `zone`: the newer run's schedule's.
    """

    before: Run
    after: Run
    queries: tuple[QueryComparison, ...]
    zone: str


class CompareUses(UsesConnectors, UsesDeployments, UsesLookups, UsesSnapshots, Protocol): ...


@dataclass(frozen=True, slots=True)
class _Pair:
    """The older run first, with what is stored of both, and the newer one's definition."""

    before: Run
    after: Run
    bundle: Bundle
    schedule: Schedule
    was: Mapping[str, Snapshot]
    now: Mapping[str, Snapshot]


async def compare_runs(uses: CompareUses, one: Run, other: Run) -> RunComparison:
    """In the order of their slots, however they were given: a bridge has a reason for each row that joined or left, and
    backwards there is none.

    Raises RequestError for runs of two schedules, or one run twice.
    """
    pair = await _pair(uses, one, other)
    queries = dict.fromkeys((*(item.id for item in pair.schedule.report), *pair.was))
    found = [await _compared(uses, pair, query) for query in queries]
    return RunComparison(pair.before, pair.after, tuple(found), pair.schedule.trigger.zone)


async def bridge_between(uses: CompareUses, one: Run, other: Run) -> Bridge | None:
    """That of `compare_runs` of the list that the newer run's definition explains. None where it explains none, where
    an answer is missing or no longer stored, and where the question changed in between. Raises as `compare_runs`.
    """
    pair = await _pair(uses, one, other)
    if pair.schedule.bridge is None:
        return None
    return (await _compared(uses, pair, pair.schedule.bridge)).bridge


async def _pair(uses: CompareUses, one: Run, other: Run) -> _Pair:
    before, after = sorted((one, other), key=lambda run: (run.key.slot, run.claimed_at))
    if before.key.schedule != after.key.schedule:
        raise RequestError(
            f"{before.key} and {after.key} are runs of two schedules; only runs of one schedule can be compared"
        )
    if before.key == after.key:
        raise RequestError(f"{before.key} was given twice; name two runs, as {before.key.schedule}@-1 and @latest")
    bundle, schedule = await schedule_of(uses.deployments, after.bundle, after.key.schedule)
    was, now = await load_found(uses.snapshots, before), await load_found(uses.snapshots, after)
    return _Pair(before, after, bundle, schedule, was.snapshots, now.snapshots)


async def _compared(uses: CompareUses, pair: _Pair, query: str) -> QueryComparison:
    old, new = pair.was.get(query), pair.now.get(query)
    item = next((one for one in pair.schedule.report if one.id == query), None)
    follow, scope = Follow.NONE, Scope()
    if item is not None:
        follow, scope = item.follow, uses.connectors.query(pair.bundle, item).traits(item.params).scope
    if old is not None and new is not None and follow is not Follow.NONE:
        new = await _explained(uses, pair.before, pair.after, old, new)
    return await asyncio.to_thread(between, query, old, new, follow, scope)


async def _explained(uses: CompareUses, before: Run, after: Run, old: Snapshot, new: Snapshot) -> Snapshot:
    """`new` together with the rows that left in a run between the two: that run looked them up, and a later run may not
    have. The newest reading of a row counts.
    """
    missing = set(departed(old, new)) if old.fingerprint == new.fingerprint else set[str]()
    found: dict[str, Row] = {}
    for run in await _in_between(uses, before, after) if missing and new.rows is not None else ():
        stored = dict(run.snapshots).get(new.query_id)
        answer = await uses.snapshots.load(stored) if stored is not None else None
        if answer is None or answer.followed is None or answer.fingerprint != new.fingerprint:
            continue
        columns = [column.name for column in (new.followed or new.rows or answer.followed).columns]
        for row in answer.followed.rows:
            if row.key in missing:
                cells = answer.followed.record(row)
                found[row.key] = Row(row.key, tuple(cells.get(name) for name in columns))
        missing -= found.keys()
        if not missing:
            break
    return with_followed(new, found)


async def _in_between(uses: CompareUses, before: Run, after: Run) -> list[Run]:
    """Newest first."""
    runs = await uses.lookups.runs(after.key.schedule, BETWEEN, str(after.key))
    return [run for run in runs if run.key.slot >= before.key.slot and run.key != before.key]
