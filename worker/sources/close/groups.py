"""Groups of `_group_by`, which pages split and this module joins by key, and the list's own sums.

The format of a key is not interpreted; the fields beside it describe the group.
https://developer.close.com/api/resources/opportunities/list
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Measure, Row, Table, table
from worker.errors import SourceShapeChanged
from worker.sources.close.metrics import MetricReader
from worker.sources.close.names import CloseNames
from worker.sources.common.notes import LEFT_OUT
from worker.sources.common.parse import Node

T = TypeVar("T")
SUMS = tuple(
    f"{what}_value_{period}"
    for what in ("total", "expected")
    for period in ("one_time", "monthly", "annual", "annualized")
)
NO_OWNER, NO_DATE = "(no owner)", "(no date)"
"""The names of groups of deals without an owner or a day, as codes for which words.py has words."""

_CALENDAR = ("year", "quarter", "month", "weekyear", "week")
COLUMNS = (
    Column("label", Kind.TEXT),
    Column("position", Kind.INT),
    Column("user_id", Kind.ID),
    *(Column(name, Kind.INT) for name in _CALENDAR),
    Column("total_results", Kind.INT, significant=True, sum=True),
    *(Column(name, Kind.MONEY, significant=name.startswith("total"), sum=True) for name in SUMS),
    Column("currency", Kind.TEXT),
)
MEASURES = {
    **{f"total.{name}": Kind.MONEY for name in SUMS},
    "total.total_results": Kind.INT,
    **{f"total.count_by_value_period.{period}": Kind.INT for period in ("one_time", "monthly", "annual")},
}


@dataclass(frozen=True, slots=True)
class Fragment:
    """The part of a group on one page: its head and its number of deals."""

    key: str
    head: Node
    total: int | None
    here: int


def fragment(group: Node) -> Fragment:
    """Raises SourceShapeChanged. A key that is no text is kept as canonical JSON."""
    key = group.get("key")
    if key.missing:
        raise key.wrong("a group's key")
    text = key.text() if isinstance(key.value, str) else json.dumps(key.value, sort_keys=True)
    total = group.get("total_results")
    here = sum(1 for _ in group.get("objects").items())
    head = {name: value for name, value in group.value.items() if name != "objects"}
    return Fragment(
        text, Node(group.endpoint, head, group.step, group.above), None if total.absent else total.whole(), here
    )


def shifted(fragments: Iterable[Fragment]) -> str | None:
    """A clause about the first group whose parts do not add up to its total; None if all do."""
    totals: dict[str, int] = {}
    counted: dict[str, int] = {}
    for part in fragments:
        counted[part.key] = counted.get(part.key, 0) + part.here
        if part.total is not None and totals.setdefault(part.key, part.total) != part.total:
            return f"the total of group {part.key!r} changed from {totals[part.key]} to {part.total}"
    wrong = next((key for key, total in totals.items() if counted[key] != total), None)
    return None if wrong is None else f"{counted[wrong]} of the {totals[wrong]} deals of group {wrong!r} came"


def merged(fragments: Iterable[Fragment], names: CloseNames, notes: list[Note]) -> Table:
    """One row per group. `position` is the order in which Close lists the groups."""
    heads: dict[str, Node] = {}
    for part in fragments:
        heads.setdefault(part.key, part.head)
    reader = MetricReader(names.currency, notes)
    rows = [Row(key, _cells(key, position, head, names, reader)) for position, (key, head) in enumerate(heads.items())]
    return table("groups", COLUMNS, rows)


def measures(envelope: Node, currency: str | None, notes: list[Note]) -> tuple[Measure, ...]:
    """Close's own figures over all matching deals: ("total", name).

    They may differ from the sum of the rows by cents, because Close adds in single precision. A figure that cannot be
    read is left out with a note.
    """
    reader = MetricReader(currency, notes)
    counts = {"total_results": envelope.get("total_results"), **_periods(envelope, notes)}
    found = [
        *((name, Kind.MONEY, _money(reader, envelope.get(name))) for name in SUMS),
        *((name, Kind.INT, _figure(node, node.whole, notes)) for name, node in counts.items()),
    ]
    return tuple(
        Measure(("total", name), kind, value, currency if kind is Kind.MONEY else None)
        for name, kind, value in found
        if value is not None
    )


def _periods(envelope: Node, notes: list[Note]) -> dict[str, Node]:
    node = envelope.get("count_by_value_period")
    periods = _figure(node, node.object, notes)
    names = [] if periods is None else sorted(periods.value)
    return {f"count_by_value_period.{name}": node.get(name) for name in names}


def _figure(node: Node, read: Callable[[], T], notes: list[Note]) -> T | None:
    """The result of `read`; None for an absent node, and for one of another shape, which is noted."""
    if node.absent:
        return None
    try:
        return read()
    except SourceShapeChanged as odd:
        notes.append(LEFT_OUT(odd.problem))
        return None


def _money(reader: MetricReader, node: Node) -> int | None:
    cell = _figure(node, partial(reader.figure, node, Kind.MONEY), reader.notes)
    return cell if isinstance(cell, int) else None


def _cells(key: str, position: int, head: Node, names: CloseNames, reader: MetricReader) -> tuple[Cell, ...]:
    calendar = {name: _figure(head.get(name), head.get(name).whole, reader.notes) for name in _CALENDAR}
    user_id = head.get("user_id").text_or_none()
    sums = [_money(reader, head.get(name)) for name in SUMS]
    total = head.get("total_results")
    return (
        _nobodys(head) or _label(key, calendar, names.user(user_id, _user_name(head, reader.notes))),
        position,
        user_id,
        *calendar.values(),
        None if total.absent else total.whole(),
        *sums,
        names.currency,
    )


def _user_name(head: Node, notes: list[Note]) -> str | None:
    return _figure(head, head.get("user_name").text_or_none, notes)


def _nobodys(head: Node) -> str | None:
    """The code for a group of deals that lack the value. Its key is a text such as "none/none", which readers would not
    understand. None for any other group.
    """
    if head.value.get("user_id", head) is None:
        return NO_OWNER
    parts = [head.value[name] for name in _CALENDAR if name in head.value]
    return NO_DATE if parts and not any(part is not None for part in parts) else None


def _label(key: str, calendar: dict[str, int | None], user: str | None) -> str:
    """The name of a group: a person, 2026, 2026 Q4, 2026-11, 2026-W47."""
    year, quarter, month, weekyear, week = calendar.values()
    if user is not None:
        return user
    if weekyear is not None and week is not None:
        return f"{weekyear}-W{week:02}"
    if year is None:
        return key
    if quarter is not None:
        return f"{year} Q{quarter}"
    return str(year) if month is None else f"{year}-{month:02}"
