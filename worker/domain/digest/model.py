"""The content of one digest for one audience, independent of the channel. Templates print it; no format is
known here.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from worker.domain.cap import HeldDigest
from worker.domain.diff.changes import QueryChange
from worker.domain.digest.sections import FigureSection, FunnelSection, KeyFact, KeyMeasure, TableSection
from worker.domain.money import Money
from worker.domain.reason import Reason
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.snapshot import Gap


class Holds(StrEnum):
    """Which deals the list at the head of a digest holds."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"
    ARCHIVED = "archived"
    LISTED = "listed"  # several statuses, or statuses that the query does not name


class Standing(StrEnum):
    """The key figure compared with this reader's last digest."""

    FIRST = "first"
    MOVED = "moved"
    UNCHANGED = "unchanged"
    UNKNOWN = "unknown"  # its query is a gap


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One currency's open total, in minor units. `opening`, `delta` and `ratio` (a fraction) are None without a
    baseline. With standing UNKNOWN, `closing` is None and `opening` is the last known total. `unvalued`: deals without
    a value. If it equals `count`, there is no total to print, not even a zero, and the currency may be XXX.
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
    """`amount` in minor units, never negative: the class gives the direction."""

    move: Move
    count: int
    amount: int


@dataclass(frozen=True, slots=True)
class BridgeView:
    """One currency's bridge. `lines` are in the order of Move, without those of zero deals."""

    currency: str
    opening: int
    opening_count: int
    closing: int
    closing_count: int
    lines: tuple[BridgeLine, ...]
    unvalued: int = 0


@dataclass(frozen=True, slots=True)
class DealMove:
    """One move of one deal. `amount` has the sign with which it changes the closing. `detail`: why the deal joined or
    left the list (reassigned, pipeline, advanced, touched, …).
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
    """`annual`: the value on the bridge's basis, None if the deal has none. `stalled_since` means "since at least".
    `updated_at`: when somebody last changed the deal.
    """

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
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OwnerGroup:
    """Deals of one owner, largest first. `totals`: one Money per currency, most deals first. `owner` None: no owner."""

    owner_id: str | None
    owner: str | None
    deals: tuple[Deal, ...]
    totals: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class StalledSection:
    """`newly`: deals that stall since the last digest, or all of them if `first`. `moving_again` and `left`: deals that
    left the list. `still`: deals that were in the list before and are in it now. `limit`: how many are printed, as
    `show.limit` says; None: as many as a template prints. `words`: as Presentation.stalled.
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
    hidden: int = 0  # deals that `show.limit` left out; the table says so
    unjudged: int = 0  # open deals that the service's rule cannot judge
    bridges: tuple[BridgeView, ...] = ()
    still: tuple[Deal, ...] = ()
    limit: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class StageSum:
    """Open deals of one stage. A first digest shows these, because it has no movement to show."""

    stage: str | None
    count: int
    totals: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class SourceLine:
    """The answer of one query: `rows` and `total` of a list, None for anything else. `gap`: why it is missing. `notes`:
    the source's notes on its answer (snapshot/notes.py). `stalled`: the query lists stalled deals. `words`: as
    Presentation.stalled. `name`: as Query.name.
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
    words: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
    """`slot` is nominal. `as_of`: when the newest state was read. `late`: seconds after the slot, 0 if on time.
    `since`: the slot of the key query's baseline, None for a first digest. `moves`: all single moves of the bridge,
    largest first; a template cuts them and says so. `changes`: why `changed` is true, query by query. `holds`: which
    deals the key query's list holds. `may_repeat`: the slot of an older digest that the reader may have, whose content
    this one may repeat. `narrowed`: its reader sees some of the deals only, and `own`: as their owner, `team`: as the
    manager of their owners. `measure`: what heads a digest without a list of deals. `unprinted`: tables of which only
    the number of rows is told. `history`: the key figure in the last runs, oldest first. `held`: digests that its
    reader was not sent, and `more_held` that are only counted.
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
    may_repeat: datetime | None = None
    narrowed: bool = False
    own: bool = False
    team: bool = False
    measure: KeyMeasure | None = None
    facts: tuple[KeyFact, ...] = ()
    unprinted: tuple[tuple[str, int], ...] = ()
    history: tuple[float, ...] = ()
    held: tuple[HeldDigest, ...] = ()
    more_held: int = 0
