"""The key figure in the last runs as small bars, which need no picture: clients that block pictures show them too."""

from dataclasses import dataclass

from worker.domain.digest.model import Digest
from worker.rendering.text_table import width

LEAST = 3
"""Runs without which there is no line."""

HEIGHT, FLOOR = 32, 4
"""Pixels of the highest and of the lowest bar. The scale begins at the lowest value: it shows how the figure moved."""

LONGEST = 11
"""Characters of a number beside which a phone has room for the bars."""


@dataclass(frozen=True, slots=True)
class SparkBar:
    height: int
    last: bool


def sparkline(digest: Digest, number: str) -> tuple[SparkBar, ...]:
    """Nothing for fewer than LEAST runs, and beside a number that takes the whole line."""
    values = digest.history
    if len(values) < LEAST or width(number) > LONGEST:
        return ()
    low, high = min(values), max(values)
    room = (high - low) or 1
    heights = [
        FLOOR + round((value - low) / room * (HEIGHT - FLOOR)) if high > low else HEIGHT // 2 for value in values
    ]
    return tuple(SparkBar(height, at == len(heights) - 1) for at, height in enumerate(heights))
