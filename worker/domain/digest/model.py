"""The channel-neutral content of one run for one audience. Templates print it; nothing here knows a format."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from worker.domain.diff.changes import QueryChange
from worker.domain.money import Money
from worker.domain.reason import Reason
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.snapshot import Cell, Column, Gap, Kind
from worker.domain.time.window import Window


class Holds(StrEnum):
    """Of which deals the list is that heads a digest."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"
    ARCHIVED = "archived"
    LISTED = "listed"  # of several statuses, or of ones that the query does not say


class Standing(StrEnum):
    """How the key figure stands against this reader's last digest."""

    FIRST = "first"
    MOVED = "moved"
    UNCHANGED = "unchanged"
    UNKNOWN = "unknown"  # its query is a gap


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One currency's open total. Minor units; `opening`, `delta` and `ratio` (a fraction) are None without a baseline.
    With standing UNKNOWN `closing` is None and `opening` the last known total. `unvalued` deals have no value: where
    it equals `count`, the total of nothing is not a zero to print (its currency may then be XXX).
    """

    currency: str
    count: int | None
    closing: int | None
    opening: int | None = None
    opening_count: int | None = None
    delta: int | None = None
    ratio: float | None = None
    unvalued: int = 0


@dataclass(frozen=True, slots=True)
class BridgeLine:
    """`amount` in minor units, never negative: the class says the direction."""

    move: Move
    count: int
    amount: int


@dataclass(frozen=True, slots=True)
class BridgeView:
    """One currency's bridge; `lines` without zero rows, in the order of Move."""

    currency: str
    opening: int
    opening_count: int
    closing: int
    closing_count: int
    lines: tuple[BridgeLine, ...]
    unvalued: int = 0


@dataclass(frozen=True, slots=True)
class DealMove:
    """One deal's one move; `amount` is signed as it acts on the closing. `detail` is the why of a membership class
    (reassigned, pipeline, advanced, touched, …).
    """

    key: str
    title: str
    owner: str | None
    stage: str | None
    move: Move
    detail: str
    amount: Money | None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Deal:
    """`annual` is its value on the bridge's basis, None where it has none. `stalled_since` is "since at least"."""

    key: str
    title: str
    owner_id: str | None
    owner: str | None
    stage: str | None
    annual: Money | None
    stalled_since: datetime | None = None
    next_step: str | None = None
    stall_reason: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class OwnerGroup:
    """Deals of one owner, largest first; `totals` one Money per currency, most deals first. `owner` None: nobody's."""

    owner_id: str | None
    owner: str | None
    deals: tuple[Deal, ...]
    totals: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class StalledSection:
    """`newly` is everything stalled when `first`. `moving_again` and `left` say what became of those that left the
    list; `still` were there before and are there now.
    """

    query_id: str
    first: bool
    newly: tuple[OwnerGroup, ...]
    newly_count: int
    newly_totals: tuple[Money, ...]
    moving_again: tuple[Deal, ...]
    left: tuple[DealMove, ...]
    still_count: int
    still_totals: tuple[Money, ...]
    still_longest: Deal | None
    hidden: int = 0  # deals that `show.limit` left out, said with the table
    unjudged: int = 0  # open deals that may or may not stall: their service's rule cannot tell
    bridges: tuple[BridgeView, ...] = ()


@dataclass(frozen=True, slots=True)
class FunnelStage:
    """`advanced` is a fraction, None where not computable and for a won stage; `before_*` from the comparison."""

    key: str
    label: str
    won: bool
    count: int | None
    advanced: float | None
    before_count: int | None = None
    before_advanced: float | None = None


@dataclass(frozen=True, slots=True)
class FunnelSection:
    query_id: str
    window: Window | None
    compared: Window | None
    stages: tuple[FunnelStage, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure beside its comparison. `name` is the service's metric ("count_total_won"); templates word it."""

    name: str
    kind: Kind
    value: int | float | None
    before: int | float | None
    currency: str | None = None
    why_null: str | None = None


@dataclass(frozen=True, slots=True)
class FigureSection:
    """Totals of a funnel report or a list's own aggregates. `before_is`: "comparison", "baseline" or "" for none;
    `new_period`: the baseline's window is another, so nothing is compared with it, only with `compared`.
    """

    query_id: str
    window: Window | None
    compared: Window | None
    before_is: str
    new_period: bool
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class TableSection:
    """Any other table: groups of `_group_by`, per-user totals, a list that is neither bridge nor stalled.
    `hidden` rows were cut by `show.limit`.
    """

    query_id: str
    table_id: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    hidden: int = 0

    def currency(self, row: tuple[Cell, ...]) -> str | None:
        """Of the row's money cells; None where the table names none."""
        named = (cell for column, cell in zip(self.columns, row, strict=False) if column.name == "currency")
        return next((cell for cell in named if isinstance(cell, str) and cell), None)


@dataclass(frozen=True, slots=True)
class StageSum:
    """Open deals of one stage, for a first digest, which has no movement to show."""

    stage: str | None
    count: int
    totals: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class SourceLine:
    """What one query brought: `rows` and `total` of a list, null for anything else. `gap`: it is missing. `notes`: what
    the source says beside its answer (snapshot/notes.py). `stalled`: it lists the deals that stall.
    """

    query_id: str
    source: str
    query: str
    rows: int | None
    total: int | None
    as_of: datetime | None
    gap: Gap | None = None
    since_reason: Reason | None = None
    notes: tuple[str, ...] = ()
    stalled: bool = False


@dataclass(frozen=True, slots=True)
class Digest:
    """`slot` nominal, `as_of` when the newest state was read; `late` seconds after the slot, 0 when on time.
    `since` is the slot of the key query's baseline, None for a first digest. `moves` are the bridge's single moves,
    largest first, all of them: a template cuts and says so. `changes` say why `changed` is true, query by query.
    `holds`: of which deals the key query's list is.
    """

    schedule: str
    name: str
    run: str
    slot: datetime
    as_of: datetime | None
    since: datetime | None
    standing: Standing
    key_query: str | None
    keys: tuple[KeyFigure, ...]
    bridges: tuple[BridgeView, ...]
    moves: tuple[DealMove, ...]
    stages: tuple[StageSum, ...]
    stalled: tuple[StalledSection, ...]
    funnels: tuple[FunnelSection, ...]
    figures: tuple[FigureSection, ...]
    tables: tuple[TableSection, ...]
    sources: tuple[SourceLine, ...]
    gaps: tuple[Gap, ...]
    next_slot: datetime | None = None
    late: int = 0
    holds: Holds = Holds.OPEN
    changed: bool = False
    changes: tuple[QueryChange, ...] = ()
    empty: bool = False
