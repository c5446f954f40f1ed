"""Heartbeats of clocks and workers."""

from typing import Protocol

from worker.domain.heartbeat import Alive


class HeartbeatStore(Protocol):
    """The processes that report that they are alive. Raises LedgerUnavailable."""

    async def say_alive(self, kind: str, host: str, pid: int) -> None:
        """Reports that a process is alive and at work; called every few seconds."""
        ...

    async def say_gone(self, kind: str, host: str, pid: int) -> None: ...

    async def alive(self) -> tuple[Alive, ...]:
        """The processes that reported in the last day, the latest first."""
        ...
