"""Lengths of bars, in percent of the available width. Pure arithmetic; the templates draw them as table cells."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

SMALLEST = 1.6
TICK = 1.8
MARGIN = 0.02
"""The scale of a waterfall extends by this share beyond its lowest and highest value, so that no bar touches the
edge.
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """`left`, `width` and `right` add up to 100."""

    left: float
    width: float

    @property
    def right(self) -> float:
        return round(100 - self.left - self.width, 2)


def waterfall(opening: int, steps: Sequence[int]) -> tuple[Bar, ...]:
    """A tick for the opening, a bar from each step's start to its end, a tick for the closing.

    The scale covers the range of the running value and does not start at zero: a pipeline changes by a few percent in a
    week.
    """
    running = [opening]
    for step in steps:
        running.append(running[-1] + step)
    low, high = min(running), max(running)
    room = (high - low) * (1 + 2 * MARGIN) or 1
    start = low - (high - low) * MARGIN

    def at(value: int) -> float:
        return (value - start) / room * 100 if high > low else 50.0

    bars = [_tick(at(opening))]
    bars += [_bar(at(min(a, b)), at(max(a, b))) for a, b in itertools.pairwise(running)]
    return (*bars, _tick(at(running[-1])))


def from_zero(values: Sequence[int | None]) -> list[float | None]:
    """Lengths from zero; the largest is 100. None for an unknown value; a value above zero is always visible."""
    top = max((v for v in values if v is not None and v > 0), default=0)
    return [None if v is None else 0.0 if v <= 0 else round(max(SMALLEST, v / top * 100), 2) for v in values]


def _bar(left: float, right: float) -> Bar:
    width = max(SMALLEST, right - left)
    return _inside(left, width)


def _tick(middle: float) -> Bar:
    return _inside(middle - TICK / 2, TICK)


def _inside(left: float, width: float) -> Bar:
    return Bar(round(min(max(left, 0.0), 100 - width), 2), round(width, 2))
