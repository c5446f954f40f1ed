"""Lines of numbers as SVG. Pure arithmetic; the templates draw it. A missing number breaks the line."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

FEWEST = 3
"""Numbers of a line. Fewer show no course."""

EDGE = 0.12
"""The part of the height above the highest and below the lowest number."""


@dataclass(frozen=True, slots=True)
class Spark:
    """A small line. `lines`: points of polylines. `step`: those of the last move, empty where one of its ends is
    missing. `tone`: in (more), out (less) or flat.
    """

    width: int
    height: int
    lines: tuple[str, ...]
    step: str
    end: tuple[float, float] | None
    tone: str


@dataclass(frozen=True, slots=True)
class Stroke:
    """From a number to the next. Coordinates are percent of the chart."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class LineChart:
    """`ticks`: heights with what they stand for, from the top down. `first` and `last`: labels of the two ends."""

    strokes: tuple[Stroke, ...]
    dots: tuple[Dot, ...]
    ticks: tuple[Dot, ...]
    first: str
    last: str


def tone_of(before: float | None, now: float | None) -> str:
    if before is None or now is None or before == now:
        return "flat"
    return "in" if now > before else "out"


def spark(values: Sequence[float | None], width: int = 108, height: int = 28) -> Spark | None:
    """None for too few numbers."""
    known = [value for value in values if value is not None]
    if len(known) < FEWEST:
        return None
    across = (width - 8) / (len(values) - 1)
    scale = _scale(known)
    places = [
        None if value is None else (round(4 + place * across, 1), round(scale(value) * height, 1))
        for place, value in enumerate(values)
    ]
    lines = tuple(
        " ".join(f"{x},{y}" for x, y in part)
        for known_here, group in groupby(places, key=lambda one: one is not None)
        if known_here and len(part := [one for one in group if one is not None]) > 1
    )
    before, last = places[-2], places[-1]
    step = f"{before[0]},{before[1]} {last[0]},{last[1]}" if before is not None and last is not None else ""
    return Spark(width, height, lines, step, last, tone_of(values[-2], values[-1]))


def line_chart(points: Sequence[tuple[str, float | None, str]], ticks: Sequence[tuple[float, str]]) -> LineChart | None:
    """`points`: when, the number, and both in words; oldest first. `ticks`: numbers to draw a line at. None for too few
    numbers.
    """
    known = [value for _, value, _ in points if value is not None]
    if len(known) < FEWEST:
        return None
    scale, across = _scale(known), 96 / (len(points) - 1)
    dots = [
        None if value is None else Dot(round(2 + place * across, 2), round(scale(value) * 100, 2), label)
        for place, (_, value, label) in enumerate(points)
    ]
    strokes = tuple(
        Stroke(one.x, one.y, other.x, other.y) for one, other in pairwise(dots) if one is not None and other is not None
    )
    marks = tuple(Dot(0, round(scale(value) * 100, 2), label) for value, label in sorted(ticks, reverse=True))
    shown = tuple(dot for dot in dots if dot is not None)
    return LineChart(strokes, shown, marks, points[0][0], points[-1][0])


def round_ticks(values: Sequence[float], wanted: int = 3) -> list[float]:
    """Round numbers between the lowest and the highest."""
    low, high = min(values), max(values)
    if low == high:
        return [low]
    step = _round_step((high - low) / wanted)
    first = -(-low // step) * step
    found = [first + step * place for place in range(wanted * 2 + 2)]
    return [value for value in found if low <= value <= high] or [low]


def _round_step(rough: float) -> float:
    size = 10.0 ** _exponent(rough)
    return next(size * part for part in (1, 2, 5, 10) if size * part >= rough)


def _exponent(value: float) -> int:
    return int(f"{value:e}".rpartition("e")[2])


class _Scale:
    def __init__(self, low: float, high: float) -> None:
        self._low, self._span = low, high - low

    def __call__(self, value: float) -> float:
        """0 is the top, 1 the bottom."""
        part = (value - self._low) / self._span if self._span else 0.5
        return 1 - EDGE - part * (1 - 2 * EDGE)


def _scale(values: Sequence[float]) -> _Scale:
    return _Scale(min(values), max(values))
