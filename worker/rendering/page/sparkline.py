"""The key figure in the last runs as small bars. They are not an image: clients that block images show them too."""

from dataclasses import dataclass

from worker.domain.digest.model import Digest
from worker.rendering.text_table import width

LEAST = 3
"""The smallest number of runs for which bars are printed."""

HEIGHT, FLOOR = 32, 4
"""The height of the highest and of the lowest bar in pixels. The scale starts at the lowest value, to show the
changes.
"""

LONGEST = 11
"""The longest number, in characters, that leaves space for the bars on a phone."""


@dataclass(frozen=True, slots=True)
class SparkBar:
    height: int
    last: bool


def sparkline(digest: Digest, number: str) -> tuple[SparkBar, ...]:
    """Empty for fewer than LEAST runs, and beside a number that fills the line."""
    values = digest.history
    if len(values) < LEAST or width(number) > LONGEST:
        return ()
    low, high = min(values), max(values)
    room = (high - low) or 1
    heights = [
        FLOOR + round((value - low) / room * (HEIGHT - FLOOR)) if high > low else HEIGHT // 2 for value in values
    ]
    return tuple(SparkBar(height, at == len(heights) - 1) for at, height in enumerate(heights))
