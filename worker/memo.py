"""What several tasks of a process share is made once and kept while it is in use."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Memo:
    """Keeps the `size` values that were used last. The first task that asks for a value makes it; the others wait.

    A key is a value: it names everything that the made value depends on. Never an object's address (`id`): Python gives
    the address of a freed object to the next one, and then one reader is sent what another reader is told.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._made: OrderedDict[Hashable, asyncio.Future[Any]] = OrderedDict()

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """Raises what `make` raises, and forgets it: the next task tries again."""
        known = self._made.get(key)
        if known is None:
            known = self._begin(key, make)
        self._made.move_to_end(key)
        return cast("T", await asyncio.shield(known))

    def _begin(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> asyncio.Future[T]:
        if len(self._made) >= self._size:
            self._made.popitem(last=False)
        begun = self._made[key] = asyncio.ensure_future(make())
        begun.add_done_callback(lambda done: self._forget_failed(key, done))
        return begun

    def _forget_failed(self, key: Hashable, done: asyncio.Future[Any]) -> None:
        """Another task may have begun the same key anew since this one was dropped: that one stays."""
        failed = done.cancelled() or done.exception() is not None
        if failed and self._made.get(key) is done:
            del self._made[key]
