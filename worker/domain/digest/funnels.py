"""Funnels: an answer's stages with their comparison."""

from worker.domain.digest.context import DigestContext
from worker.domain.digest.sections import FunnelSection, FunnelStage
from worker.domain.snapshot.record import Record, records
from worker.domain.snapshot.snapshot import Table

STAGES = "stages"
"""The id of a funnel's table: one row per stage (label, type active or won, position, count, count_conversion_rate, …),
whichever service it came from.
"""


def funnels(context: DigestContext) -> tuple[FunnelSection, ...]:
    found = []
    for item in context.schedule.report:
        now = context.snapshots.get(item.id)
        if now is not None and (table := now.table(STAGES)) is not None:
            compared = context.compared.get(item.id)
            stages = _stages(table, compared.table(STAGES) if compared is not None else None)
            found.append(FunnelSection(item.id, now.window, compared.window if compared else None, stages))
    return tuple(found)


def _stages(now: Table, before: Table | None) -> tuple[FunnelStage, ...]:
    earlier = records(before)
    rows = sorted(records(now).values(), key=lambda row: (row.whole("position") or 0, row.key))
    return tuple(_stage(row, earlier.get(row.key)) for row in rows)


def _stage(row: Record, before: Record | None) -> FunnelStage:
    won = row.text("type") == "won"
    return FunnelStage(
        key=row.key,
        label=row.text("label") or row.key,
        won=won,
        count=row.whole("count"),
        advanced=_advanced(row, won=won),
        before_count=before.whole("count") if before is not None else None,
        before_advanced=_advanced(before, won=won),
    )


def _advanced(row: Record | None, *, won: bool) -> float | None:
    """The service says 0 for the won stage, where there is nothing left to advance to."""
    return None if row is None or won else row.number("count_conversion_rate")
