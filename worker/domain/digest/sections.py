"""What a digest contains in addition to deals: the figure at the top, facts, funnels, figures and tables."""

from dataclasses import dataclass

from worker.domain.snapshot.snapshot import Cell, Column, Kind
from worker.domain.time.window import Window


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
    """One measure with its comparison. `name` is the service's metric ("count_total_won"); templates word it."""

    name: str
    kind: Kind
    value: int | float | None
    before: int | float | None
    currency: str | None = None
    why_null: str | None = None

    @property
    def moved(self) -> float | None:
        """Now less before; None where one of them is not known."""
        return None if self.value is None or self.before is None else self.value - self.before


@dataclass(frozen=True, slots=True)
class FigureSection:
    """Totals of a funnel report or a list's own aggregates. `before_is`: "comparison", "baseline" or "" for none;
    `new_period`: the baseline's window is another, so nothing is compared with it, only with `compared`. `other`: the
    source chose these figures, and they stand in one list with those of other queries. `neutral`: as in Presentation.
    """

    query_id: str
    window: Window | None
    compared: Window | None
    before_is: str
    new_period: bool
    figures: tuple[Figure, ...]
    other: bool = False
    neutral: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mover:
    """A cause of the key figure's change: a step of a funnel (`to` is the next one, `figure` the share that went on,
    `entered` and `went_on` its counts), or a row of a table and its figure.
    """

    name: str
    figure: Figure
    to: str = ""
    entered: int | None = None
    went_on: int | None = None
    before_entered: int | None = None
    before_went_on: int | None = None

    @property
    def expected(self) -> int | None:
        """How many would have gone on at the share before."""
        if self.entered is None or self.figure.before is None:
            return None
        return round(self.entered * self.figure.before)

    @property
    def people(self) -> int | None:
        """How many more, or fewer, went on than would have at the share before."""
        return None if self.entered is None or self.figure.moved is None else round(self.entered * self.figure.moved)


@dataclass(frozen=True, slots=True)
class KeyMeasure:
    """The figure at the top of a digest without a list of deals. `first` and `last` are the ends of its funnel, "" for
    any other figure; `part` of `whole` went through it. `before_is` as in FigureSection. `missing`: its query is a gap,
    and `figure.before` is the last known value. `movers`: those of the net change's direction first, the largest of
    them leading. `neutral`: neither more nor less is good. `bare`: its source chose no figure to put first, so that
    only the name of the query says what the figure is of.
    """

    query_id: str
    figure: Figure
    window: Window | None = None
    compared: Window | None = None
    before_is: str = ""
    first: str = ""
    last: str = ""
    part: int | None = None
    whole: int | None = None
    before_part: int | None = None
    before_whole: int | None = None
    missing: bool = False
    neutral: bool = False
    movers: tuple[Mover, ...] = ()
    bare: bool = False


@dataclass(frozen=True, slots=True)
class KeyFact:
    """One line below the key figure. `label` is the key of a word. `missing`: as in KeyMeasure, where `window` is then
    that of the last known figure.
    """

    query_id: str
    label: str
    figure: Figure
    beside: tuple[Figure, ...] = ()
    missing: bool = False
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class FigurePlace:
    """The place of a printed number in a row, and of what stands below it instead of its change."""

    column: int
    under: int | None = None
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Which cells of a row are printed: its name, what stands below it, and at most two numbers. `upto`: places of the
    least of several values, each with that of the greatest. `bars`: as in TableRule; None for no bars.
    """

    name: int | None
    details: tuple[int, ...]
    figures: tuple[FigurePlace, ...]
    upto: tuple[tuple[int, int], ...] = ()
    bars: int | None = None


@dataclass(frozen=True, slots=True)
class TableSection:
    """Any other table: groups of `_group_by`, per-user totals, a list that is neither bridge nor stalled. All its rows,
    in their order, of which `limit` are printed (None: as many as there is room for). `before`: for each row the same
    row of what it is compared with, None for a new one; () where there is no comparison. `total`, `total_before`: the
    sums, where they are asked for. `title`: the key of a word, "" for the query's own name. `shaded`: as in TableRule.
    """

    query_id: str
    table_id: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    limit: int | None = None
    layout: Layout | None = None
    before: tuple[tuple[Cell, ...] | None, ...] = ()
    total: tuple[Cell, ...] | None = None
    total_before: tuple[Cell, ...] | None = None
    window: Window | None = None
    compared: Window | None = None
    title: str = ""
    shaded: bool = False
    neutral: frozenset[str] = frozenset()

    def currency(self, row: tuple[Cell, ...]) -> str | None:
        """Of the row's money cells; None where the table names none."""
        named = (cell for column, cell in zip(self.columns, row, strict=False) if column.name == "currency")
        return next((cell for cell in named if isinstance(cell, str) and cell), None)
