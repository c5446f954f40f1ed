"""Facts that no script of the ledger makes true go to the stream as well as to the log."""

import asyncio

import structlog

from worker.adapters.redis_store.facts import BY_SCRIPTS
from worker.domain.events import Fact
from worker.errors import LedgerUnavailable
from worker.ports import Events
from worker.ports.event_stream import EventStream

AT_ONCE = 500
"""Facts in one round trip: a run tells one of each of its alert rules."""


class StreamedEvents:
    """Implements worker.ports.Events. A fact that Redis does not take is in the log alone. Those that are told while
    others are on their way go together, after them.
    """

    def __init__(self, log: Events, stream: EventStream) -> None:
        self._log, self._stream = log, stream
        self._waiting: list[Fact] = []
        self._going: asyncio.Task[None] | None = None

    def emit(self, fact: Fact) -> None:
        self._log.emit(fact)
        if isinstance(fact, BY_SCRIPTS):
            return
        self._waiting.append(fact)
        if self._going is None or self._going.done():
            self._going = asyncio.ensure_future(self._write())

    async def _write(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            try:
                await self._stream.add(together)
            except LedgerUnavailable as error:
                kinds = sorted({type(fact).__name__ for fact in together})
                told = {"facts": len(together), "kinds": kinds, "sentence": str(error)}
                structlog.get_logger().warning("facts_not_streamed", **told)
