"""Small makers of opportunity rows, answers and report items, with invented names; what a test leaves out is dull."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from worker.domain.schedule import Follow, Query, Schedule, Trigger
from worker.domain.snapshot.opportunity import COLUMNS, FOLLOWED, TABLE
from worker.domain.snapshot.snapshot import Cell, Measure, Row, Snapshot, Table, table

PIPE = "pipe_sales"
LAST_WEEK = datetime(2026, 11, 9, 8, 0, tzinfo=UTC)
THIS_WEEK = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
LONG_AGO = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


def ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def deal(key: str, value: int | None = 100_000, **other: Cell) -> Row:
    """An open deal in euros a year; `value` in minor units. `other` replaces any column of the row."""
    period = other.get("period", "annual")
    cells: dict[str, Cell] = {
        "title": f"Deal {key}",
        "lead_id": f"lead_{key}",
        "lead": f"Deal {key}",
        "owner_id": "user_ann",
        "owner": "Ann Lindqvist",
        "pipeline_id": PIPE,
        "stage_id": "stat_demo",
        "stage": "Demo",
        "stage_order": 2,
        "status": "open",
        "value": value,
        "currency": "EUR",
        "period": period,
        "annual": None if value is None else value * (12 if period == "monthly" else 1),
        "created_at": ms(LONG_AGO),
        "updated_at": ms(LONG_AGO),
        "url": f"https://app.example/{key}/",
        **other,
    }
    unknown = cells.keys() - {column.name for column in COLUMNS}
    if unknown:
        raise ValueError(f"no such column: {sorted(unknown)}")
    return Row(key, tuple(cells.get(column.name) for column in COLUMNS))


def deals(rows: Iterable[Row], *, sliced: bool = False, table_id: str = TABLE) -> Table:
    listed = list(rows)
    return table(table_id, COLUMNS, listed, total=len(listed), sliced=sliced)


def answer(
    rows: Iterable[Row],
    *,
    query: str = "deals",
    at: datetime = THIS_WEEK,
    followed: Iterable[Row] | None = None,
    fingerprint: str = "fp",
    sliced: bool = False,
    tables: tuple[Table, ...] = (),
    measures: tuple[Measure, ...] = (),
) -> Snapshot:
    """A complete answer to a list, read within two seconds of its slot."""
    main = deals(rows, sliced=sliced)
    return Snapshot(
        query_id=query,
        fingerprint=fingerprint,
        window=None,
        slot=at,
        as_of=(at, at + timedelta(seconds=2)),
        measures=measures,
        tables=(main, *tables),
        members=frozenset(row.key for row in main.rows),
        followed=None if followed is None else table(FOLLOWED, COLUMNS, followed),
        main=TABLE,
    )


def open_deals(query_id: str = "deals", /, **params: Any) -> Query:
    """The population of a bridge: every open deal of one pipeline."""
    asked: Mapping[str, Any] = {"pipeline": PIPE, "status_type": "active", **params}
    return Query(query_id, "close", "opportunities", params=asked, follow=Follow.CLOSED)


def stalled_deals(query_id: str = "stalled", /, **params: Any) -> Query:
    asked: Mapping[str, Any] = {"pipeline": PIPE, "status_type": "active", "is_stalled": True, **params}
    return Query(query_id, "close", "opportunities", params=asked, follow=Follow.DEPARTURES)


def schedule(*report: Query, bridge: str | None = None) -> Schedule:
    trigger = Trigger("cron", "Europe/Berlin", "0 9 * * MON")
    return Schedule(trigger, id="weekly-pipeline", name="Weekly pipeline", report=report, bridge=bridge)
