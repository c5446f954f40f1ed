"""Facts that no script of the ledger makes true go to the stream as well as to the log."""

import asyncio

import structlog

from worker.adapters.redis_store.facts import BY_SCRIPTS
from worker.domain.events import Fact
from worker.errors import LedgerUnavailable
from worker.ports import Events
from worker.ports.event_stream import EventStream


class StreamedEvents:
    """Implements worker.ports.Events. A fact that Redis does not take is in the log alone."""

    def __init__(self, log: Events, stream: EventStream) -> None:
        self._log, self._stream = log, stream
        self._going: set[asyncio.Task[None]] = set()

    def emit(self, fact: Fact) -> None:
        self._log.emit(fact)
        if not isinstance(fact, BY_SCRIPTS):
            going = asyncio.ensure_future(self._add(fact))
            self._going.add(going)
            going.add_done_callback(self._going.discard)

    async def _add(self, fact: Fact) -> None:
        try:
            await self._stream.add(fact)
        except LedgerUnavailable as error:
            structlog.get_logger().warning("fact_not_streamed", kind=type(fact).__name__, sentence=str(error))
