"""A mail server that accepts everything and keeps nothing, so that only the sender is measured.

It prints its port, ends when its standard input is closed, and then prints the number of messages.
"""

import asyncio
import sys

from benchmarks.ground import say

END = b"\r\n.\r\n"


class Sink(asyncio.Protocol):
    """One connection: the normal course of RFC 5321, with pipelining."""

    messages = 0

    def __init__(self) -> None:
        self._waiting = b""
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink.localhost ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while self._step():
            pass

    def _step(self) -> bool:
        """Whether a complete command or message was there."""
        unit, found, rest = self._waiting.partition(END if self._in_data else b"\r\n")
        if not found:
            return False
        self._waiting = rest
        self._transport.write(self._stored() if self._in_data else self._command(unit[:4].upper()))
        return True

    def _stored(self) -> bytes:
        Sink.messages += 1
        self._in_data = False
        return b"250 2.0.0 kept nowhere\r\n"

    def _command(self, verb: bytes) -> bytes:
        if verb == b"EHLO":
            return b"250-sink.localhost\r\n250-SIZE 33554432\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 PIPELINING\r\n"
        if verb == b"DATA":
            self._in_data = True
            return b"354 go on\r\n"
        return b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n"


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    say(server.sockets[0].getsockname()[1])
    await asyncio.to_thread(sys.stdin.read)
    server.close()
    say(Sink.messages)


if __name__ == "__main__":
    asyncio.run(serve())
