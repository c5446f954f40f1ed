"""The sections of a digest, as `section_shapes` describes them."""

import base64
from collections.abc import Sequence
from datetime import datetime

from worker.documents import section_shapes as shapes
from worker.documents.digest_shapes import FileDocument
from worker.domain.delivery import Attachment
from worker.domain.digest.model import (
    BridgeView,
    Deal,
    DealMove,
    KeyFigure,
    SourceLine,
    StalledSection,
)
from worker.domain.digest.sections import (
    Figure,
    FigureSection,
    FunnelSection,
    KeyFact,
    KeyMeasure,
    TableSection,
)
from worker.domain.money import Money, code_of, exponent
from worker.domain.run import stamp
from worker.domain.snapshot.opportunity import INWARD
from worker.domain.snapshot.snapshot import Cell, Kind
from worker.domain.time.epoch import from_ms
from worker.domain.time.window import Window


def money(of: Money) -> shapes.MoneyDocument:
    return {"amount": of.amount, "currency": code_of(of.currency), "digits": exponent(of.currency)}


def file(of: Attachment) -> FileDocument:
    return {"name": of.name, "media_type": of.media_type, "base64": base64.b64encode(of.body).decode()}


def key_figure(of: KeyFigure) -> shapes.KeyDocument:
    return {
        "currency": code_of(of.currency),
        "digits": exponent(of.currency),
        "count": of.count,
        "closing": None if of.count is not None and of.unvalued == of.count > 0 else of.closing,
        "opening": of.opening,
        "opening_count": of.opening_count,
        "delta": of.delta,
        "ratio": of.ratio,
        "unvalued": of.unvalued,
    }


def bridge_view(of: BridgeView) -> shapes.BridgeDocument:
    return {
        "currency": code_of(of.currency),
        "digits": exponent(of.currency),
        "opening": of.opening,
        "opening_count": of.opening_count,
        "closing": of.closing,
        "closing_count": of.closing_count,
        "lines": [
            {
                "move": line.move.value,
                "count": line.count,
                "amount": line.amount,
                "sign": 1 if line.move in INWARD else -1,
            }
            for line in of.lines
        ],
        "unvalued": of.unvalued,
    }


def move(of: DealMove) -> shapes.MoveDocument:
    return {
        "key": of.key,
        "title": of.title,
        "owner": of.owner,
        "stage": of.stage,
        "move": of.move.value,
        "detail": of.detail,
        "amount": money(of.amount) if of.amount else None,
        "url": of.url,
    }


def stalled(of: StalledSection) -> shapes.StalledDocument:
    return {
        "query": of.query_id,
        "first": of.first,
        "newly": [_deal(deal) for group in of.newly for deal in group.deals],
        "newly_count": of.newly_count,
        "newly_totals": [money(one) for one in of.newly_totals],
        "moving_again": [_deal(deal) for deal in of.moving_again],
        "left": [move(one) for one in of.left],
        "still_count": of.still_count,
        "still_totals": [money(one) for one in of.still_totals],
        "hidden": of.hidden,
        "unjudged": of.unjudged,
        "bridges": [bridge_view(one) for one in of.bridges],
    }


def funnel(of: FunnelSection) -> shapes.FunnelDocument:
    return {
        "query": of.query_id,
        "window": _window(of.window),
        "compared": _window(of.compared),
        "stages": [
            {
                "key": stage.key,
                "label": stage.label,
                "won": stage.won,
                "count": stage.count,
                "advanced": stage.advanced,
                "before_count": stage.before_count,
                "before_advanced": stage.before_advanced,
            }
            for stage in of.stages
        ],
    }


def figures(of: FigureSection) -> shapes.FiguresDocument:
    return {
        "query": of.query_id,
        "window": _window(of.window),
        "compared": _window(of.compared),
        "before_is": of.before_is,
        "figures": [_figure(one) for one in of.figures],
    }


def key_measure(of: KeyMeasure) -> shapes.KeyMeasureDocument:
    return {
        "query": of.query_id,
        "figure": _figure(of.figure),
        "window": _window(of.window),
        "compared": _window(of.compared),
        "before_is": of.before_is,
        "part": of.part,
        "whole": of.whole,
        "missing": of.missing,
    }


def fact(of: KeyFact) -> shapes.FactDocument:
    return {"query": of.query_id, "label": of.label, "figure": _figure(of.figure), "missing": of.missing}


def table(of: TableSection) -> shapes.TableDocument:
    """The rows that the schedule shows; all of them by default."""
    kinds = [column.kind for column in of.columns]
    shown = len(of.rows) if of.limit is None else min(of.limit, len(of.rows))
    return {
        "query": of.query_id,
        "table": of.table_id,
        "columns": [{"name": column.name, "kind": column.kind.value} for column in of.columns],
        "rows": [_cells(kinds, row) for row in of.rows[:shown]],
        "before": [None if row is None else _cells(kinds, row) for row in of.before[:shown]],
        "total": None if of.total is None else _cells(kinds, of.total),
        "hidden": len(of.rows) - shown,
    }


def source(of: SourceLine) -> shapes.SourceDocument:
    return {
        "query": of.query_id,
        "source": of.source,
        "name": of.query,
        "rows": of.rows,
        "total": of.total,
        "as_of": _instant(of.as_of),
        "gap": of.gap.reason.value if of.gap else None,
        "sentence": of.gap.sentence if of.gap else None,
        "notes": list(of.notes),
    }


def _deal(of: Deal) -> shapes.DealDocument:
    return {
        "key": of.key,
        "title": of.title,
        "owner_id": of.owner_id,
        "owner": of.owner,
        "stage": of.stage,
        "value": money(of.annual) if of.annual else None,
        "stalled_since": _instant(of.stalled_since),
        "next_step": of.next_step,
        "stall_reason": of.stall_reason,
        "url": of.url,
    }


def _window(of: Window | None) -> shapes.WindowDocument | None:
    if of is None:
        return None
    return {"name": of.name, "start": stamp(of.start), "end": stamp(of.end), "zone": of.zone, "so_far": of.so_far}


def _figure(of: Figure) -> shapes.FigureDocument:
    return {
        "name": of.name,
        "kind": of.kind.value,
        "value": of.value,
        "before": of.before,
        "currency": code_of(of.currency) if of.currency else None,
        "digits": exponent(of.currency) if of.currency else None,
        "why_null": of.why_null,
    }


def _cells(kinds: Sequence[Kind], row: Sequence[Cell]) -> shapes.Cells:
    return [_cell(kind, cell) for kind, cell in zip(kinds, row, strict=True)]


def _cell(kind: Kind, cell: Cell) -> Cell:
    if kind is Kind.INSTANT and isinstance(cell, int):
        return stamp(from_ms(cell))
    return cell


def _instant(of: datetime | None) -> str | None:
    return None if of is None else stamp(of)
