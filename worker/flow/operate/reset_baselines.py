"""Shows and resets what readers' digests are compared with, so that a person can undo a mistake."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from worker.domain.address import comparable
from worker.domain.decide import sent_baselines
from worker.domain.delivery import Baseline, DeliveryKey, DeliveryState
from worker.domain.events import BaselinesReset
from worker.domain.run import Run, RunKey
from worker.domain.schedule import Schedule
from worker.errors import RequestError
from worker.flow.operate.find_run import deployed_schedule, find_run
from worker.flow.run.collect import COMPARED
from worker.flow.uses import UsesDeployments, UsesEvents, UsesLookups, UsesResets, UsesSnapshots
from worker.ports import HeldBaseline, Snapshots


@dataclass(frozen=True, slots=True)
class Selection:
    """Which baselines of a schedule are meant. `reader`: an address, an entry's id, or "entry|address"; None: all."""

    schedule: str
    reader: str | None = None
    query: str | None = None

    def fits(self, reader: str, query: str) -> bool:
        names = {comparable(reader), *comparable(reader).split("|", 1)}
        return self.query in {None, query} and (self.reader is None or comparable(self.reader) in names)


@dataclass(frozen=True, slots=True)
class Change:
    """`was` and `becomes` are None where there is nothing to compare with."""

    reader: str
    query: str
    was: Baseline | None
    becomes: Baseline | None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A selected baseline that cannot be set, and why in one sentence."""

    reader: str
    query: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ResetPlan:
    """What a reset would do. `run`: the earlier run with which the next digest is compared; None: with nothing."""

    schedule: str
    run: RunKey | None
    changes: tuple[Change, ...]
    unchanged: tuple[Unchanged, ...] = field(default=())

    @property
    def readers(self) -> int:
        return len({change.reader for change in self.changes})


class ResetUses(UsesDeployments, UsesEvents, UsesLookups, UsesResets, UsesSnapshots, Protocol): ...


async def held(uses: ResetUses, of: Selection) -> tuple[HeldBaseline, ...]:
    """Raises RequestError for a schedule that is not deployed, and for a query that it does not have."""
    await _known(uses, of)
    return tuple(row for row in await uses.resets.held(of.schedule) if of.fits(row.reader, row.query))


async def plan_reset(uses: ResetUses, of: Selection, reference: str | None) -> ResetPlan:
    """`reference`: the run to set back to, as find_run reads it.

    Raises RequestError if nothing would change, or if the run was not sent to readers of this schedule.
    """
    schedule = await _known(uses, of)
    rows = {(row.reader, row.query): row.at for row in await held(uses, of)}
    if reference is None:
        plan = ResetPlan(of.schedule, None, tuple(Change(*who, at, None) for who, at in rows.items() if at))
        return _not_empty(plan, of)
    run = await find_run(uses, reference)
    if run.key.schedule not in {schedule.id, schedule.previously}:
        raise RequestError(f"--to: {run.key} is a run of another schedule than {of.schedule}")
    return _not_empty(await _set_back(uses, of, schedule, run, rows), of)


async def reset(uses: ResetUses, plan: ResetPlan) -> tuple[DeliveryKey, ...]:
    """Returns deliveries that were decided before and are still open: they are sent unchanged, and change none of these
    baselines. Raises RequestError for an answer that is no longer stored.
    """
    becomes = {(change.reader, change.query): change.becomes for change in plan.changes}
    going = await uses.resets.reset(plan.schedule, becomes)
    uses.events.emit(BaselinesReset(plan.run, plan.schedule, len(becomes)))
    return going


async def _known(uses: ResetUses, of: Selection) -> Schedule:
    _, schedule = await deployed_schedule(uses.deployments, of.schedule)
    queries = [item.id for item in schedule.report]
    if of.query is not None and of.query not in queries:
        raise RequestError(f"--query: found {of.query!r}; {of.schedule} has {', '.join(queries)}")
    return schedule


async def _set_back(
    uses: ResetUses, of: Selection, schedule: Schedule, run: Run, rows: Mapping[tuple[str, str], Baseline | None]
) -> ResetPlan:
    """A reader's digest can only be compared with something that this reader was sent."""
    sent = {row.key.reader for row in await uses.lookups.deliveries(run.key) if row.state is DeliveryState.SENT}
    answers = await _answers(uses.snapshots, run)
    meant = {(reader, item.id) for reader in sent for item in schedule.report if of.fits(reader, item.id)} | {*rows}
    changes, unchanged = [], []
    for reader, query in sorted(meant):
        if reader not in sent:
            unchanged.append(Unchanged(reader, query, f"{run.key} was not sent to this reader"))
        elif query not in answers:
            unchanged.append(Unchanged(reader, query, f"{run.key} has no stored answer to this query"))
        elif not _same(was := rows.get((reader, query)), answers[query]):
            changes.append(Change(reader, query, was, answers[query]))
    return ResetPlan(of.schedule, run.key, tuple(changes), tuple(unchanged))


def _same(was: Baseline | None, becomes: Baseline) -> bool:
    return was is not None and (was.snapshot, was.slot) == (becomes.snapshot, becomes.slot)


async def _answers(stored: Snapshots, run: Run) -> Mapping[str, Baseline]:
    ids = {query: name for query, name in run.snapshots if not query.endswith(COMPARED)}
    loaded = {query: await stored.load(name) for query, name in ids.items()}
    return sent_baselines(run.key.slot, ids, {query: found for query, found in loaded.items() if found is not None})


def _not_empty(plan: ResetPlan, of: Selection) -> ResetPlan:
    if not plan.changes:
        raise RequestError(f"nothing to reset: {_why(plan, of)}; `funnelbeat baselines list {of.schedule}` lists them")
    return plan


def _why(plan: ResetPlan, of: Selection) -> str:
    if plan.unchanged:
        return "; ".join(_distinct(one.sentence for one in plan.unchanged))
    whose = f"no reader that fits {of.reader!r}" if of.reader is not None else "no reader"
    return f"{whose} is compared with anything else now" if plan.run else f"{whose} is compared with anything now"


def _distinct(sentences: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(sentences)
