"""What all reports share: parts of a snapshot, keys made of what visitors sent, and lists that the service cuts."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from worker.domain.money import exponent
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Measure, Row, Table, table
from worker.sources.common.parse import Node
from worker.sources.umami.parse import number, number_or_none


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
            raise node.wrong(f"one row for {row.key[:80]}")
        seen[row.key] = row
    return table(table_id, columns, seen.values(), sliced=bool(most) and len(seen) >= most)


def merged(found: Iterable[tuple[tuple[str | None, ...], int]]) -> dict[tuple[str | None, ...], int]:
    """Amounts added up by what they belong to, in the order of their first."""
    sums: dict[tuple[str | None, ...], int] = {}
    for names, amount in found:
        sums[names] = sums.get(names, 0) + amount
    return sums


def total(name: str, kind: Kind, value: float | None, why_null: str = "", currency: str | None = None) -> Measure:
    return Measure(("total", name), kind, value, currency, (why_null or None) if value is None else None)


def money(node: Node, currency: str, notes: list[str]) -> int:
    """Minor units of an amount in major units, as a number or as text. What does not fit them is dropped and noted."""
    return minor(node, number(node), currency, notes)


def money_or_none(node: Node, currency: str, notes: list[str]) -> int | None:
    found = number_or_none(node)
    return None if found is None else minor(node, found, currency, notes)


def minor(node: Node, amount: Decimal, currency: str, notes: list[str]) -> int:
    exact = amount.scaleb(exponent(currency))
    whole = exact.quantize(Decimal(1), ROUND_HALF_EVEN)
    if whole != exact:
        notes.append(f"{node.path}: {amount} {currency} does not fit its minor unit")
    return int(whole)


def text_cell(name: str | None, instead: str) -> Cell:
    return name if name is not None else instead
