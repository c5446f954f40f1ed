"""One SMTP connection past its login: a message in two writes where the server takes commands in groups.

aiosmtplib connects, begins TLS and logs in; it then waits for each reply in turn, which costs more than anything else
that is done for a message that was built before. What may be said in a group: RFC 2920, 3.1; DATA is the last of one.
"""

import asyncio
import re
from collections import deque
from contextlib import suppress
from dataclasses import dataclass

LONGEST_REPLY = 32_768
"""Bytes of one reply; a server that says more than that has nothing to do with mail."""

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_REPLY = re.compile(rb"[2-5]\d\d([ -]|$)")
_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    text: str


class WireError(Exception):
    """`phase`: mail, rcpt or data. `reply` is what the server said, None where it said nothing: `silent` when it only
    took too long. `sent`: the message itself was on its way.
    """

    def __init__(self, phase: str, reply: Reply | None, *, silent: bool = False, sent: bool = False) -> None:
        self.phase = phase
        self.reply = reply
        self.silent = silent
        self.sent = sent
        super().__init__(f"{phase}: {reply}")


class _Lost(Exception):
    """The connection is gone, or what came is no reply."""


class Wire(asyncio.Protocol):
    """Takes an open transport over from whoever opened it. `timeout` in seconds, for a reply to a command."""

    def __init__(self, transport: asyncio.Transport, *, groups: bool, timeout: float) -> None:
        self._transport = transport
        self._groups = groups
        self._timeout = timeout
        self._buffer = bytearray()
        self._lines: list[bytes] = []
        self._said = 0  # bytes of the reply that is coming in
        self._replies: deque[Reply] = deque()
        self._waiting: asyncio.Future[None] | None = None
        self._lost = transport.is_closing()
        transport.set_protocol(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        *lines, rest = self._buffer.split(b"\n")
        self._buffer = rest
        if not all(self._line(bytes(line).rstrip(b"\r \t")) for line in lines) or len(rest) > LONGEST_REPLY:
            self._break()
        self._wake()

    def _line(self, line: bytes) -> bool:
        """Whether it can be a line of a reply (RFC 5321, 4.2.1)."""
        self._lines.append(line[4:])
        self._said += len(line)
        if self._said > LONGEST_REPLY or not _REPLY.match(line):
            return False
        if line[3:4] != b"-":
            text = b"\n".join(self._lines).decode("utf-8", "surrogateescape")
            self._replies.append(Reply(int(line[:3]), text))
            self._lines.clear()
            self._said = 0
        return True

    def eof_received(self) -> None:
        self._break()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the protocol's
        self._lost = True
        self._wake()

    def _break(self) -> None:
        self._lost = True
        self._transport.abort()
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _say(self, data: bytes) -> None:
        if self._lost:
            raise _Lost
        self._transport.write(data)

    async def _reply(self, seconds: float) -> Reply:
        """The next one. Raises _Lost, and TimeoutError."""
        if not self._replies:
            async with asyncio.timeout(seconds):
                while not self._replies:
                    if self._lost:
                        raise _Lost
                    self._waiting = asyncio.get_running_loop().create_future()
                    await self._waiting
        return self._replies.popleft()

    async def hand_over(
        self, sender: bytes, options: list[bytes], recipient: bytes, message: bytes, patience: float
    ) -> str:
        """One message to one recipient: what the server said to it. Raises WireError.

        `patience`: seconds for the reply to the message itself.
        """
        mail = b" ".join([b"MAIL FROM:<" + sender + b">", *options])
        await self._commands([("mail", mail), ("rcpt", b"RCPT TO:<" + recipient + b">"), ("data", b"DATA")])
        try:
            self._say(framed(message))
            reply = await self._reply(patience)
        except (_Lost, TimeoutError) as error:
            raise WireError("data", None, silent=isinstance(error, TimeoutError), sent=True) from error
        if reply.code != 250:  # RFC 5321, 4.2.3
            raise WireError("data", reply)
        return reply.text

    async def _commands(self, commands: list[tuple[str, bytes]]) -> None:
        """Until the server waits for the message. Raises WireError for the first command that it refuses."""
        if any(_CONTROL.search(command) for _, command in commands):
            raise ValueError("a command holds a control character")
        if self._replies or self._buffer:  # said unasked: mostly that it closes
            self._break()
            raise WireError("mail", self._replies.popleft() if self._replies else None)
        refused: WireError | None = None
        started = False
        groups = [commands] if self._groups else [[command] for command in commands]
        for group in groups:
            if refused is not None:
                break
            for phase, reply in await self._answered(group):
                started = reply.code == 354
                good = started if phase == "data" else reply.code in {250, 251}
                refused = refused or (None if good else WireError(phase, reply))
        if refused is not None and started:
            await self._nothing()
        if refused is not None:
            raise refused

    async def _answered(self, group: list[tuple[str, bytes]]) -> list[tuple[str, Reply]]:
        found: list[tuple[str, Reply]] = []
        phase = group[0][0]
        try:
            self._say(b"".join(command + b"\r\n" for _, command in group))
            for phase, _ in group:
                found.append((phase, await self._reply(self._timeout)))
        except (_Lost, TimeoutError) as error:
            raise WireError(phase, None, silent=isinstance(error, TimeoutError)) from error
        return found

    async def _nothing(self) -> None:
        """A server that wants the message although it took no recipient gets an empty one, as RFC 2920, 3.1 has it."""
        try:
            self._say(b".\r\n")
            await self._reply(self._timeout)
        except (_Lost, TimeoutError):
            self._break()

    async def noop(self) -> Reply:
        """Raises WireError."""
        (_, reply), *_ = await self._answered([("connect", b"NOOP")])
        return reply

    async def reset(self) -> bool:
        """Whether the connection is fit for another message."""
        try:
            self._say(b"RSET\r\n")
            return (await self._reply(self._timeout)).code == 250
        except (_Lost, TimeoutError):
            return False

    async def quit(self) -> None:
        """Say goodbye, for a second; a server that is gone already is no trouble."""
        with suppress(_Lost, TimeoutError):
            self._say(b"QUIT\r\n")
            await self._reply(1.0)
        self.close()

    def close(self) -> None:
        self._lost = True
        self._transport.close()


def framed(message: bytes) -> bytes:
    """As it goes over the wire (RFC 5321, 4.5.2): lines end in CRLF and nothing else, a leading dot is doubled, and a
    dot alone ends it.
    """
    ends = message.count(b"\r\n")
    if message.count(b"\n") != ends or message.count(b"\r") != ends:
        message = _LINE_END.sub(b"\r\n", message)
    if not message.endswith(b"\r\n"):
        message += b"\r\n"
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    return (b"." if stuffed[:1] == b"." else b"") + stuffed + b".\r\n"
