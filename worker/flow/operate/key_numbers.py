"""The number at the top of a schedule's digests, over its runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from worker.domain.diff.stock import sums_of
from worker.domain.digest.figures import measure_name
from worker.domain.run import Run, RunKey
from worker.domain.schedule import Bundle, Query, Schedule
from worker.domain.snapshot.history import history_of
from worker.domain.snapshot.presentation import KeyRule
from worker.domain.snapshot.snapshot import Kind, Snapshot
from worker.domain.snapshot.traits import QueryTraits
from worker.flow.uses import UsesConnectors, UsesSnapshots


@dataclass(frozen=True, slots=True)
class KeyPoint:
    """`value`: in minor units for money; None where the run has no answer. Nothing is put in its place."""

    run: RunKey
    value: float | None


@dataclass(frozen=True, slots=True)
class KeyNumbers:
    """`figure`: the name of a measure; empty for the total of a list in `currency`. `neutral`: neither more nor less is
    good. `points`: one for each run, oldest first.
    """

    query: str
    figure: str
    kind: Kind
    currency: str | None
    neutral: bool = False
    points: tuple[KeyPoint, ...] = ()


class KeyNumbersUses(UsesConnectors, UsesSnapshots, Protocol): ...


async def key_numbers(
    uses: KeyNumbersUses, bundle: Bundle, schedule: Schedule, runs: Sequence[Run]
) -> KeyNumbers | None:
    """`runs`: of the schedule, newest first. The newest answer decides the figure: the currency of a list with most
    deals, or the measure that its source puts first. None if no run has an answer, or if the digest has no such figure.
    An answer also contains the numbers of earlier runs, so that few answers are read.
    """
    traits = {item.id: uses.connectors.query(bundle, item).traits(item.params) for item in schedule.report}
    item = _key_query(schedule, traits)
    if item is None:
        return None
    found, known = None, dict[datetime, float]()
    for run in runs:
        answer = None if run.key.slot in known else await _answer(uses, run, item.id)
        if answer is None:
            continue
        found = found or _figure(item, traits[item.id], answer)
        if found is None:
            return None
        told = history_of(answer, found[1])
        known = {**told, **known}
        if answer.slot in told:
            known[run.key.slot] = told[answer.slot]
    if found is None:
        return None
    points = tuple(KeyPoint(run.key, known.get(run.key.slot) if _answered(run, item.id) else None) for run in runs)
    return replace(found[0], points=points[::-1])


def _key_query(schedule: Schedule, traits: Mapping[str, QueryTraits]) -> Query | None:
    """The one that the definition names, else the first list of deals, else the one whose source puts a measure
    first.
    """
    named = schedule.key or schedule.bridge
    if named is not None:
        return schedule.item(named)
    lists = [item for item in schedule.report if traits[item.id].lists_opportunities]
    if lists:
        return lists[0]
    ruled = [(rule.order, item) for item in schedule.report if (rule := traits[item.id].presentation.key) is not None]
    return min(ruled, key=lambda one: one[0])[1] if ruled else next(iter(schedule.report), None)


def _answered(run: Run, query: str) -> bool:
    return any(name == query for name, _ in run.snapshots)


async def _answer(uses: UsesSnapshots, run: Run, query: str) -> Snapshot | None:
    stored = dict(run.snapshots).get(query)
    return await uses.snapshots.load(stored) if stored is not None else None


def _figure(item: Query, traits: QueryTraits, answer: Snapshot) -> tuple[KeyNumbers, str] | None:
    """The figure without its points, and its name in the history of an answer."""
    if traits.lists_opportunities and answer.rows is not None:
        currency = next(iter(sums_of(answer.rows)), None)
        return None if currency is None else (KeyNumbers(item.id, "", Kind.MONEY, currency), currency)
    rule = traits.presentation.key or KeyRule("", 0)
    measures = {measure_name(one.key, one.currency): one for one in answer.measures}
    name = next((name for name in (rule.measure, *rule.instead, *measures) if name in measures), None)
    if name is None:
        return None
    of, neutral = measures[name], name in traits.presentation.neutral
    return KeyNumbers(item.id, name, of.kind, of.currency, neutral), ".".join(of.key)
