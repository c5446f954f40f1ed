"""The budget of one connection, shared by all who use it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit as an answer told it: `remaining` requests until `reset` seconds from the answer, then `limit` anew.
    `remaining` is None for a policy that only names its window, which `reset` then is. `name` is the header's.
    """

    name: str
    limit: float
    remaining: float | None
    reset: float


@dataclass(frozen=True, slots=True)
class Reservations:
    """When requests may be sent: `waits` in seconds from now, in order; empty while somebody else finds out what the
    limit is. `every`: seconds between two. `probe`: nothing is known yet, so the answer has to be told. `spent`: the
    day's tokens do not suffice; seconds after which it is worth asking again.
    """

    waits: tuple[float, ...] = ()
    every: float = 0.0
    probe: bool = False
    spent: float | None = None


@dataclass(frozen=True, slots=True)
class RateReport:
    """What answers told of a connection's budget. `limits`: `reset` is the whole window here, as far as it is known.
    `hold`: seconds in which nobody sends. `day`: tokens a day and what is left of them, None where untold. `spent`:
    seconds until a spent day ends. Empty: the answer told nothing, or (`failed`) none came.
    """

    limits: tuple[Limit, ...] = ()
    hold: float = 0.0
    day: tuple[float | None, float | None] = (None, None)
    spent: float | None = None
    failed: bool = False


class Quota(Protocol):
    """The budget of one connection, shared by all who use it."""

    async def take(
        self, count: int, cost: float = 0.0, *, urgent: bool = False, calls: int = 0, seconds: float = 0.0
    ) -> Reservations:
        """Places for `count` requests, which cost `cost` tokens of the day together. `urgent`: for a run on demand,
        which may use what others leave. `calls` in any `seconds`, where the service has a limit and never tells it.
        """
        ...

    async def learn(self, heard: RateReport) -> None: ...

    async def day(self) -> tuple[float | None, float | None]:
        """Tokens of a day, and how many of them are left; None where nobody was told lately."""
        ...
