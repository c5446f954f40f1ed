"""An HTTP server on loopback that keeps what it is sent, and answers as it is told."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class EventReceiver:
    """`answer`: the status of a request; it may take its time."""

    url: str = ""
    seen: list[Received] = field(default_factory=list)
    answer: Callable[[Received], int] = lambda _request: 204
    came: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, ready: Callable[[list[Received]], bool], seconds: float) -> list[Received]:
        with self.came:
            assert self.came.wait_for(lambda: ready(self.seen), seconds), f"{len(self.seen)} requests came"
            return list(self.seen)


@contextmanager
def event_receiver() -> Iterator[EventReceiver]:
    made = EventReceiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            told = {name.lower(): value for name, value in self.headers.items()}
            request = Received(self.command, self.path, told, body)
            status = made.answer(request)
            with made.came:
                made.seen.append(request)
                made.came.notify_all()
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        do_GET = do_POST = handle_any  # noqa: N815  # as the standard library calls them

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its own name
            """Nothing on standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_port}/in/a-key"
    going = threading.Thread(target=server.serve_forever, daemon=True)
    going.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        going.join()
