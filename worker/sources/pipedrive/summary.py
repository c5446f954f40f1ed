"""Sums of deals per currency from GET /v1/deals/summary."""

from collections.abc import Iterator

from worker.domain.money import code_of, custom
from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.snapshot import Column, Kind, Measure, Row, Table, table
from worker.sources.common.parse import Node
from worker.sources.pipedrive.amounts import Amounts, amounts_of
from worker.sources.pipedrive.currencies import LONGEST_LABEL, CurrenciesCache
from worker.sources.pipedrive.names import PipedriveNames
from worker.sources.pipedrive.notes import NO_CURRENCY, TOTAL_COUNT

SUMS = (
    Column("currency", Kind.TEXT),
    Column("count", Kind.INT, significant=True, sum=True),
    Column("value", Kind.MONEY, significant=True, sum=True),
    Column("weighted_value", Kind.MONEY, sum=True),
)
STAGE_SUMS = (Column("stage_id", Kind.ID), Column("stage", Kind.TEXT), Column("position", Kind.INT), *SUMS)

Line = tuple[str, int, int, int | None]
"""Currency, count, value and weighted value in its minor units."""


async def read_by(cache: CurrenciesCache, answer: Node, notes: list[Note]) -> Amounts:
    """The reader for the sums of one answer. Raises SourceError."""
    data = answer.get("data").object()
    return await amounts_of(cache, [data.get("values_total"), data.get("weighted_values_total")], notes)


def lines(answer: Node, amounts: Amounts) -> tuple[Line, ...]:
    """One line per currency of GET /v1/deals/summary."""
    data = answer.get("data").object()
    told = Amounts([], amounts.known)
    weighted = {code: sums.get("value") for code, sums in told.currencies(data.get("weighted_values_total"), summed)}
    return tuple(
        (
            code,
            sums.get("count").whole(),
            amounts.minor(sums.get("value"), code),
            amounts.computed(weighted[code], code) if code in weighted else None,
        )
        for code, sums in amounts.currencies(data.get("values_total"), summed)
    )


def sums(found: tuple[Line, ...]) -> Table:
    return table("sums", SUMS, (Row(code_of(line[0]), line) for line in found))


def stage_sums(found: list[tuple[str, tuple[Line, ...]]], names: PipedriveNames) -> Table:
    """Keyed `stage|currency`."""
    rows = (
        Row(f"{stage_id}|{code_of(line[0])}", (stage_id, names.stage(stage_id), position(stage_id, names), *line))
        for stage_id, listed in found
        for line in listed
    )
    return table("stage_sums", STAGE_SUMS, rows)


def measures(answer: Node, found: tuple[Line, ...], amounts: Amounts) -> tuple[Measure, ...]:
    """Count, value and weighted value per currency, and sums that the service converted to the company's currency."""
    data = answer.get("data")
    total = data.get("total_count").whole()
    if sum(line[1] for line in found) != total:
        amounts.notes.append(TOTAL_COUNT(total, sum(line[1] for line in found)))
    return (Measure(("total", "count"), Kind.INT, total), *_by_currency(found), *_converted(data, amounts))


def _by_currency(found: tuple[Line, ...]) -> Iterator[Measure]:
    for currency, count, value, weighted in found:
        code = code_of(currency).lower()
        yield Measure(("total", f"count_{code}"), Kind.INT, count)
        yield Measure(("total", f"value_{code}"), Kind.MONEY, value, currency)
        why = None if weighted is not None else "Pipedrive did not say it"
        yield Measure(("total", f"weighted_value_{code}"), Kind.MONEY, weighted, currency, why)


_CONVERTED = (
    ("converted_value", "total_currency_converted_value"),
    ("converted_weighted_value", "total_weighted_currency_converted_value"),
)


def _converted(data: Node, amounts: Amounts) -> Iterator[Measure]:
    """Sums that the service converted."""
    currency = _companys(data, amounts)
    for key, name in _CONVERTED:
        told = data.get(name)
        if not told.absent and told.number() is not None and currency is not None:
            yield Measure(("total", key), Kind.MONEY, amounts.computed(told, currency), currency)
        elif not told.absent:
            amounts.notes.append(NO_CURRENCY(told.path))


def _companys(data: Node, amounts: Amounts) -> str | None:
    """The company's currency, which no answer names: the one that conversion does not change, or whose amounts have the
    same symbol; else the symbol itself.
    """
    listed = list(Amounts([], amounts.known).currencies(data.get("values_total"), summed))
    symbol = next(filter(None, (symbol_of(data.get(f"{name}_formatted")) for _, name in _CONVERTED)), "")
    written = [code for code, sums in listed if symbol and symbol_of(sums.get("value_formatted")) == symbol]
    same = [code for code, sums in listed if sums.get("value").value == sums.get("value_converted").value != 0]
    for found in ([code for code in same if code in written], written, [] if symbol else same):
        if len(found) == 1:
            return found[0]
    return custom(symbol, 2, symbol) if symbol else None


def summed(node: Node) -> None:
    """Checks for a count and a value. Raises SourceShapeChanged."""
    node.get("count").whole()
    node.get("value").number()


def symbol_of(formatted: Node) -> str:
    """The part of a formatted amount that is no digit: "US$" of "US$1,041.10"."""
    text = formatted.value if isinstance(formatted.value, str) else ""
    found = "".join(part for part in text if not (part.isdigit() or part.isspace() or part in ".,:'’-−+"))
    return found if found.isprintable() and len(found) <= LONGEST_LABEL else ""


def position(stage_id: str, names: PipedriveNames) -> int | None:
    stage = names.stages.get(stage_id)
    return stage.order if stage is not None else None
