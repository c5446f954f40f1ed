"""The scheduler monitors itself: it reports to the operator what went wrong with a schedule since its last run, and
what is over.

A run that failed, was abandoned or did not reach everybody has a notice of its own (failed.py), and so has the first
run that reaches everybody again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from worker.domain.missed import MissedRow, SinceRun
from worker.domain.notice import MOST_CAUSES, Cause, Notice, NoticeEnd, NoticeRequest, SlotSpan, Trouble
from worker.domain.reason import Reason
from worker.domain.run import RunKey, stamp
from worker.domain.schedule import Bundle, Schedule
from worker.domain.snapshot.snapshot import Gap, GapReason
from worker.flow.run.notices import causes_of, failed_subject, of_trouble, operator_address
from worker.flow.run.readers import is_notice
from worker.flow.uses import UsesConnectors, UsesLookups, UsesRuns

WATCHED = {
    Trouble.MISSED: Reason.SLOTS_MISSED,
    Trouble.BUDGET: Reason.BUDGET_SPENT,
    Trouble.TOO_LATE: Reason.WAITED_TOO_LONG,
}
FAILED = (Reason.SOURCE, Reason.ABANDONED)
"""Of runs; a run that found answers says that they are over."""

ROWS = 20
"""Newest rows of missed slots that are looked at."""


class TroubleUses(UsesConnectors, UsesLookups, UsesRuns, Protocol): ...


async def report_troubles(
    uses: TroubleUses, run: RunKey, bundle: Bundle, schedule: Schedule, gaps: Sequence[Gap], now: datetime
) -> int:
    """Of a run that found answers. Returns how many notices were made. If the process dies before this, problems up to
    this run are not reported. If nothing is wrong and nothing is over, this costs one look-up.
    """
    if operator_address(uses.connectors, bundle, ()) is None:
        return 0
    over = {reason: f"{reason} {schedule.id}" for reason in WATCHED.values()}
    failed = [failed_subject(schedule, reason) for reason in FAILED]
    since = await uses.lookups.since(run, ROWS, [*over.values(), *failed])
    wrong = await _causes(uses, run, since, gaps)
    notices, ends = list[NoticeRequest](), list[NoticeEnd]()

    def request(trouble: Trouble, reason: Reason, subject: str, causes: Sequence[Cause]) -> NoticeRequest | None:
        more = max(len(causes) - MOST_CAUSES, 0)
        notice = Notice(run, schedule.name, trouble, subject, reason, tuple(causes[:MOST_CAUSES]), more, now)
        return of_trouble(uses.connectors, bundle, schedule.id, notice)

    def end(trouble: Trouble, subject: str) -> None:
        made = request(trouble, Reason.TROUBLE_OVER, f"over {subject}", ()) if subject in since.reported else None
        ends.extend([NoticeEnd(subject, made)] if made is not None else [])

    for trouble, reason in WATCHED.items():
        made = request(trouble, reason, over[reason], wrong[trouble]) if wrong[trouble] else None
        notices += [made] if made is not None else []
        if not wrong[trouble]:
            end(trouble, over[reason])
    for subject in failed:
        end(Trouble.FAILED, subject)
    return await uses.runs.report_troubles(run, notices, ends) if notices or ends else 0


async def _causes(
    uses: UsesLookups, run: RunKey, since: SinceRun, gaps: Sequence[Gap]
) -> dict[Trouble, tuple[Cause, ...]]:
    before = since.before
    missed = [one for one in since.missed if before is not None and before.slot < one.last < run.slot]
    rows = await uses.lookups.deliveries(before) if before is not None and since.expired else ()
    late = [one for one in rows if one.reason is Reason.EXPIRED and not is_notice(one.key.reader)]
    return {
        Trouble.MISSED: tuple(_cause(one) for one in missed if one.reason is not Reason.PAUSED),
        Trouble.BUDGET: causes_of(gap for gap in gaps if gap.reason is GapReason.RATE_LIMITED),
        Trouble.TOO_LATE: tuple(Cause(one.key.address, one.sentence) for one in late),
    }


def _cause(row: MissedRow) -> Cause:
    """Its text is for programs, as in "12 × 2026-11-23T14:00:00Z – 2026-11-23T16:00:00Z"."""
    ends = dict.fromkeys((stamp(row.first), stamp(row.last)))
    return Cause(f"{row.count} × {' – '.join(ends)}", "", SlotSpan(row.first, row.last, row.count))
