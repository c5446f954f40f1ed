"""Stored answers, and what moved between two runs."""

from datetime import datetime
from typing import Any

from worker.web.api.shapes.base import ApiShape, MoneyShape
from worker.web.api.shapes.runs import GapShape


class WindowShape(ApiShape):
    """The half-open range [start, end). `so_far`: it ends after the data was read."""

    name: str
    start: datetime
    end: datetime
    zone: str
    so_far: bool


class AsOfShape(ApiShape):
    """When the first request was sent, and when the last byte arrived."""

    first: datetime
    last: datetime


class MeasureShape(ApiShape):
    """`value`: money as an amount in major units. `why_null`: null is never zero."""

    key: str
    kind: str
    value: Any
    currency: str | None
    why_null: str | None


class ColumnShape(ApiShape):
    name: str
    kind: str


class TableShape(ApiShape):
    """`rows`: how many. `total`: the service's own count. `sliced`: the user cut the list."""

    table: str
    columns: list[ColumnShape]
    rows: int
    total: int | None
    sliced: bool


class SnapshotShape(ApiShape):
    """`query` ends in ":compared" for the answer of the period that a query is compared with."""

    query: str
    window: WindowShape | None
    as_of: AsOfShape
    measures: list[MeasureShape]
    tables: list[TableShape]


class SnapshotsShape(ApiShape):
    run: str
    schedule: str
    slot: datetime
    answers: list[SnapshotShape]
    gaps: list[GapShape]


class RowShape(ApiShape):
    """`cells`: by column; money is {"amount", "currency"} in major units."""

    key: str
    cells: dict[str, Any]


class RowsShape(ApiShape):
    """A page of a table. `next`: the cursor of the next page, null on the last."""

    table: str
    columns: list[ColumnShape]
    total: int | None
    sliced: bool
    items: list[RowShape]
    next: str | None


class ComparedRunShape(ApiShape):
    key: str
    slot: datetime


class ChangeShape(ApiShape):
    """`change`: figure, added, removed or changed. `table` is null for a figure. `why`: the class of the bridge, with
    its detail after a colon.
    """

    table: str | None
    change: str
    why: str | None
    key: str
    title: str | None
    column: str | None
    before: Any
    after: Any


class ComparedWindowsShape(ApiShape):
    before: WindowShape | None
    after: WindowShape | None


class QueryBridgeShape(ApiShape):
    """`bridge`: by currency, every class; null without one, and `no_bridge` or `not_compared` says why."""

    query: str
    not_compared: str | None
    no_bridge: str | None
    bridge: dict[str, dict[str, MoneyShape]] | None


class QueryDiffShape(QueryBridgeShape):
    """`changes`: the first ones, and `more` counts the others. `sliced`: tables that the user cut."""

    windows: ComparedWindowsShape
    new_period: bool
    sliced: list[str]
    changes: list[ChangeShape]
    more: int


class DiffShape(ApiShape):
    """`before` is of the older slot."""

    schedule: str
    before: ComparedRunShape
    after: ComparedRunShape
    queries: list[QueryDiffShape]


class BridgesShape(ApiShape):
    schedule: str
    before: ComparedRunShape
    after: ComparedRunShape
    queries: list[QueryBridgeShape]
