"""Sums of deals per currency, as GET /v1/deals/summary has them now and as a pipeline's list of version 1 had them."""

from collections.abc import Iterator

from worker.domain.snapshot.snapshot import Cell, Column, Kind, Measure, Row, Table, table
from worker.errors import SourceShapeChanged
from worker.sources.common.parse import Node
from worker.sources.pipedrive.amounts import Amounts, currencies
from worker.sources.pipedrive.names import Me, PipedriveNames

SUMS = (
    Column("currency", Kind.TEXT),
    Column("count", Kind.INT, significant=True, sum=True),
    Column("value", Kind.MONEY, significant=True, sum=True),
    Column("weighted_value", Kind.MONEY, sum=True),
)
STAGE_SUMS = (Column("stage_id", Kind.ID), Column("stage", Kind.TEXT), Column("position", Kind.INT), *SUMS)

Line = tuple[str, int, int, int | None]
"""Currency, count, value and weighted value in its minor units."""


def lines(answer: Node, amounts: Amounts) -> tuple[Line, ...]:
    """One line a currency, of GET /v1/deals/summary."""
    data = answer.get("data").object()
    weighted = {code: sums.get("value") for code, sums in currencies(data.get("weighted_values_total"))}
    return tuple(
        (
            code,
            sums.get("count").whole(),
            amounts.minor(sums.get("value"), code),
            amounts.computed(weighted[code], code) if code in weighted else None,
        )
        for code, sums in currencies(data.get("values_total"))
    )


def sums(found: tuple[Line, ...]) -> Table:
    return table("sums", SUMS, (Row(line[0], line) for line in found))


def stage_sums(found: list[tuple[str, tuple[Line, ...]]], names: PipedriveNames) -> Table:
    """Keyed `stage|currency`."""
    rows = (
        Row(f"{stage_id}|{line[0]}", (stage_id, names.stage(stage_id), _position(stage_id, names), *line))
        for stage_id, listed in found
        for line in listed
    )
    return table("stage_sums", STAGE_SUMS, rows)


def measures(answer: Node, found: tuple[Line, ...], me: Me, amounts: Amounts) -> tuple[Measure, ...]:
    """Count, value and weighted value per currency, and what the service converted into the user's own currency."""
    data = answer.get("data")
    total = data.get("total_count").whole()
    if sum(line[1] for line in found) != total:
        amounts.notes.append(f"total_count is {total}, the currencies together hold {sum(line[1] for line in found)}")
    return (Measure(("total", "count"), Kind.INT, total), *_told(found), *_converted(data, me, amounts))


def _told(found: tuple[Line, ...]) -> Iterator[Measure]:
    for code, count, value, weighted in found:
        yield Measure(("total", f"count_{code.lower()}"), Kind.INT, count)
        yield Measure(("total", f"value_{code.lower()}"), Kind.MONEY, value, code)
        why = None if weighted is not None else "Pipedrive did not tell it"
        yield Measure(("total", f"weighted_value_{code.lower()}"), Kind.MONEY, weighted, code, why)


def _converted(data: Node, me: Me, amounts: Amounts) -> Iterator[Measure]:
    """Which currency these are in is told nowhere; it is that of the user whose token it is."""
    for key, name in (
        ("converted_value", "total_currency_converted_value"),
        ("converted_weighted_value", "total_weighted_currency_converted_value"),
    ):
        told = data.get(name)
        if not told.absent and me.currency is not None:
            yield Measure(("total", key), Kind.MONEY, amounts.computed(told, me.currency), me.currency)


def of_pipeline(extra: Node, names: PipedriveNames, notes: list[str]) -> tuple[tuple[Table, ...], tuple[Measure, ...]]:
    """`deals_summary` beside a list that was asked with get_summary. No specification has its shape any more, so what
    does not fit is noted and left out; the deals beside it stand.
    """
    if extra.absent or extra.get("deals_summary").absent:
        return (), ()
    told = extra.get("deals_summary")
    amounts = Amounts(notes)
    try:
        rows = tuple(_stage_lines(told.get("per_stages"), names, amounts))
        count = told.get("total_count").whole()
    except SourceShapeChanged as error:
        notes.append(f"the list's own summary could not be read: {error}")
        return (), ()
    if not told.get("per_stages_converted").absent:
        notes.append("per_stages_converted is left out: its shape is described nowhere")
    return (table("stage_sums", STAGE_SUMS, rows),), (Measure(("total", "count"), Kind.INT, count),)


def _stage_lines(per_stages: Node, names: PipedriveNames, amounts: Amounts) -> Iterator[Row]:
    for stage_id, by_currency in per_stages.map():
        for code, told in currencies(by_currency):
            weighted = told.get("weighted_value")
            cells: tuple[Cell, ...] = (
                stage_id,
                names.stage(stage_id),
                _position(stage_id, names),
                code,
                told.get("count").whole(),
                amounts.minor(told.get("value"), code),
                None if weighted.absent else amounts.computed(weighted, code),
            )
            yield Row(f"{stage_id}|{code}", cells)


def _position(stage_id: str, names: PipedriveNames) -> int | None:
    stage = names.stages.get(stage_id)
    return stage.order if stage is not None else None
