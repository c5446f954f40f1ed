"""A process of the installation that gave a sign of life."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Alive:
    """`kind`: clock or worker. `host`: what the machine or container calls itself. `seen`: its last sign of life, UTC,
    by Redis's clock.
    """

    kind: str
    host: str
    pid: int
    seen: datetime
