"""The request budget of one connection, which all its users share."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit, as an answer stated it: `remaining` requests until `reset` seconds after the answer, then `limit`
    again. `remaining` is None for a policy that only names its window; then `reset` is that window. `name` is the
    header's.
    """

    name: str
    limit: float
    remaining: float | None
    reset: float


@dataclass(frozen=True, slots=True)
class Reservations:
    """When requests may be sent. `waits`: seconds from now, in order; empty while another caller finds out the limit.
    `every`: seconds between two requests. `probe`: the limit is unknown, so the caller must report the answer's.
    `spent`: the day's tokens do not suffice; seconds after which it is worth asking again.
    """

    waits: tuple[float, ...] = ()
    every: float = 0.0
    probe: bool = False
    spent: float | None = None


@dataclass(frozen=True, slots=True)
class RateReport:
    """What answers say about a connection's budget. `limits`: `reset` is the whole window here, as far as it is known.
    `hold`: seconds during which nobody sends. `day`: tokens per day, and how many are left; None if unknown. `spent`:
    seconds until a spent day ends. An empty report means that the answer said nothing, or (`failed`) that there was
    none.
    """

    limits: tuple[Limit, ...] = ()
    hold: float = 0.0
    day: tuple[float | None, float | None] = (None, None)
    spent: float | None = None
    failed: bool = False


class Quota(Protocol):
    """The request budget of one connection, which all its users share."""

    async def take(
        self, count: int, cost: float = 0.0, *, urgent: bool = False, calls: int = 0, seconds: float = 0.0
    ) -> Reservations:
        """Reserves places for `count` requests, which together cost `cost` tokens of the day. `urgent`: for a run on
        demand, which may use the reserved part. `calls` in any `seconds`: a limit of the service that its answers do
        not state.
        """
        ...

    async def learn(self, heard: RateReport) -> None: ...

    async def day(self) -> tuple[float | None, float | None]:
        """Tokens of a day, and how many are left; None if no recent answer stated them."""
        ...
