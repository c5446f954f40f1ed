"""Circuit breakers of receivers in Redis, so that all workers of a project know what one of them has learned."""

import time

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.scripts import Scripts
from worker.adapters.redis_store.times import LeaseTimes

FRESH = 30.0
"""Seconds for which an answer shows that the receiver works. After that, a receiver that has become silent gets only
the one message that tries it.
"""
REPORTED = 5.0
"""Seconds for which this process neither writes again that a receiver answered, nor asks whether messages may go. A
process that has waited longer without an answer learns of it then (circuit_silent.lua).
"""
GRACE = 2.0
"""Seconds within which a receiver that works has mostly answered. Other messages wait so long for the first one's
outcome; after that they come back later.
"""
POLL = 0.1
AGAIN = 10.0
"""Seconds after which a message comes back that found another one waiting."""
REST = 300.0
"""Seconds for which a receiver that said nothing gets no message."""


class RedisCircuits:
    """Implements worker.ports.Circuits. A trial that nobody ends, because its worker died, lapses with the delivery's
    lease.
    """

    def __init__(self, scripts: Scripts, times: LeaseTimes) -> None:
        self._scripts = scripts
        self._trial = times.delivery_lease
        self._reported: dict[str, float] = {}

    async def enter(self, receiver: str) -> float:
        if self._answers(receiver):
            return 0.0
        arguments = {
            "receiver": receiver,
            "fresh": _ms(FRESH),
            "trial": _ms(self._trial),
            "grace": _ms(GRACE),
            "poll": _ms(POLL),
            "again": _ms(AGAIN),
        }
        return int(await self._scripts.run("circuit_enter", arguments)) / 1000

    async def answered(self, receiver: str) -> None:
        """Written at most once in REPORTED seconds, because every message calls it."""
        now = time.monotonic()
        if self._answers(receiver):
            return
        await self._scripts.run("circuit_answered", {"receiver": receiver, "keep": _ms(REST)})
        self._reported[receiver] = now

    async def silent(self, receiver: str, waited: float) -> None:
        arguments = {"receiver": receiver, "waited": _ms(waited), "rest": _ms(REST)}
        self._reported.pop(receiver, None)
        await self._scripts.run("circuit_silent", arguments)

    async def leave(self, receiver: str) -> None:
        await self._scripts.remove("HDEL", keys.circuit(self._scripts.prefix, receiver), "trial")

    def _answers(self, receiver: str) -> bool:
        return time.monotonic() - self._reported.get(receiver, -REPORTED) < REPORTED


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
