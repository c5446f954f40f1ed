"""A way to a mail server that breaks off when the server accepts a message, so that the sender never hears of it."""

import socketserver
import threading
from select import select
from socket import SHUT_RDWR, create_connection, socket
from types import TracebackType
from typing import Self

ACCEPTED = b"250 2.0.0 Ok: queued"


class LossyWay:
    """Passes bytes to a port of this machine. `lose`: how many more times the server's word is lost."""

    def __init__(self, behind: int, lose: int = 0) -> None:
        self.behind, self.lose = behind, lose
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.way = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    way: LossyWay


class _Handler(socketserver.BaseRequestHandler):
    request: socket
    server: _Server

    def handle(self) -> None:
        way = self.server.way
        with create_connection(("127.0.0.1", way.behind)) as there:
            ends = {self.request: there, there: self.request}
            while True:
                for source in select(list(ends), [], [])[0]:
                    data = source.recv(65536)
                    lost = source is there and data.startswith(ACCEPTED) and way.lose > 0
                    if lost or not data:
                        way.lose -= lost
                        self.request.shutdown(SHUT_RDWR)
                        return
                    ends[source].sendall(data)
