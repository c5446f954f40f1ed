"""Reads the replies to several SMTP commands that were sent together, on a transport that aiosmtplib has opened."""

import asyncio
from collections.abc import Sequence

from aiosmtplib import SMTPException, SMTPReadTimeoutError, SMTPResponse, SMTPServerDisconnected

MOST = 32 * 1024
"""Bytes of one reply. A server that sends more is hostile or broken."""


class Replies(asyncio.Protocol):
    """`ended`: why no more replies come, once that is so. Then the connection is closed."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.ended: SMTPException | None = None
        self._transport = transport
        self._unread = b""
        self._lines: list[str] = []
        self._size = 0
        self._found: list[SMTPResponse] = []
        self._patience: Sequence[float] = ()
        self._late: asyncio.TimerHandle | None = None
        self._asker: asyncio.Future[None] | None = None
        transport.set_protocol(self)

    async def to(self, written: bytes, patience: Sequence[float]) -> list[SMTPResponse]:
        """The replies to as many commands as `patience` has numbers, each whole within that many seconds after the one
        before. Fewer if `ended`: none, and nothing was written, if it has ended before.
        """
        self._found, self._patience = [], patience
        if self.ended is not None:
            return []
        self._asker = asyncio.get_running_loop().create_future()
        self._wait()
        self._transport.write(written)
        try:
            await self._asker
        except BaseException:  # nobody would read these replies, and the next asker would take them for its own
            self._end(SMTPServerDisconnected("abandoned"))
            raise
        finally:
            self._stop_waiting()
            self._asker = None
        return self._found

    def close(self) -> None:
        self._end(SMTPServerDisconnected("closed"))

    def data_received(self, data: bytes) -> None:
        if self._asker is None or self._asker.done():  # such as 421 of a server that wants no more
            self._end(SMTPServerDisconnected("words that nobody asked for"))
            return
        *lines, self._unread = (self._unread + data).split(b"\n")
        known = len(self._found)
        try:
            for line in lines:
                self._read(line)
        except ValueError:
            self._end(SMTPServerDisconnected("no reply of SMTP"))
        if len(self._unread) + self._size > MOST:
            self._end(SMTPServerDisconnected("a reply without an end"))
        if self._asker.done():
            return
        if len(self._found) == len(self._patience):
            self._asker.set_result(None)
        elif len(self._found) > known:
            self._wait()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002  # asyncio's shape
        self._end(SMTPServerDisconnected("Connection lost"))

    def _read(self, line: bytes) -> None:
        """Raises ValueError for a line without a code, and for more replies than were asked for."""
        code = int(line[:3])
        self._size += len(line) + 1
        self._lines.append(line[4:].strip(b" \t\r").decode("utf-8", "surrogateescape"))
        if line[3:4] != b"-":
            if len(self._found) == len(self._patience):
                raise ValueError
            self._found.append(SMTPResponse(code, "\n".join(self._lines)))
            self._lines, self._size = [], 0

    def _wait(self) -> None:
        self._stop_waiting()
        self._late = asyncio.get_running_loop().call_later(
            self._patience[len(self._found)], self._end, SMTPReadTimeoutError("no reply in time")
        )

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _end(self, why: SMTPException) -> None:
        self.ended = self.ended or why
        self._stop_waiting()
        self._transport.close()
        if self._asker is not None and not self._asker.done():
            self._asker.set_result(None)
