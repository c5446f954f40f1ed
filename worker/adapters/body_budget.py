"""Limits the bytes of answers that one process holds at once: answers that are being read, and answers that are still
in use. Each body has its own limit, and each connection its own number of requests in flight. Even so, sixteen bodies
at their limit would be a gigabyte.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Self
from weakref import WeakKeyDictionary, ref

MOST = 128 * 1024 * 1024
PATIENCE = 5.0
"""Seconds that the oldest reader waits for bodies which were read and are still in use. Then it continues: a body that
stays in use must not block a reader for ever.
"""


class Body(bytes):
    """The bytes of an answer; they count until they are no longer referenced."""

    let_go: Callable[[], None]

    def __del__(self) -> None:
        if hasattr(self, "let_go"):
            self.let_go()


class BodyBudget:
    """Of one event loop. A reader without room waits, and so the service waits too. The oldest reader does not wait for
    other readers, so one of them can always continue: one body may exceed `most`.
    """

    def __init__(self, most: int = MOST, patience: float = PATIENCE) -> None:
        self.most = most
        self._patience = patience
        self._loop = ref(asyncio.get_running_loop())
        self._lock = threading.Lock()
        self._readers: dict[BodyReading, None] = {}
        self._unread = 0
        self._changed = asyncio.Event()
        self.held = 0

    def add(self, size: int, *, read: bool) -> None:
        """`read`: of bodies that were read; the last reference to one may be dropped in any thread."""
        with self._lock:
            self.held += size
            self._unread += 0 if read else size
        loop = self._loop()
        if size < 0 and loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._changed.set)

    def begin(self, reading: "BodyReading") -> None:
        self._readers[reading] = None

    def end(self, reading: "BodyReading") -> None:
        """The next reader may be the oldest now."""
        self._readers.pop(reading, None)
        self._changed.set()

    async def room(self, reading: "BodyReading", size: int) -> None:
        """Returns when `size` more bytes may be read."""
        time = asyncio.get_running_loop().time
        while self.held + size > self.most:
            if next(iter(self._readers)) is reading:
                reading.deadline = reading.deadline or time() + self._patience
                if self.held == self._unread or time() >= reading.deadline:
                    return
            self._changed.clear()
            await self._wait(reading.deadline)

    async def _wait(self, deadline: float | None) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                await self._changed.wait()
        except TimeoutError:
            return


class BodyReading:
    """One body while it is read: `with BodyReading() as reading`. What was read and not kept is given back. `deadline`:
    until when it waits for bodies that are in use, once it is the oldest.
    """

    def __init__(self) -> None:
        self.deadline: float | None = None
        self._budget = budget()
        self._size = 0

    def __enter__(self) -> Self:
        self._budget.begin(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._budget.end(self)
        if self._size:
            self._budget.add(-self._size, read=False)

    async def grow(self, size: int) -> None:
        """Before `size` more bytes are read."""
        await self._budget.room(self, size)
        self._size += size
        self._budget.add(size, read=False)

    def kept(self, body: bytearray) -> Body:
        """The whole body, which counts for as long as somebody holds it."""
        whole, size, budget_ = Body(body), len(body), self._budget
        budget_.add(size, read=True)
        whole.let_go = lambda: budget_.add(-size, read=True)
        return whole


_budgets: WeakKeyDictionary[asyncio.AbstractEventLoop, BodyBudget] = WeakKeyDictionary()


def budget() -> BodyBudget:
    """The running loop's; a process has one loop."""
    loop = asyncio.get_running_loop()
    found = _budgets.get(loop)
    if found is None:
        found = _budgets[loop] = BodyBudget()
    return found
