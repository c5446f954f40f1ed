"""Curves as SVG: both axes are logarithmic, so that a cost that grows with its cause is a straight line.

A picture has its own background, light or dark as the reader's system is, and each series has a colour, a mark and a
name at its end.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from benchmarks.measure import number

WIDTH, HEIGHT = 720, 380
LEFT, RIGHT, TOP, BOTTOM = 76, 172, 44, 56
SERIES = ("one", "two", "three")
STYLE = """
.back{fill:#ffffff}.grid{stroke:#e3e6ea}.text{fill:#3a4149}.one{color:#1f5fbf}.two{color:#a34a00}.three{color:#1b7a43}
@media (prefers-color-scheme: dark){.back{fill:#1d222b}.grid{stroke:#39414d}.text{fill:#d5dae1}.one{color:#7db4ff}
.two{color:#f2a65a}.three{color:#6fd39a}}
text{font:13px system-ui,sans-serif}.title{font-size:15px;font-weight:600}.value{font-size:12px}
polyline{fill:none;stroke:currentColor;stroke-width:2}.mark{fill:currentColor}.name{fill:currentColor;font-weight:600}
"""


@dataclass(frozen=True, slots=True)
class Series:
    """`points`: both values are above zero."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class _Axis:
    """From power `low` to power `high` of ten, over `length` from `start` (negative: upwards)."""

    low: int
    high: int
    start: float
    length: float

    def at(self, value: float) -> float:
        return round(self.start + (math.log10(value) - self.low) / (self.high - self.low) * self.length, 1)

    @property
    def ticks(self) -> tuple[float, ...]:
        return tuple(10.0**power for power in range(self.low, self.high + 1))


def svg(title: str, across: str, up: str, series: Sequence[Series]) -> str:
    """`across`, `up`: what the axes say, with units. At most three series."""
    xs = [x for one in series for x, _ in one.points]
    ys = [y for one in series for _, y in one.points]
    axis_x = _axis(xs, LEFT, WIDTH - LEFT - RIGHT)
    axis_y = _axis(ys, HEIGHT - BOTTOM, TOP + BOTTOM - HEIGHT)
    said = escape(f"{title}: {'; '.join(_told(one) for one in series)}")
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="{said}">'
    )
    return "\n".join(
        (
            head,
            f"<style>{STYLE}</style>",
            f'<rect class="back" width="{WIDTH}" height="{HEIGHT}" rx="8"/>',
            f'<text class="text title" x="20" y="27">{escape(title)}</text>',
            *_grid(axis_x, axis_y, across, up),
            *_lines(axis_x, axis_y, series),
            "</svg>",
            "",
        )
    )


def _told(one: Series) -> str:
    return f"{one.name} {', '.join(f'{number(y)} at {number(x)}' for x, y in one.points)}"


def _axis(values: Sequence[float], start: float, length: float) -> _Axis:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return _Axis(low, max(high, low + 1), start, length)


def _grid(axis_x: _Axis, axis_y: _Axis, across: str, up: str) -> Iterator[str]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    for tick in axis_x.ticks:
        x = axis_x.at(tick)
        yield f'<line class="grid" x1="{x}" y1="{TOP}" x2="{x}" y2="{bottom}"/>'
        yield f'<text class="text" x="{x}" y="{bottom + 19}" text-anchor="middle">{_tick(tick)}</text>'
    for tick in axis_y.ticks:
        y = axis_y.at(tick)
        yield f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{right}" y2="{y}"/>'
        yield f'<text class="text" x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{_tick(tick)}</text>'
    middle = (LEFT + right) / 2
    yield f'<text class="text" x="{middle}" y="{bottom + 42}" text-anchor="middle">{escape(across)}</text>'
    half = (TOP + bottom) / 2
    turn = f'transform="rotate(-90 18 {half})"'
    yield f'<text class="text" x="18" y="{half}" text-anchor="middle" {turn}>{escape(up)}</text>'


def _lines(axis_x: _Axis, axis_y: _Axis, series: Sequence[Series]) -> Iterator[str]:
    ends = _apart([axis_y.at(one.points[-1][1]) for one in series])
    for number_, (one, end) in enumerate(zip(series, ends, strict=True)):
        places = [(axis_x.at(x), axis_y.at(y)) for x, y in one.points]
        yield f'<g class="{SERIES[number_]}">'
        yield f'<polyline points="{" ".join(f"{x},{y}" for x, y in places)}"/>'
        for (x, y), point in zip(places, one.points, strict=True):
            yield _mark(number_, x, y)
            if (x, y) != places[-1]:
                yield _value(x, y + (20 if _below(point, one, series) else -12), point[1])
        name = f"{escape(one.name)}: {number(one.points[-1][1])}"
        yield f'<text class="name" x="{places[-1][0] + 10}" y="{end + 4}">{name}</text>'
        yield "</g>"


def _below(point: tuple[float, float], own: Series, series: Sequence[Series]) -> bool:
    """Whether another series has a higher value there, whose line would cross a number above this point."""
    return any(x == point[0] and y > point[1] for one in series if one is not own for x, y in one.points)


def _value(x: float, y: float, value: float) -> str:
    """At the left edge it stands to the right of its point, because the numbers of the axis are to the left."""
    place, anchor = (x + 6, "start") if x < LEFT + 12 else (x, "middle")
    return f'<text class="text value" x="{place}" y="{y}" text-anchor="{anchor}">{number(value)}</text>'


def _mark(which: int, x: float, y: float) -> str:
    if which == 0:
        return f'<circle class="mark" cx="{x}" cy="{y}" r="4"/>'
    if which == 1:
        return f'<rect class="mark" x="{x - 4}" y="{y - 4}" width="8" height="8"/>'
    return f'<path class="mark" d="M{x} {y - 5}l5 9h-10z"/>'


def _apart(heights: Sequence[float]) -> list[float]:
    """Heights of names that do not cover each other, in the order of the series."""
    placed: dict[int, float] = {}
    for which in sorted(range(len(heights)), key=lambda one: heights[one]):
        above = max(placed.values(), default=-math.inf)
        placed[which] = max(heights[which], above + 17)
    return [placed[which] for which in range(len(heights))]


def _tick(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"
