"""The slots of a cron line by walking elapsed time with a wall clock beside: nothing of how the code computes them."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from worker.domain.time.zones import wall

QUARTER = timedelta(minutes=15)
"""Every change of clocks of the zones in the tests falls on a quarter of an hour, and so do the times of the lines."""

Named = Callable[[datetime], bool]
"""Whether a line names a wall time."""


def walked(
    named: Named, zone: ZoneInfo, after: datetime, until: datetime, *, both_of_twice: bool = False
) -> list[datetime]:
    """The slots after `after`, up to `until`. A time that clocks jump over counts at the jump."""
    slots: set[datetime] = set()
    reached = wall(after, zone)
    for instant, shown in _quarters(zone, after + QUARTER, until):
        ahead = reached + QUARTER
        while ahead < shown:  # the clock jumped over these
            slots |= {instant} if named(ahead) else set()
            ahead += QUARTER
        repeated = shown <= reached
        if named(shown) and (both_of_twice or not repeated):
            slots.add(instant)
        reached = max(reached, shown)
    return sorted(slots)


def _quarters(zone: ZoneInfo, after: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    instant = after
    while instant <= until:
        yield instant, wall(instant, zone)
        instant += QUARTER
