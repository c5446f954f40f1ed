"""The requests of one client that are in flight, so that all of them can be ended when it is closed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class ClientClosed(Exception):
    """`begun`: the request may have reached the service."""

    def __init__(self, problem: str, *, begun: bool) -> None:
        self.begun = begun
        super().__init__(problem)


class InFlight:
    """Closing httpx's client alone leaves a request in flight and its connection as they are."""

    def __init__(self) -> None:
        self._deadlines: set[asyncio.Timeout] = set()
        self._nobody = asyncio.Event()
        self._nobody.set()
        self._closed = False

    @asynccontextmanager
    async def one(self, seconds: float) -> AsyncIterator[None]:
        """For at most so many seconds. Raises ClientClosed, TimeoutError."""
        if self._closed:
            raise ClientClosed("the client is closed", begun=False)
        deadline = asyncio.timeout(seconds)
        try:
            async with deadline:
                self._deadlines.add(deadline)
                self._nobody.clear()
                yield
        except TimeoutError as error:
            if self._closed:
                raise ClientClosed("the client was closed before the answer was whole", begun=True) from error
            raise
        finally:
            self._deadlines.discard(deadline)
            if not self._deadlines:
                self._nobody.set()

    async def end(self) -> None:
        """Ends every request now. After it returns, nothing is in flight and no new request can start."""
        self._closed = True
        for deadline in self._deadlines:
            if not deadline.expired():
                deadline.reschedule(0.0)
        await self._nobody.wait()
