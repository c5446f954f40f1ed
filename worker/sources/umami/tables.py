"""What all reports share: parts of a snapshot, keys made of what visitors sent, and lists that the service cuts."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeVar

from worker.domain.money import exponent
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Measure, Row, Table, table
from worker.sources.common.parse import Node

N = TypeVar("N", int, Decimal)


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    measures: tuple[Measure, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


def key(*values: str | None) -> str:
    """Of what visitors sent, which may hold any separator, as a JSON list: two that differ never share a key."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def counted(name: str) -> Column:
    """A count that tells of a change and may be added up."""
    return Column(name, Kind.INT, significant=True, sum=True)


def distinct(name: str) -> Column:
    """A count of different visitors, of whom two rows may hold the same."""
    return Column(name, Kind.INT, significant=True)


def ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def rows_table(table_id: str, columns: tuple[Column, ...], rows: Iterable[tuple[Node, Row]], most: int = 0) -> Table:
    """`most`: so many rows and never more the service gives. A list as long may lack what is beyond, so a row that is
    absent next time says nothing: it is shown and not compared. Raises SourceShapeChanged at a repeated key.
    """
    seen: dict[str, Row] = {}
    for node, row in rows:
        if row.key in seen:
            raise node.wrong(f"one row for {row.key}")
        seen[row.key] = row
    return table(table_id, columns, seen.values(), sliced=bool(most) and len(seen) >= most)


def merged(found: Iterable[tuple[tuple[str | None, ...], N]], nothing: N) -> dict[tuple[str | None, ...], N]:
    """Amounts added up by what they belong to, in the order of their first; `nothing` is their zero."""
    sums: dict[tuple[str | None, ...], N] = {}
    for names, amount in found:
        sums[names] = sums.get(names, nothing) + amount
    return sums


def total(name: str, kind: Kind, value: float | None, why_null: str = "", currency: str | None = None) -> Measure:
    return Measure(("total", name), kind, value, currency, (why_null or None) if value is None else None)


def money(amount: Decimal, currency: str, place: str, notes: list[str]) -> int:
    """Minor units of an amount in major units, to be called once what belongs together is added up. `place` names the
    part of the answer in the note that says that something was rounded.
    """
    exact = amount.scaleb(exponent(currency))
    whole = exact.quantize(Decimal(1), ROUND_HALF_EVEN)
    if whole != exact:
        notes.append(f"{place}: amounts finer than the smallest unit of {currency} were rounded")
    return int(whole)


def text_cell(name: str | None, instead: str) -> Cell:
    return name if name is not None else instead
