"""Clients that are opened once, shared by all users of the same options, and closed when no longer used."""

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    async def aclose(self) -> None: ...


T = TypeVar("T", bound=Closable)


class OpenOnce(Generic[T]):
    """By key. A client that was not asked for during `idle` seconds is closed when another is opened; otherwise a
    rotated key would leave its client open for ever. `idle` is longer than any use of a client. `clock` returns seconds
    that only grow.
    """

    def __init__(self, idle: float, clock: Callable[[], float]) -> None:
        self._idle = idle
        self._clock = clock
        self._open: dict[Hashable, T] = {}
        self._asked: dict[Hashable, float] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Raises what `make` raises. An event loop must be running if a client has to be closed."""
        now = self._clock()
        if key not in self._open:
            self._open[key] = make()
            self._asked[key] = now
            self._close_idle(now)
        self._asked[key] = now
        return self._open[key]

    async def aclose(self) -> None:
        await asyncio.gather(*self._closing, *(one.aclose() for one in self._open.values()))
        self._open.clear()

    def _close_idle(self, now: float) -> None:
        for key in [key for key, asked in self._asked.items() if now - asked > self._idle]:
            del self._asked[key]
            closing = asyncio.ensure_future(self._open.pop(key).aclose())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
