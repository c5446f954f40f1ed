"""A query's figures in the last runs, stored with its newest answer: a digest draws a line from them.

The table is carried forward from answer to answer, so that a digest needs no older answers, and so that a digest which
is made again from what is stored has the same line.
"""

from dataclasses import replace
from datetime import datetime

from worker.domain.diff.stock import sums_of
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Row, Snapshot, Table, table
from worker.domain.time.epoch import from_ms, to_ms

HISTORY = "history"
POINTS = 12
MEASURES = 12
"""Measures of an answer whose past is kept."""

COLUMNS = (
    Column("slot", Kind.INSTANT),
    Column("figure", Kind.TEXT),
    Column("whole", Kind.INT),
    Column("share", Kind.RATIO),
)
"""Not significant: it repeats earlier answers. `whole` is a count or minor units, `share` a ratio or seconds."""


def remembered(answer: Snapshot, previous: Snapshot | None) -> Snapshot:
    """The answer with its figures in at most POINTS runs, including this one. The past of another question does not
    count.
    """
    past = previous.table(HISTORY) if previous is not None and previous.fingerprint == answer.fingerprint else None
    rows = {row.key: row for row in (past.rows if past is not None else ())}
    rows |= {row.key: row for row in _now(answer)}
    kept = sorted({row.cells[0] for row in rows.values() if isinstance(row.cells[0], int)})[-POINTS:]
    found = table(HISTORY, COLUMNS, [row for row in rows.values() if row.cells[0] in kept])
    return (
        replace(answer, tables=(*(one for one in answer.tables if one.id != HISTORY), found)) if found.rows else answer
    )


def points(answer: Snapshot, figure: str) -> tuple[float, ...]:
    """A figure's values, oldest first."""
    return tuple(history_of(answer, figure).values())


def history_of(answer: Snapshot, figure: str) -> dict[datetime, float]:
    """A figure's values by the slots of their answers, oldest first."""
    found = answer.table(HISTORY)
    if found is None:
        return {}
    records = sorted(
        (found.record(row) for row in found.rows if row.cells[1] == figure), key=lambda one: str(one["slot"])
    )
    values = ((one["slot"], one["share"] if one["whole"] is None else one["whole"]) for one in records)
    return {
        from_ms(slot): float(value)
        for slot, value in values
        if isinstance(slot, int) and isinstance(value, int | float)
    }


def _now(answer: Snapshot) -> list[Row]:
    """Of a list the sum of each currency, of other answers their first measures."""
    slot = to_ms(answer.slot)
    figures: list[tuple[str, float]] = []
    if _valued(answer.rows) and answer.rows is not None:
        figures = [(currency, one.total) for currency, one in sums_of(answer.rows).items() if one.count > one.unvalued]
    figures += [(_name(one.key), one.value) for one in answer.measures[:MEASURES] if one.value is not None]
    return [Row(f"{slot}|{name}", (slot, name, *_cells(value))) for name, value in dict(figures).items()]


def _cells(value: float) -> tuple[Cell, Cell]:
    return (value, None) if isinstance(value, int) else (None, value)


def _name(key: tuple[str, ...]) -> str:
    return ".".join(key)


def _valued(rows: Table | None) -> bool:
    return rows is not None and any(column.name == "annual" for column in rows.columns)
