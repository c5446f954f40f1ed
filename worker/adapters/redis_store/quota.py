"""One rate budget per connection, shared by all workers. A script assigns the times at which requests may be sent.

The next time is one interval after the last assigned one, so four workers together send as much as one would alone.
Limits from response headers are stored only when they change.
"""

from typing import Any

from redis.asyncio import Redis

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.scripts import Scripts
from worker.ports import Limit, RateReport, Reservations

SHARE = 0.9
"""Share of the advertised rate. The rest allows for clocks that differ and for other programs with the same key."""
RESERVE = 0.1
"""Share of our rate and of a day's tokens that is left for runs on demand."""
PROBE = 10.0
"""Seconds to wait for the first request, whose answer reveals the limit."""
FRESH = 60.0
"""Seconds for which a limit is valid without being named by another answer."""
KEEP = 600.0
"""Seconds after which an unused connection's limits are forgotten. Its answers then tell a day's tokens again."""
AGAIN = 600.0
"""Seconds between two attempts on a day whose tokens seemed spent."""


class RedisQuota:
    """Implements worker.ports.Quota for one account. The account's id is a short text without a secret. `connection`:
    a name of it, under which /metrics shows its budget.
    """

    def __init__(self, client: Redis, project: str, account_id: str, connection: str = "") -> None:
        self._scripts = Scripts(client, project)
        self._account_id = account_id
        self._connection = connection

    async def take(
        self, count: int, cost: float = 0.0, *, urgent: bool = False, calls: int = 0, seconds: float = 0.0
    ) -> Reservations:
        """Raises LedgerUnavailable."""
        arguments = {
            "account": self._account_id,
            "connection": self._connection or None,
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
