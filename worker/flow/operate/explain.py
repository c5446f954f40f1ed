"""Why a run's deliveries were sent or not, and what they were compared with, from stored data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from worker.domain.delivery import Baseline, Delivery, DeliveryState
from worker.domain.missed import MissedRow
from worker.domain.notice import Notice
from worker.domain.reason import Reason
from worker.domain.run import Run, RunKey
from worker.errors import LedgerError, RequestError
from worker.flow.operate.find_run import FAR, FindUses, find_run
from worker.flow.run.copies import fates_of_copies
from worker.flow.run.reader_digests import UsesDigests
from worker.flow.uses import UsesSnapshots
from worker.ports import Lookups, Snapshots


@dataclass(frozen=True, slots=True)
class Explained:
    """`decision`: why it was sent or left out, None if nothing was decided or it can no longer be computed. `compared`
    maps each query to the baseline that this reader had, or to the reason why there was none. `undecided`: by query,
    the rows that this reader is not shown, because a value that the condition needs is not known. `copies`: each
    address in `cc` with why it got no copy, None if it was sent one; empty unless the delivery was sent.
    """

    row: Delivery
    decision: Reason | None
    compared: Mapping[str, Baseline | Reason]
    undecided: Mapping[str, int] = field(default_factory=dict)
    copies: Mapping[str, Reason | None] = field(default_factory=dict)


class ExplainUses(FindUses, UsesDigests, UsesSnapshots, Protocol): ...


async def explain(uses: ExplainUses, reference: str) -> tuple[Run, tuple[Explained, ...]] | MissedRow:
    """A run with each of its deliveries, or the row of missed slots that holds `ID@slot`.

    Raises RequestError if `reference` names neither.
    """
    missed = await _missed(uses.lookups, reference)
    if missed is not None:
        return missed
    run = await find_run(uses, reference)
    rows = await uses.lookups.deliveries(run.key)
    return run, tuple([await _explained(uses, row) for row in rows])


async def _missed(lookups: Lookups, reference: str) -> MissedRow | None:
    """A run of that very slot is preferred. A longer key that begins like the slot's is no such run."""
    try:
        key = RunKey.parse(reference)
    except ValueError:
        return None
    if await lookups.run(key) is not None:
        return None
    rows = await lookups.missed(key.schedule, FAR)
    return next((row for row in rows if row.first <= key.slot <= row.last), None)


async def _explained(uses: ExplainUses, row: Delivery) -> Explained:
    """A decision depends only on stored data, so it is computed again and not stored."""
    pair = row.compared_with or {}
    compared = {query: baseline or row.why_first.get(query, Reason.FIRST) for query, baseline in pair.items()}
    settled = row.state is DeliveryState.SKIPPED or row.date is None
    known = row.reason if settled else None
    try:
        digest = await uses.digests.open(row)
    except (LedgerError, RequestError):
        return Explained(row, known, compared)
    if digest is None or not await _all_there(uses.snapshots, row, digest.snapshot_ids):
        return Explained(row, known, compared)
    told = digest.composed.digest
    reason = known if settled else told.reason if isinstance(told, Notice) else digest.decide().reason
    return Explained(row, reason, compared, digest.composed.undecided, fates_of_copies(digest.entry, row))


async def _all_there(snapshots: Snapshots, row: Delivery, answers: Mapping[str, str]) -> bool:
    """Without its answers a run would look like one that changed nothing."""
    needed = [*answers.values(), *(baseline.snapshot for baseline in (row.compared_with or {}).values() if baseline)]
    return all([await snapshots.load(snapshot) is not None for snapshot in needed])
