"""The shapes of a digest's sections, and of the values in them. Amounts are integers in minor units."""

from typing import TypedDict


class MoneyDocument(TypedDict):
    """`amount` is an integer in minor units of `currency`, which has `digits` decimals: 1250 EUR with 2 is 12.50."""

    amount: int
    currency: str
    digits: int


class WindowDocument(TypedDict):
    """The half-open range [start, end). `so_far`: it ends after the data was read."""

    name: str
    start: str
    end: str
    zone: str
    so_far: bool


class KeyDocument(TypedDict):
    """The key figure in one currency, in minor units. `opening`, `delta` and `ratio` (a fraction) are null if there is
    nothing to compare with. `closing` is null if the query has no answer, or if no deal has a value. `unvalued`: deals
    without a value.
    """

    currency: str
    digits: int
    count: int | None
    closing: int | None
    opening: int | None
    opening_count: int | None
    delta: int | None
    ratio: float | None
    unvalued: int


class BridgeLineDocument(TypedDict):
    """`amount` is never negative: `move` implies the direction, and `sign` (1 or -1) gives it."""

    move: str
    count: int
    amount: int
    sign: int


class BridgeDocument(TypedDict):
    """Why a total changed, in minor units: opening + the sum of sign × amount = closing."""

    currency: str
    digits: int
    opening: int
    opening_count: int
    closing: int
    closing_count: int
    lines: list[BridgeLineDocument]
    unvalued: int


class MoveDocument(TypedDict):
    """One move of one deal. `amount` has the sign with which it changes the closing. `detail`: why the deal joined or
    left the list.
    """

    key: str
    title: str
    owner: str | None
    stage: str | None
    move: str
    detail: str
    amount: MoneyDocument | None
    url: str | None


class DealDocument(TypedDict):
    """`value` is null if the deal has none. `stalled_since` means "since at least"."""

    key: str
    title: str
    owner_id: str | None
    owner: str | None
    stage: str | None
    value: MoneyDocument | None
    stalled_since: str | None
    next_step: str | None
    stall_reason: str | None
    url: str | None


class StageDocument(TypedDict):
    """Open deals of one stage: one total for each currency."""

    stage: str | None
    count: int
    totals: list[MoneyDocument]


class StalledDocument(TypedDict):
    """`newly`: deals that stalled since the last digest, or all of them if `first`. `still_count`: deals that stalled
    before. `hidden`: deals that the schedule's `show` left out. `unjudged`: deals that the service cannot judge.
    """

    query: str
    first: bool
    newly: list[DealDocument]
    newly_count: int
    newly_totals: list[MoneyDocument]
    moving_again: list[DealDocument]
    left: list[MoveDocument]
    still_count: int
    still_totals: list[MoneyDocument]
    hidden: int
    unjudged: int
    bridges: list[BridgeDocument]


class FunnelStageDocument(TypedDict):
    """`advanced` is a fraction, null if it cannot be computed. `before_…`: in the compared window."""

    key: str
    label: str
    won: bool
    count: int | None
    advanced: float | None
    before_count: int | None
    before_advanced: float | None


class FunnelDocument(TypedDict):
    """A funnel's stages in order."""

    query: str
    window: WindowDocument | None
    compared: WindowDocument | None
    stages: list[FunnelStageDocument]


class FigureDocument(TypedDict):
    """`kind` is int, money (minor units of `currency`), ratio (a fraction), seconds, … `why_null`: why there is no
    value. `before`: the value that it is compared with.
    """

    name: str
    kind: str
    value: int | float | None
    before: int | float | None
    currency: str | None
    digits: int | None
    why_null: str | None


class FiguresDocument(TypedDict):
    """`before_is`: the origin of `before`, "comparison" or "baseline"; empty if there is none."""

    query: str
    window: WindowDocument | None
    compared: WindowDocument | None
    before_is: str
    figures: list[FigureDocument]


class KeyMeasureDocument(TypedDict):
    """The main figure of a digest without a list of deals. `part` of `whole` went through a funnel. `missing`: its
    query has no answer, and `before` of the figure is the last known value.
    """

    query: str
    figure: FigureDocument
    window: WindowDocument | None
    compared: WindowDocument | None
    before_is: str
    part: int | None
    whole: int | None
    missing: bool


class FactDocument(TypedDict):
    """A figure beside the main figure."""

    query: str
    label: str
    figure: FigureDocument
    missing: bool


class ColumnDocument(TypedDict):
    """`kind` is text, id, int, money (minor units of the row's currency), ratio, seconds, instant, date, bool or
    json.
    """

    name: str
    kind: str


Cells = list[str | int | float | bool | None]
"""One row, in the order of its table's columns. An instant is a text."""


class TableDocument(TypedDict):
    """`before`: for each row what it is compared with, null for a new row; empty if there is no comparison. `total`:
    the sums, null if they were not requested. `hidden`: rows that the schedule's `show` left out.
    """

    query: str
    table: str
    columns: list[ColumnDocument]
    rows: list[Cells]
    before: list[Cells | None]
    total: Cells | None
    hidden: int


class SourceDocument(TypedDict):
    """The answer of one query: `rows` and `total` of a list, null for anything else. `gap`: the reason why the answer
    is missing, with a sentence; null if it is not missing.
    """

    query: str
    source: str
    name: str
    rows: int | None
    total: int | None
    as_of: str | None
    gap: str | None
    sentence: str | None
    notes: list[str]
