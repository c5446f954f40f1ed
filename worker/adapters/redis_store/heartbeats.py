"""Heartbeats of clocks and workers, for health checks and for `doctor`."""

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.scripts import Scripts
from worker.domain.heartbeat import Alive
from worker.domain.time.epoch import from_ms

FORGET = 24 * 60 * 60 * 1000
"""Milliseconds without a heartbeat after which a process is no longer listed."""


class RedisHeartbeats:
    """Implements worker.ports.HeartbeatStore."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    async def say_alive(self, kind: str, host: str, pid: int) -> None:
        """Raises LedgerUnavailable."""
        await self._scripts.run("alive", {"who": f"{kind} {pid} {host}", "forget": FORGET})

    async def say_gone(self, kind: str, host: str, pid: int) -> None:
        """Called by a process that ends normally. Raises LedgerUnavailable."""
        await self._scripts.remove("ZREM", keys.single(self._scripts.prefix, "alive"), f"{kind} {pid} {host}")

    async def alive(self) -> tuple[Alive, ...]:
        """Processes with a heartbeat in the last day, the latest first. Raises LedgerUnavailable."""
        found = await self._scripts.ask("ZREVRANGE", keys.single(self._scripts.prefix, "alive"), 0, -1, "WITHSCORES")
        return tuple(_alive(text(who), float(at)) for who, at in zip(found[::2], found[1::2], strict=True))


def _alive(who: str, at: float) -> Alive:
    kind, pid, host = who.split(" ", 2)
    return Alive(kind, host, int(pid), from_ms(int(at)))
