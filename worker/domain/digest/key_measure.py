"""The figure at the top of a digest without a list of deals, and what changed it."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from worker.domain.digest.context import DigestContext
from worker.domain.digest.figures import Earlier, earlier, named_figures
from worker.domain.digest.funnels import STAGES
from worker.domain.digest.sections import Figure, FunnelSection, FunnelStage, KeyMeasure, Mover, TableSection
from worker.domain.schedule import Query
from worker.domain.snapshot.history import HISTORY
from worker.domain.snapshot.presentation import KeyRule
from worker.domain.snapshot.requests import REQUESTS
from worker.domain.snapshot.snapshot import Kind, Snapshot, Table

CONVERSION = "conversion_rate"
"""The share of those at a funnel's first step who reached the last."""


def key_measure(context: DigestContext, funnels: Sequence[FunnelSection]) -> KeyMeasure | None:
    """The figure at the top of the digest. The first of these that exists is used: the figure of the query that `key`
    names, the figure that a source puts first, the conversion of the first funnel, the first figure. None if a list of
    deals is at the top, or if there is no figure.
    """
    if context.key_item() is not None:
        return None
    report = context.schedule.report
    if context.schedule.key is not None:
        report = (context.schedule.item(context.schedule.key),)
    for item, rule in _by_order(context, report):
        found = _ruled(context, item, rule, _funnel(funnels, item.id))
        if found is not None:
            return found
    return _first_of(context, report, funnels)


def with_movers(context: DigestContext, key: KeyMeasure | None, tables: Sequence[TableSection]) -> KeyMeasure | None:
    """Adds the rows of the table that its source names, if no step of a funnel explains the change."""
    if key is None or key.movers:
        return key
    rule = context.traits[key.query_id].presentation.key
    if rule is None or rule.movers is None:
        return key
    table_id, column = rule.movers
    table = next((one for one in tables if one.table_id == table_id and one.query_id in ("", key.query_id)), None)
    return key if table is None else replace(key, movers=_leading(key.figure, _rows(table, column)))


def _by_order(context: DigestContext, report: Sequence[Query]) -> list[tuple[Query, KeyRule]]:
    found = [(item, rule) for item in report if (rule := context.traits[item.id].presentation.key) is not None]
    return sorted(found, key=lambda one: one[1].order)


def _funnel(funnels: Sequence[FunnelSection], query: str) -> FunnelSection | None:
    return next((one for one in funnels if one.query_id == query and one.stages), None)


def _ruled(context: DigestContext, item: Query, rule: KeyRule, funnel: FunnelSection | None) -> KeyMeasure | None:
    now = context.snapshots.get(item.id)
    if now is None:
        return _missing(context, item, rule)
    past = earlier(context, item.id, now)
    known = named_figures(now, past.answer)
    listed = [known[name] for name in (rule.measure, *rule.instead) if name in known]
    figure = next((one for one in listed if one.value is not None), listed[0] if listed else None)
    if figure is None:
        return None
    neutral = figure.name in context.traits[item.id].presentation.neutral
    return replace(_made(item.id, figure, now, past, funnel), neutral=neutral)


def _missing(context: DigestContext, item: Query, rule: KeyRule) -> KeyMeasure | None:
    """The old figure is never shown in place of a missing new one."""
    if context.gap(item.id) is None:
        return None
    before = context.before(item.id)
    known = named_figures(before, None).get(rule.measure) if before is not None else None
    if before is None or known is None:
        return KeyMeasure(item.id, Figure(rule.measure, Kind.INT, None, None), missing=True)
    first, last = _ends(before)
    figure = Figure(known.name, known.kind, None, known.value, known.currency)
    return KeyMeasure(item.id, figure, window=before.window, first=first, last=last, missing=True)


def _ends(answer: Snapshot) -> tuple[str, str]:
    """The first and the last step of a funnel, "" for what is none."""
    table = answer.table(STAGES)
    if table is None or not table.rows:
        return "", ""
    records = sorted((table.record(row) for row in table.rows), key=lambda one: int(one.get("position") or 0))
    return str(records[0].get("label") or ""), str(records[-1].get("label") or "")


def _first_of(context: DigestContext, report: Sequence[Query], funnels: Sequence[FunnelSection]) -> KeyMeasure | None:
    """Of queries whose sources put no measure first."""
    for item in report:
        now, funnel = context.snapshots.get(item.id), _funnel(funnels, item.id)
        if now is not None and funnel is not None and (figure := _conversion(funnel)) is not None:
            return _made(item.id, figure, now, earlier(context, item.id, now), funnel)
    for item in report:
        now = context.snapshots.get(item.id)
        past = earlier(context, item.id, now) if now is not None else None
        if now is not None and past is not None:
            for figure in named_figures(now, past.answer).values():
                if figure.value is not None:
                    return replace(_made(item.id, figure, now, past, None), bare=True)
    for item in report:
        now = context.snapshots.get(item.id)
        if now is not None and (summed := _table_sum(context, item.id, now)) is not None:
            return summed
    return None


def _table_sum(context: DigestContext, query: str, now: Snapshot) -> KeyMeasure | None:
    """Of an answer without measures: the sum of the first column that may be added up. Lists that a service cuts have
    no sum to compare.
    """
    past = earlier(context, query, now)
    for table in now.tables:
        places = [place for place, column in enumerate(table.columns) if column.sum]
        if places and table.rows and table.id not in (REQUESTS, HISTORY):
            column = table.columns[places[0]]
            before = past.answer.table(table.id) if past.answer is not None else None
            compared = before is not None and not before.sliced and not table.sliced
            figure = Figure(
                column.name,
                column.kind,
                _added(table, places[0]),
                _added(before, places[0]) if before is not None and compared else None,
                _currency(table),
            )
            return _made(query, figure, now, past, None)
    return None


def _added(table: Table, place: int) -> int | float:
    return sum(cell for row in table.rows if isinstance(cell := row.cells[place], int | float))


def _currency(table: Table) -> str | None:
    found = {table.record(row).get("currency") for row in table.rows}
    return str(next(iter(found))) if len(found) == 1 and found != {None} else None


def _conversion(funnel: FunnelSection) -> Figure | None:
    """None for a funnel that counts more at its end than at its beginning, as one of several periods may."""
    first, last = funnel.stages[0], funnel.stages[-1]
    now, before = _share(last.count, first.count), _share(last.before_count, first.before_count)
    return None if now is None or len(funnel.stages) < 2 else Figure(CONVERSION, Kind.RATIO, now, before)


def _share(part: int | None, whole: int | None) -> float | None:
    return part / whole if part is not None and whole and part <= whole else None


def _made(query: str, figure: Figure, now: Snapshot, past: Earlier, funnel: FunnelSection | None) -> KeyMeasure:
    made = KeyMeasure(query, figure, now.window, past.window, past.is_)
    if funnel is None or figure.kind is not Kind.RATIO:
        return made
    first, last = funnel.stages[0], funnel.stages[-1]
    return replace(
        made,
        first=first.label,
        last=last.label,
        part=last.count,
        whole=first.count,
        before_part=last.before_count,
        before_whole=first.before_count,
        movers=_leading(figure, _steps(funnel.stages)),
    )


def _steps(stages: Sequence[FunnelStage]) -> list[Mover]:
    return [
        Mover(
            name=stage.label,
            to=onward.label,
            figure=Figure(CONVERSION, Kind.RATIO, stage.advanced, stage.before_advanced),
            entered=stage.count,
            went_on=onward.count,
            before_entered=stage.before_count,
            before_went_on=onward.before_count,
        )
        for stage, onward in pairwise(stages)
    ]


def _rows(table: TableSection, column: str) -> list[Mover]:
    place = next((at for at, one in enumerate(table.columns) if one.name == column), None)
    name = table.layout.name if table.layout is not None else None
    if place is None or name is None or not table.before:
        return []
    kind, found = table.columns[place].kind, list[Mover]()
    for row, before in zip(table.rows, table.before, strict=True):
        now, was = row[place], before[place] if before is not None else 0
        if isinstance(now, int | float) and isinstance(was, int | float):
            found.append(Mover(str(row[name] or ""), Figure(column, kind, now, was, table.currency(row))))
    return found


def _leading(key: Figure, movers: Sequence[Mover]) -> tuple[Mover, ...]:
    """First the largest of those that moved in the direction of the key figure, then the others by size."""
    moved = sorted((one for one in movers if one.figure.moved), key=lambda one: -abs(one.figure.moved or 0))
    with_it = [one for one in moved if (one.figure.moved or 0) * (key.moved or 0) > 0]
    return (*with_it[:1], *(one for one in moved if one not in with_it[:1]))
