"""Windows: half-open stretches of time that belong to a slot, and what they are compared with."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Window:
    """[start, end) in UTC; `zone` is the IANA zone it was resolved in; `so_far`: it ends after the data was read."""

    start: datetime
    end: datetime
    zone: str
    name: str
    so_far: bool = False


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """A window as a definition names it: `name` (last-week, last-7d, since-previous-slot, …), or "range" with both
    instants.
    """

    name: str
    start: datetime | None = None
    end: datetime | None = None
