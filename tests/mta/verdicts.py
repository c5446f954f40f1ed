"""What Postfix is to answer to each recipient, by the two ways in which a Postfix asks: policy service and milter."""

import socketserver
import struct
import threading
from collections import Counter, defaultdict
from types import TracebackType
from typing import Self

POLICY = "policy"
RCPT = "rcpt"
END = "end of message"
_ONLY_RCPT_AND_END = 0x1 | 0x2 | 0x4 | 0x10 | 0x20 | 0x40 | 0x100 | 0x200
"""Steps of a milter that Postfix is to leave out."""


class Verdicts:
    """In the step POLICY an answer is an action of access(5), such as "450 4.7.1 Greylisted"; Postfix writes before it
    whom it refuses. In the steps RCPT and END it is the whole reply, such as "550 5.7.26 SPF fails", as of a milter.
    """

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._tries: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._servers = [_Server(self, handler) for handler in (_Policy, _Milter)]
        self._threads = [threading.Thread(target=one.serve_forever, args=(0.05,)) for one in self._servers]

    @property
    def ports(self) -> dict[str, int]:
        policy, milter = (int(server.server_address[1]) for server in self._servers)
        return {"policy": policy, "milter": milter}

    @property
    def tries(self) -> Counter[str]:
        """How often each recipient was asked for."""
        with self._lock:
            return Counter(self._tries)

    def answer(self, recipient: str, *answers: str, step: str = POLICY) -> None:
        """Each once, in order; the last one stays until it is changed. Without answers the recipient is accepted."""
        with self._lock:
            self._answers[recipient, step] = list(answers)

    def forget(self) -> None:
        with self._lock:
            self._answers.clear()
            self._tries.clear()

    def forget_tries(self) -> None:
        with self._lock:
            self._tries.clear()

    def asked(self, recipient: str, step: str) -> str:
        """The answer, empty to accept."""
        with self._lock:
            self._tries[recipient] += step == POLICY
            left = self._answers.get((recipient, step), [])
            return left.pop(0) if len(left) > 1 else next(iter(left), "")

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join(10)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False  # Postfix keeps its connections open

    def __init__(self, verdicts: Verdicts, handler: type[socketserver.StreamRequestHandler]) -> None:
        self.verdicts = verdicts
        super().__init__(("127.0.0.1", 0), handler)


class _Policy(socketserver.StreamRequestHandler):
    """Requests of lines `name=value`, each ended by an empty line (SMTPD_POLICY_README of Postfix)."""

    server: _Server

    def handle(self) -> None:
        asked: dict[str, str] = {}
        for line in self.rfile:
            name, given, value = line.decode("utf-8", "replace").rstrip("\n").partition("=")
            if given:
                asked[name] = value
                continue
            action = self.server.verdicts.asked(asked["recipient"], POLICY)
            self.wfile.write(f"action={action or 'DUNNO'}\n\n".encode())
            asked = {}


class _Milter(socketserver.StreamRequestHandler):
    """Packets of a length, a letter and data (Sendmail's mfdef.h): O negotiates, R is a recipient, E ends a message."""

    server: _Server

    def handle(self) -> None:
        recipient = ""
        while len(head := self.rfile.read(5)) == 5:
            size, letter = struct.unpack("!Ic", head)
            data = self.rfile.read(size - 1)
            if letter == b"O":
                self._say(b"O" + struct.pack("!III", 6, 0, _ONLY_RCPT_AND_END))
            elif letter == b"R":
                recipient = data.split(b"\0")[0].decode().strip("<>")
                self._reply(self.server.verdicts.asked(recipient, RCPT))
            elif letter == b"E":
                self._reply(self.server.verdicts.asked(recipient, END))
            elif letter == b"Q":
                return

    def _reply(self, text: str) -> None:
        self._say(b"y" + text.encode() + b"\0" if text else b"c")

    def _say(self, packet: bytes) -> None:
        self.wfile.write(struct.pack("!I", len(packet)) + packet)
