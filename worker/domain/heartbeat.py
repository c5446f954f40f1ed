"""A process of the installation that wrote a heartbeat."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Alive:
    """`kind`: clock or worker. `host`: the name of the machine or container. `seen`: its last heartbeat, UTC, by
    Redis's clock.
    """

    kind: str
    host: str
    pid: int
    seen: datetime
