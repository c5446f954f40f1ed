"""Funnels, figures and all other tables of an answer, beside what they are compared with."""

from collections.abc import Iterator

from worker.domain.digest.context import DigestContext
from worker.domain.digest.deals import cut, ordered
from worker.domain.digest.model import Figure, FigureSection, FunnelSection, FunnelStage, TableSection
from worker.domain.schedule import Query, Show
from worker.domain.snapshot.record import Record, records
from worker.domain.snapshot.requests import REQUESTS
from worker.domain.snapshot.snapshot import Kind, Measure, Snapshot, Table

STAGES = "stages"
"""The id of a funnel's table, with one row per stage (label, type active or won, position, count,
count_conversion_rate, …). It is the same for every service.
"""

PER_YEAR = "annual"


def funnels(context: DigestContext) -> tuple[FunnelSection, ...]:
    found = []
    for item in context.schedule.report:
        now = context.snapshots.get(item.id)
        if now is not None and (table := now.table(STAGES)) is not None:
            compared = context.compared.get(item.id)
            stages = _stages(table, compared.table(STAGES) if compared is not None else None)
            found.append(FunnelSection(item.id, now.window, compared.window if compared else None, stages))
    return tuple(found)


def figures(context: DigestContext) -> tuple[FigureSection, ...]:
    """A list's own aggregates are shown only if no other section gives its total: not for the bridge's list, and not
    for stalled deals.
    """
    return tuple(
        _figures(context, item.id, now)
        for item in context.schedule.report
        if (now := context.snapshots.get(item.id)) is not None and now.measures and not _totalled(context, item, now)
    )


def tables(context: DigestContext) -> tuple[TableSection, ...]:
    """Every table that no other section shows: lists that are neither key nor stalled, groups, and numbers per person
    if the query's `show` asks for them.
    """
    return tuple(
        _table(item, table, now)
        for item in context.schedule.report
        if (now := context.snapshots.get(item.id)) is not None
        for table in now.tables
        if table.id not in (STAGES, REQUESTS) and not _shown_elsewhere(context, item, table, now)
    )


def _shown_elsewhere(context: DigestContext, item: Query, table: Table, now: Snapshot) -> bool:
    """Whether the table is left out. A table with a row per person is long, and seldom the reason to read a team's
    digest.
    """
    if table.id in context.traits[item.id].per_person:
        return item.show == Show()
    return table.id == now.main and _totalled(context, item, now)


def _totalled(context: DigestContext, item: Query, now: Snapshot) -> bool:
    return now.main is not None and (context.traits[item.id].stalled or item == context.key_item())


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
    """The service writes 0 for the won stage, from which no deal can advance."""
    return None if row is None or won else row.number("count_conversion_rate")


def _figures(context: DigestContext, query: str, now: Snapshot) -> FigureSection:
    compared, before = context.compared.get(query), context.before(query)
    new_period = before is not None and not _same_start(before, now)
    earlier, before_is = compared, "comparison"
    if compared is None:
        earlier, before_is = (None, "") if new_period or before is None else (before, "baseline")
    return FigureSection(
        query_id=query,
        window=now.window,
        compared=compared.window if compared is not None else None,
        before_is=before_is,
        new_period=new_period,
        figures=tuple(_figure_pairs(now, earlier)),
    )


def _same_start(before: Snapshot, now: Snapshot) -> bool:
    """Two answers over windows can be compared only if both count from the same instant."""
    if before.window is None or now.window is None:
        return before.window is now.window
    return before.window.start == now.window.start


def _figure_pairs(now: Snapshot, earlier: Snapshot | None) -> Iterator[Figure]:
    known = earlier.measured() if earlier is not None else {}
    for measure in now.measures:
        yield _figure(measure, known.get(measure.key))


def _figure(measure: Measure, before: Measure | None) -> Figure:
    same = before is not None and before.currency == measure.currency  # amounts in two currencies have no difference
    return Figure(
        name=measure_name(measure.key),
        kind=measure.kind,
        value=measure.value,
        before=before.value if before is not None and same else None,
        currency=measure.currency,
        why_null=measure.why_null,
    )


def measure_name(key: tuple[str, ...]) -> str:
    """A total has its own name. Any other measure has all the words of its key, joined with dots."""
    return key[1] if len(key) == 2 and key[0] == "total" else ".".join(key)


def _largest_first(table: Table) -> str | None:
    """The order of a table if `show` names none: deals by value per year, other rows by the first column that can be
    summed. None for rows of days, or without such a column; these rows keep their order.
    """
    if table.columns and table.columns[0].kind in {Kind.DATE, Kind.INSTANT}:
        return None
    sums = [column.name for column in table.columns if column.sum]
    return f"-{PER_YEAR if PER_YEAR in sums else sums[0]}" if sums else None


def _table(item: Query, table: Table, now: Snapshot) -> TableSection:
    """`show` speaks of an item's list; a query without one has only such tables, and it speaks of them all."""
    show = item.show if now.main in (None, table.id) else Show()
    listed = records(table)
    by = show.order_by or _largest_first(table)
    rows = ordered(listed.values(), by) if by is not None else list(listed.values())
    shown, hidden = cut(rows, show)
    return TableSection(item.id, table.id, table.columns, tuple(tuple(row.cells.values()) for row in shown), hidden)
