"""Code that all reports share: parts of a snapshot, keys made of visitors' text, and lists that the service cuts."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeVar

from worker.domain.money import exponent
from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Measure, Row, Table, table
from worker.sources.common.parse import Node
from worker.sources.umami.notes import ROUNDED

N = TypeVar("N", int, Decimal)


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    measures: tuple[Measure, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[Note, ...] = ()


def key(*values: str | None) -> str:
    """A key of visitors' texts as a JSON list. They may hold any separator; different texts never share a key."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def counted(name: str) -> Column:
    """A count that shows changes and can be added up."""
    return Column(name, Kind.INT, significant=True, sum=True)


def distinct(name: str) -> Column:
    """A count of different visitors. Two rows may count the same visitor."""
    return Column(name, Kind.INT, significant=True)


def ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def rows_table(table_id: str, columns: tuple[Column, ...], rows: Iterable[tuple[Node, Row]], most: int = 0) -> Table:
    """`most`: the maximum of rows that the service returns. A list of that length may be cut, so that absence from it
    means nothing. It is shown but not compared. Raises SourceShapeChanged for a repeated key.
    """
    seen: dict[str, Row] = {}
    for node, row in rows:
        if row.key in seen:
            raise node.wrong(f"one row for {row.key}")
        seen[row.key] = row
    return table(table_id, columns, seen.values(), sliced=bool(most) and len(seen) >= most)


def merged(found: Iterable[tuple[tuple[str | None, ...], N]], nothing: N) -> dict[tuple[str | None, ...], N]:
    """Adds up amounts by key, in the order of the first of each. `nothing` is their zero."""
    sums: dict[tuple[str | None, ...], N] = {}
    for names, amount in found:
        sums[names] = sums.get(names, nothing) + amount
    return sums


def total(name: str, kind: Kind, value: float | None, why_null: str = "", currency: str | None = None) -> Measure:
    return Measure(("total", name), kind, value, currency, (why_null or None) if value is None else None)


def money(amount: Decimal, currency: str, place: str, notes: list[Note]) -> int:
    """Minor units of an amount in major units, to be called once after adding up. `place`: the part of the answer for
    the note about rounding.
    """
    exact = amount.scaleb(exponent(currency))
    whole = exact.quantize(Decimal(1), ROUND_HALF_EVEN)
    if whole != exact:
        notes.append(ROUNDED(place, currency))
    return int(whole)


def text_cell(name: str | None, instead: str) -> Cell:
    return name if name is not None else instead
