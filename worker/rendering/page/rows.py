"""The lines that a page prints, as words and lengths; and how much of a digest is printed."""

from dataclasses import dataclass

from worker.domain.digest.model import Deal
from worker.rendering.bars import Bar


@dataclass(frozen=True, slots=True)
class Cut:
    """How much of a digest is printed; the defaults are as much as a mail can usefully show. `sections`: of each kind,
    lists of stalled deals, funnels, figures and missing parts. `figures`: of each list.
    """

    names: int = 5
    moves: int = 3
    deals: int = 200
    owners: int = 100
    stages: int = 40
    rows: int = 25
    tables: int = 6
    every_source: bool = True
    sections: int = 200
    figures: int = 6


CUTS = (
    Cut(),
    Cut(rows=15),
    Cut(rows=8, tables=4),
    Cut(rows=5, tables=2),
    Cut(rows=5, tables=2, deals=40, stages=12),
    Cut(rows=5, tables=1, deals=25, owners=15, stages=12),
    Cut(rows=5, tables=0, deals=15, owners=10, stages=10),
    Cut(rows=5, tables=0, deals=10, owners=5, stages=8, every_source=False),
    Cut(rows=5, tables=0, deals=10, owners=5, stages=8, every_source=False, names=0, moves=0),
    Cut(rows=5, tables=0, deals=10, owners=5, stages=8, every_source=False, names=0, moves=0, sections=16),
    Cut(rows=5, tables=0, deals=10, owners=5, stages=8, every_source=False, names=0, moves=0, sections=8),
    Cut(rows=5, tables=0, deals=5, owners=5, stages=8, every_source=False, names=0, moves=0, sections=4),
    Cut(rows=3, tables=0, deals=3, owners=3, stages=5, every_source=False, names=0, moves=0, sections=2),
)
"""Tried in order until the message fits; each prints what was left out. Rows of tables are left out first, then deals,
moves and names. Whole sections are left out only if a report has dozens of them.
"""


@dataclass(frozen=True, slots=True)
class BridgeRow:
    """`tone` names the colour: in, won, out or gone; "" for opening and closing, which are ticks on a track."""

    label: str
    count: str
    amount: str
    tone: str
    bar: Bar
    total: bool = False

    @property
    def cells(self) -> tuple[str, str, str]:
        return self.label, self.count, self.amount


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """Words for every column; `bar` and `before_bar` in percent of the widest stage, None without a count."""

    label: str
    count: str
    advanced: str
    change: str
    tone: str
    won: bool
    bar: float
    before_bar: float | None


@dataclass(frozen=True, slots=True)
class StageRow:
    label: str
    count: str
    amount: str
    bar: float | None


@dataclass(frozen=True, slots=True)
class OwnerBlock:
    """`owner` None: deals without an owner. `deals` after the cut; the total counts all of them."""

    owner: str | None
    count: int
    total: str
    deals: tuple[Deal, ...]


@dataclass(frozen=True, slots=True)
class SourceRow:
    """`notes`: the source's remarks on its answer, in words; the last one counts those that are not printed."""

    label: str
    brought: str
    time: str
    missing: bool
    notes: tuple[str, ...] = ()
