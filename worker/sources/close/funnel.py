"""Converts the answer to a funnel report, totals or stages, to measures and tables.

The parser is lenient, because Close documents neither types nor nullability. Unknown keys are ignored, a missing figure
is noted and left out, and null is not zero.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Measure, Row, Table, table
from worker.sources.close import notes as said
from worker.sources.close.metrics import CONVERSIONS, STAGE, TOTALS, MetricReader, columns
from worker.sources.close.names import CloseNames
from worker.sources.common.parse import Node

TOTALS_PATH = "/report/funnel/opportunity/totals/"
STAGES_PATH = "/report/funnel/opportunity/stages/"

_USER = (Column("user_id", Kind.ID), Column("user", Kind.TEXT))
_CURRENCY = Column("currency", Kind.TEXT)
_STATUS = (Column("label", Kind.TEXT), Column("type", Kind.TEXT), Column("position", Kind.INT))
USERS = (_USER[1], *columns(TOTALS), _CURRENCY)
STAGES = (*_STATUS, *columns(STAGE), _CURRENCY)
STAGES_BY_USER = (*_USER, Column("status_id", Kind.ID), *STAGES)

_WHY_NULL = {
    "average_time_to_win": "nothing was won",
    "count_win_rate": "nothing was won or lost",
    "value_win_rate": "nothing was won or lost",
}


@dataclass(frozen=True, slots=True)
class FunnelAnswer:
    measures: tuple[Measure, ...]
    tables: tuple[Table, ...]
    notes: tuple[Note, ...]


def totals(answer: Node, names: CloseNames) -> FunnelAnswer:
    """Measures ("total", metric) and a table `users`. Raises SourceShapeChanged with the path."""
    reader = MetricReader(names.currency, [])
    aggregate, rows = _halves(answer, reader)
    if aggregate is not None and isinstance(aggregate.get("totals").value, dict):
        aggregate = aggregate.get("totals")  # the activity report has this key
    figures = {} if aggregate is None else _figures(aggregate, TOTALS, reader)
    users = [(_user_key(row), row, _figures(row, TOTALS, reader)) for row in rows]
    _notice(figures, [row[2] for row in users], reader)
    cells = [
        (node, Row(key, (_user(node, names), *_cells(found, TOTALS), names.currency))) for key, node, found in users
    ]
    return FunnelAnswer(_measures(figures, names.currency), (_table("users", USERS, cells),), tuple(reader.notes))


def stages(answer: Node, names: CloseNames) -> FunnelAnswer:
    """Tables `stages`, keyed by status, and `stages_by_user`, keyed `user|status`. Raises SourceShapeChanged."""
    reader = MetricReader(names.currency, [])
    aggregate, users = _halves(answer, reader)
    whole = [] if aggregate is None else list(_stage_rows(aggregate.get("stages"), reader, "", ()))
    parts: list[tuple[Node, Row]] = []
    for user in users:
        key = _user_key(user)
        own = (_user_id(user), _user(user, names))
        parts += _stage_rows(user.get("stages"), reader, f"{key}|", own)
    tables = (_table("stages", STAGES, whole), _table("stages_by_user", STAGES_BY_USER, parts))
    return FunnelAnswer((), tables, tuple(reader.notes))


def _halves(answer: Node, reader: MetricReader) -> tuple[Node | None, list[Node]]:
    """`aggregations` and `data`. If one is missing, that is noted; if both are, there is no report."""
    aggregate, data = answer.get("aggregations"), answer.get("data")
    if aggregate.absent and data.absent:
        raise aggregate.wrong("a report")
    reader.notes.extend(said.MISSING(node.path) for node in (aggregate, data) if node.absent)
    rows = [] if data.absent else [row.object() for row in data.items()]
    return None if aggregate.absent else aggregate.object(), rows


def _figures(node: Node, metrics: Mapping[str, Kind], reader: MetricReader) -> dict[str, Cell]:
    found = {name: node.get(name) for name in metrics}
    reader.notes.extend(said.MISSING(figure.path) for figure in found.values() if figure.missing)
    return {name: reader.figure(figure, metrics[name]) for name, figure in found.items() if not figure.missing}


def _cells(figures: Mapping[str, Cell], metrics: Mapping[str, Kind]) -> tuple[Cell, ...]:
    return tuple(figures.get(name) for name in metrics)


def _measures(figures: Mapping[str, Cell], currency: str | None) -> tuple[Measure, ...]:
    return tuple(
        Measure(
            ("total", name),
            TOTALS[name],
            value if isinstance(value, int | float) else None,
            currency if TOTALS[name] is Kind.MONEY else None,
            _WHY_NULL.get(name, "Close could not compute it") if value is None else None,
        )
        for name, value in figures.items()
    )


def _stage_rows(listed: Node, reader: MetricReader, prefix: str, own: tuple[Cell, ...]) -> Iterable[tuple[Node, Row]]:
    """One row per stage, in the order of the funnel: the `own` cells, then the status's id if there is one."""
    for position, stage in enumerate(listed.items()):
        status = stage.get("status")
        status_id, kind = status.get("id").id(), status.get("type").text()
        figures = _figures(stage, STAGE, reader)
        if kind == "won":
            figures |= dict.fromkeys(CONVERSIONS)
        first = (*own, status_id) if own else ()
        cells = (*first, status.get("label").text(), kind, position, *_cells(figures, STAGE), reader.currency)
        yield status, Row(prefix + status_id, cells)


def _table(table_id: str, shape: tuple[Column, ...], rows: Iterable[tuple[Node, Row]]) -> Table:
    """Raises SourceShapeChanged if two rows have the same key."""
    seen: dict[str, Row] = {}
    for node, row in rows:
        if row.key in seen:
            raise node.wrong(f"one row for {row.key!r}")
        seen[row.key] = row
    return table(table_id, shape, seen.values())


def _user_id(row: Node) -> str | None:
    node = row.get("user_id")
    return None if node.value is None else node.id()


def _user_key(row: Node) -> str:
    return _user_id(row) or "none"


def _user(row: Node, names: CloseNames) -> str:
    return names.user(_user_id(row)) or "Unknown user"


def _notice(whole: Mapping[str, Cell], users: list[dict[str, Cell]], reader: MetricReader) -> None:
    """Checks relations that hold in Close's own example. A figure that breaks one is shown with a note."""
    for smaller, larger in (("count_total_complete", "count"), ("count_total_won", "count_total_complete")):
        pair: tuple[Any, Any] = (whole.get(smaller), whole.get(larger))
        if None not in pair and pair[0] > pair[1]:
            reader.notes.append(said.MORE_THAN(smaller, larger))
    for name in ("count", "count_total_complete", "count_total_won", "value_total_complete", "value_total_won"):
        parts: list[Any] = [user.get(name) for user in users]
        if users and None not in parts and whole.get(name) is not None and sum(parts) != whole[name]:
            reader.notes.append(said.NO_SUM(name))
