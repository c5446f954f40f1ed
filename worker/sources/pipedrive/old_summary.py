"""Sums by stage, and the same converted, which version 1 returns beside a pipeline's list of deals.

These shapes are no longer documented, so what does not fit is noted and left out. The deals are not affected.
"""

import re
from collections.abc import Iterator

from worker.domain.money import code_of, custom
from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Measure, Row, Table, table
from worker.errors import SourceShapeChanged
from worker.sources.common.parse import Node
from worker.sources.pipedrive.amounts import Amounts, amounts_of
from worker.sources.pipedrive.currencies import CurrenciesCache
from worker.sources.pipedrive.names import PipedriveNames
from worker.sources.pipedrive.notes import NO_SUMMARY, NOT_CONVERTED
from worker.sources.pipedrive.summary import STAGE_SUMS, position, summed, symbol_of

CONVERTED = (
    Column("stage_id", Kind.ID),
    Column("stage", Kind.TEXT),
    Column("position", Kind.INT),
    Column("currency", Kind.TEXT),
    Column("converted_value", Kind.MONEY, sum=True),
)
_CODE = re.compile("[A-Z]{3}")


async def of_pipeline(
    extra: Node, names: PipedriveNames, cache: CurrenciesCache, into: str, notes: list[Note]
) -> tuple[tuple[Table, ...], tuple[Measure, ...]]:
    """`deals_summary` of a list with get_summary. `into`: the currency to which it was converted.

    Raises SourceError if currencies cannot be read.
    """
    if extra.absent or extra.get("deals_summary").absent:
        return (), ()
    told = extra.get("deals_summary")
    converted = told.get("per_stages_converted") if not told.get("per_stages_converted").absent else None
    if converted is None and not extra.get("per_stages_converted").absent:
        converted = extra.get("per_stages_converted")
    try:
        amounts = await amounts_of(cache, [*_stages(told.get("per_stages")), *_stages(converted)], notes)
        rows = tuple(_stage_lines(told.get("per_stages"), names, amounts))
        count = told.get("total_count").whole()
    except SourceShapeChanged as error:
        notes.append(NO_SUMMARY(error))
        return (), ()
    tables = (table("stage_sums", STAGE_SUMS, rows), *_converted(converted, names, amounts, into))
    return tables, (Measure(("total", "count"), Kind.INT, count),)


def _stages(per_stages: Node | None) -> list[Node]:
    """The maps in it. The reader refuses another shape."""
    known = per_stages is not None and isinstance(per_stages.value, dict)
    return [by_currency for _, by_currency in per_stages.map()] if per_stages is not None and known else []


def _stage_lines(per_stages: Node, names: PipedriveNames, amounts: Amounts) -> Iterator[Row]:
    for stage_id, by_currency in per_stages.map():
        for currency, told in amounts.currencies(by_currency, summed):
            weighted = told.get("weighted_value")
            cells: tuple[Cell, ...] = (
                stage_id,
                names.stage(stage_id),
                position(stage_id, names),
                currency,
                told.get("count").whole(),
                amounts.minor(told.get("value"), currency),
                None if weighted.absent else amounts.computed(weighted, currency),
            )
            yield Row(f"{stage_id}|{code_of(currency)}", cells)


def _converted(per_stages: Node | None, names: PipedriveNames, amounts: Amounts, into: str) -> tuple[Table, ...]:
    if per_stages is None:
        return ()
    try:
        rows = [row for stage, told in per_stages.map() for row in _one(stage, told, names, amounts, into)]
    except SourceShapeChanged as error:
        amounts.notes.append(NOT_CONVERTED(error))
        return ()
    return (table("stage_sums_converted", CONVERTED, rows),)


def _one(stage: str, given: Node, names: PipedriveNames, amounts: Amounts, into: str) -> Iterator[Row]:
    """A stage's sum: {"value": …} in the requested currency, or by currency as in per_stages."""
    if given.value != [] and not given.get("value").missing:
        symbol = symbol_of(given.get("value_formatted"))
        currency = into if _CODE.fullmatch(into) else custom(symbol, 2, symbol) if symbol else None
        if currency is None:
            raise given.get("value_formatted").wrong("an amount with its currency")
        found = [(currency, given)]
    else:
        found = list(amounts.currencies(given, lambda sums: sums.get("value").number()))
    for currency, sums in found:
        cells = (stage, names.stage(stage), position(stage, names), currency)
        yield Row(f"{stage}|{code_of(currency)}", (*cells, amounts.computed(sums.get("value"), currency)))
