"""The rate budget of a connection that only one process uses: a preview, a check, a command without Redis.

The rules are those of redis_store/lua/quota.lua, with the loop's own clock.
"""

import asyncio
from collections import deque

from worker.ports import Limit, RateReport, Reservations

SHARE = 0.9
AGAIN = 600.0
PROBE = 10.0


class LocalQuota:
    """Implements worker.ports.Quota. It reserves nothing for runs on demand, because work without Redis is always on
    demand.
    """

    def __init__(self) -> None:
        self._known = False
        self._probing_until = 0.0
        self._every = 0.0
        self._shut = 0.0
        self._next = 0.0
        self._day: tuple[float | None, float | None] = (None, None)
        self._left: float | None = None
        self._asked = 0.0
        self._limits: dict[tuple[str, float], Limit] = {}
        self._sent: deque[float] = deque()

    async def take(
        self,
        count: int,
        cost: float = 0.0,
        *,
        urgent: bool = False,  # noqa: ARG002  # nothing is reserved here
        calls: int = 0,
        seconds: float = 0.0,
    ) -> Reservations:
        at = asyncio.get_running_loop().time()
        if not self._pay(cost, at):
            return Reservations(spent=self._asked - at)
        probe = not self._known
        if probe:
            if self._probing_until > at:
                return Reservations()
            self._probing_until = at + PROBE
        waits = tuple(self._place(at, calls, seconds) - at for _ in range(1 if probe else count))
        return Reservations(waits, self._every, probe=probe)

    def _pay(self, cost: float, at: float) -> bool:
        if self._left is None or cost <= 0:
            return True
        if self._left >= cost:
            self._left -= cost
        elif self._asked > at:
            return False
        else:
            self._asked = at + AGAIN
        return True

    def _place(self, at: float, calls: int, seconds: float) -> float:
        place = max(at, self._shut, self._next)
        if calls:
            if len(self._sent) >= calls:
                place = max(place, self._sent[-calls] + seconds)
            self._sent.append(place)
            while len(self._sent) > calls:
                self._sent.popleft()
        self._next = place + self._every
        return place

    async def learn(self, heard: RateReport) -> None:
        if heard.failed:
            self._probing_until = 0.0
            return
        at = asyncio.get_running_loop().time()
        self._known, self._probing_until = True, 0.0
        for limit in heard.limits:
            self._limits = {key: kept for key, kept in self._limits.items() if key[0] != limit.name}
            self._limits[limit.name, limit.limit] = limit
        rates = [limit.limit / limit.reset for limit in self._limits.values()]
        self._every = 1 / (SHARE * min(rates)) if rates else 0.0
        self._shut = max(self._shut, at + heard.hold) if heard.hold else self._shut
        self._day = heard.day if heard.day[0] is not None else self._day
        self._left = self._left if heard.day[1] is None else heard.day[1]
        if heard.spent is not None:
            self._left, self._asked = 0.0, at + heard.spent

    async def day(self) -> tuple[float | None, float | None]:
        return self._day[0], self._left
