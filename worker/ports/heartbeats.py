"""Signs of life of clocks and workers."""

from typing import Protocol

from worker.domain.heartbeat import Alive


class HeartbeatStore(Protocol):
    """Which processes say that they are there. Raises LedgerUnavailable."""

    async def say_alive(self, kind: str, host: str, pid: int) -> None:
        """A process is there and at work; said every few seconds."""
        ...

    async def say_gone(self, kind: str, host: str, pid: int) -> None: ...

    async def alive(self) -> tuple[Alive, ...]:
        """Whoever said so in the last day, the latest first."""
        ...
