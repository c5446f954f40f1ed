"""One connection of a client that may be slow on purpose: limits on its time and memory."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEAD_TIME = 10.0
"""Seconds for the head of a request, from its first byte, or from the start of the connection."""

STALL_TIME = 30.0
"""Seconds in which a client must take something of an answer that waits for it."""

LONGEST_HEAD = 32_768
"""Bytes of the head of a request."""


class PatientConnection(H11Protocol):
    """uvicorn ends a connection that is idle after an answer. This one also ends those that never finish a request's
    head, those that go on after a refusal, and those that do not take their answer.
    """

    _head: asyncio.TimerHandle | None = None
    _stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._head = self.loop.call_later(HEAD_TIME, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head()
        self._end_stall()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._answering():
            self._end_head()
        elif self._head is None:
            self._head = self.loop.call_later(HEAD_TIME, self.transport.abort)

    def pause_writing(self) -> None:
        """Called when the client has not taken some 64 KiB that were written."""
        super().pause_writing()
        if self._stall is None:
            self._stall = self.loop.call_later(STALL_TIME, self.transport.abort)

    def resume_writing(self) -> None:
        self._end_stall()
        super().resume_writing()

    def _answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn sets None at first, whatever it declares
        return cycle is not None and not cycle.response_complete

    def _end_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _end_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
