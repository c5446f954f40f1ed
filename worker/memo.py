"""Values that several tasks of a process share: made once, and kept while they are in use."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Memo:
    """Keeps the `size` values that were used last. The first task that asks for a value makes it; the others wait.

    A key is a value that names everything that the made value depends on. It must not be an object's address (`id`):
    Python gives the address of a freed object to another one, and then one reader would be sent another reader's
    message.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._made: OrderedDict[Hashable, asyncio.Future[Any]] = OrderedDict()

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """Raises what `make` raises, and forgets it, so that the next task tries again."""
        known = self._made.get(key)
        if known is None:
            known = self._begin(key, make)
        self._made.move_to_end(key)
        return cast("T", known.result() if known.done() else await asyncio.shield(known))

    def _begin(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> asyncio.Future[T]:
        if len(self._made) >= self._size:
            self._made.popitem(last=False)
        begun = self._made[key] = asyncio.ensure_future(make())
        begun.add_done_callback(lambda done: self._forget_failed(key, done))
        return begun

    def _forget_failed(self, key: Hashable, done: asyncio.Future[Any]) -> None:
        """Another task may have begun the same key again since this one was dropped. That one stays."""
        failed = done.cancelled() or done.exception() is not None
        if failed and self._made.get(key) is done:
            del self._made[key]
