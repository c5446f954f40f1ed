"""One budget per connection for all workers: a step in Redis gives out the places in which requests may be sent.

The next place lies one interval after the last that anybody took, so that four workers together send what one would
alone. What services tell in headers is written down only when it is news.
"""

from typing import Any

from redis.asyncio import Redis

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.scripts import Scripts
from worker.ports import Limit, RateReport, Reservations

SHARE = 0.9
"""Of the advertised rate; the rest is for clocks that differ and for other programs with the same key."""
RESERVE = 0.1
"""Of our rate and of a day's tokens, left for runs on demand."""
PROBE = 10.0
"""Seconds that the first request is waited for, whose answer tells the limit."""
FRESH = 60.0
"""Seconds for which a limit counts that no answer named again."""
KEEP = 600.0
"""Seconds after which a connection that nobody used is unknown again; a day's tokens are told anew by its answers."""
AGAIN = 600.0
"""Seconds between two tries of a day that seemed spent."""


class RedisQuota:
    """Keeps worker.ports.Quota for one account: its id is a short text without a secret."""

    def __init__(self, client: Redis, project: str, account_id: str) -> None:
        self._scripts = Scripts(client, project)
        self._account_id = account_id

    async def take(
        self, count: int, cost: float = 0.0, *, urgent: bool = False, calls: int = 0, seconds: float = 0.0
    ) -> Reservations:
        """Raises LedgerUnavailable."""
        arguments = {
            "account": self._account_id,
            "count": count,
            "cost": cost,
            "urgent": urgent,
            "calls": calls,
            "seconds": seconds,
            "reserve": RESERVE,
            "probe": PROBE * 1000,
            "keep": _ms(KEEP),
            "again": AGAIN * 1000,
        }
        first, *rest = await self._scripts.run("quota", arguments)
        if first == -2:
            return Reservations(spent=rest[0] / 1000)
        if first == -1:
            return Reservations()
        return Reservations(tuple(wait / 1e6 for wait in rest[1:]), rest[0] / 1e6, probe=first == 1)

    async def learn(self, heard: RateReport) -> None:
        """Raises LedgerUnavailable."""
        arguments: dict[str, Any] = {
            "account": self._account_id,
            "limits": [_row(limit) for limit in heard.limits],
            "hold": _ms(heard.hold),
            "day": heard.day[0],
            "left": heard.day[1],
            "spent": None if heard.spent is None else _ms(heard.spent),
            "failed": heard.failed,
            "share": SHARE,
            "fresh": FRESH * 1000,
            "keep": _ms(max(KEEP, heard.spent or 0.0)),
        }
        await self._scripts.run("quota_learn", arguments)

    async def day(self) -> tuple[float | None, float | None]:
        """Raises LedgerUnavailable."""
        found = await self._scripts.ask("HMGET", keys.quota(self._scripts.prefix, self._account_id), "day", "left")
        limit, left = (None if value is None else float(value) for value in found)
        return limit, left


def _row(limit: Limit) -> list[str | float]:
    return [limit.name, limit.limit, limit.reset * 1000]


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))
