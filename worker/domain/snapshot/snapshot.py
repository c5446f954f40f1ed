"""The canonical answer to one query in one run: measures and tables, immutable, typed by columns."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from worker.domain.time.window import Window

SCHEMA = 1
"""Version of the stored shapes. Readers accept this version and the one before."""

Cell = str | int | float | bool | None


class Kind(StrEnum):
    """What a column or measure holds, and so its unit."""

    TEXT = "text"
    ID = "id"
    INT = "int"
    MONEY = "money"  # int, minor units of the row's (or measure's) currency
    RATIO = "ratio"  # float, a fraction 0..1, never a percentage
    SECONDS = "seconds"
    INSTANT = "instant"  # int, milliseconds since the Unix epoch, UTC
    DATE = "date"  # text, YYYY-MM-DD
    BOOL = "bool"
    JSON = "json"  # text, a JSON value; only in lists of what an account holds


@dataclass(frozen=True, slots=True)
class Column:
    """`significant`: a change of this cell is reported as a change. `sum`: adding the column up makes sense."""

    name: str
    kind: Kind
    significant: bool = False
    sum: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """`key` is the service's id, never a label. `cells` are in the order of the table's columns."""

    key: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Table:
    """`rows` have unique keys and are sorted by key. `total` is the service's own count. `sliced`: the user cut the
    list (`_limit`, `_skip`); such a list is shown and never compared.
    """

    id: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: int | None = None
    sliced: bool = False

    def index(self, column: str) -> int:
        """Position of `column` in every row. Raises KeyError."""
        for position, candidate in enumerate(self.columns):
            if candidate.name == column:
                return position
        raise KeyError(column)

    def position(self, column: str) -> int | None:
        """As `index`; None for a column that the table lacks."""
        return next((at for at, candidate in enumerate(self.columns) if candidate.name == column), None)

    def by_key(self) -> dict[str, Row]:
        return {row.key: row for row in self.rows}

    def record(self, row: Row) -> dict[str, Cell]:
        """One row as a mapping from column name to cell."""
        return {column.name: cell for column, cell in zip(self.columns, row.cells, strict=True)}


def table(
    table_id: str, columns: tuple[Column, ...], rows: Iterable[Row], *, total: int | None = None, sliced: bool = False
) -> Table:
    """A table in canonical order. Raises ValueError on a repeated key, because two rows of one key would be one deal
    twice.
    """
    ordered = tuple(sorted(rows, key=lambda row: row.key))
    for before, after in itertools.pairwise(ordered):
        if before.key == after.key:
            raise ValueError(f"{table_id}: two rows have the key {after.key!r}")
    return Table(table_id, columns, ordered, total, sliced)


@dataclass(frozen=True, slots=True)
class Measure:
    """One number, keyed for example ("stage", "stat_x", "count"). A null value has its reason in `why_null`; null is
    never zero.
    """

    key: tuple[str, ...]
    kind: Kind
    value: int | float | None
    currency: str | None = None
    why_null: str | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file as the service or Funnelbeat made it (such as a CSV per user). Its bytes are opaque."""

    name: str
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`as_of`: when the first request was sent, and when the last byte arrived. `members`: the keys that the service
    listed for the selection, and the few that it left out although a look-up found them. `followed`: rows that left the
    list and were looked up, with their new state; they are not members. `main`: the table whose keys are the members,
    None for a query without one. `addresses`: owner's id and mail address, of the owners whom the rows name, by id.
    """

    query_id: str
    fingerprint: str
    window: Window | None
    slot: datetime
    as_of: tuple[datetime, datetime]
    measures: tuple[Measure, ...] = ()
    tables: tuple[Table, ...] = ()
    members: frozenset[str] = frozenset()
    followed: Table | None = None
    main: str | None = None
    files: tuple[File, ...] = ()
    notes: tuple[
        str, ...
    ] = ()  # warnings for `explain`: an invariant that did not hold, a value that was read leniently
    schema: int = SCHEMA
    addresses: tuple[tuple[str, str], ...] = ()

    def table(self, table_id: str) -> Table | None:
        for one in self.tables:  # asked a dozen times for each reader's digest
            if one.id == table_id:
                return one
        return None

    @property
    def rows(self) -> Table | None:
        """The table of the members."""
        return self.table(self.main) if self.main is not None else None

    def measured(self) -> Mapping[tuple[str, ...], Measure]:
        return {m.key: m for m in self.measures}


class GapReason(StrEnum):
    """Why a part is missing from a digest. The gap's sentence gives the details."""

    UNAVAILABLE = "unavailable"  # timeouts, resets, 5xx
    RATE_LIMITED = "rate_limited"
    REFUSED = "refused"  # credentials, rights, parameters
    MALFORMED = "malformed"  # an answer that breaks the contract
    INCOMPLETE = "incomplete"  # a list that could not be read whole
    NOT_KNOWABLE = "not_knowable"  # state "now" asked for a past slot
    DEADLINE = "deadline"  # the run's `within` was over


@dataclass(frozen=True, slots=True)
class Gap:
    """A query gives exactly one Snapshot or one Gap; a partly read list is a Gap. `retry_after`: seconds after which
    another try makes sense, if the service named them.
    """

    query_id: str
    reason: GapReason
    sentence: str
    tries: int = 1
    retry_after: float | None = None
