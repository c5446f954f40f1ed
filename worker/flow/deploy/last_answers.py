"""What the last answers of a schedule say about the cost of the next ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from worker.domain.schedule import Bundle, Query, Schedule
from worker.domain.snapshot.requests import RequestCount, sent_for
from worker.domain.snapshot.snapshot import Snapshot
from worker.flow.uses import UsesConnectors, UsesRuns, UsesSnapshots


@dataclass(frozen=True, slots=True)
class LastAnswers:
    """By query id. `lengths`: rows of each list, None for one that nobody has read. `sent`: what the last answers took,
    where their source says so.
    """

    lengths: Mapping[str, int | None] = field(default_factory=dict)
    sent: Mapping[str, RequestCount] = field(default_factory=dict)


class LastAnswersUses(UsesConnectors, UsesRuns, UsesSnapshots, Protocol): ...


async def last_answers(uses: LastAnswersUses, bundle: Bundle, schedule: Schedule, was: Schedule | None) -> LastAnswers:
    """`was`: the schedule as it is deployed. A query that is new or changed has no last answer."""
    lengths, sent = dict[str, int | None](), dict[str, RequestCount]()
    for item in schedule.report:
        last = await last_answer(uses, item, was)
        count = sent_for(last) if last is not None else None
        if count is not None:
            sent[item.id] = count
        if uses.connectors.query(bundle, item).price_of(item.params).page:
            lengths[item.id] = _length(last)
    return LastAnswers(lengths, sent)


async def last_answer(uses: LastAnswersUses, item: Query, was: Schedule | None) -> Snapshot | None:
    """None also for a query that has changed since."""
    known = next((one for one in was.report if one.id == item.id), None) if was else None
    if was is None or known is None:
        return None
    if (known.source, known.query, known.params) != (item.source, item.query, item.params):
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
