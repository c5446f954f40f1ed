"""TLS to Redis and to RabbitMQ means a certificate that is checked, for the ledger and for Celery alike."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from redis.asyncio import Redis

from worker.adapters.celery.app import make_app
from worker.adapters.celery.queue import CeleryQueue
from worker.adapters.http import Http, HttpFailure
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.connection import check, connect
from worker.adapters.tls import tls_context
from worker.domain.run import RunKey
from worker.errors import BrokerUnavailable, LedgerUnavailable, SettingsError

CERTIFICATE = Path(__file__).parents[1] / "support" / "localhost.pem"
TRUSTED = f"?{urlencode({'ssl_ca_certs': CERTIFICATE})}"
STRANGE = "127.0.0.2"
"""Loopback too, and not in the certificate."""


class Front:
    """TLS in front of a server's unix socket, on a thread and loop of its own."""

    def __init__(self, behind: Path, host: str) -> None:
        self._behind, self._host = behind, host
        self._loop = asyncio.new_event_loop()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(CERTIFICATE)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def open(self) -> int:
        self._thread.start()
        return asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> int:
        self._loop.set_exception_handler(lambda *_: None)  # a client that does not trust us hangs up: that is the test
        self._server = await asyncio.start_server(self._serve, self._host, 0, ssl=self._context)
        return int(self._server.sockets[0].getsockname()[1])

    async def _end(self) -> None:
        self._server.close()
        serving = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(self._behind)
        try:
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        finally:
            back.close()
            writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@contextmanager
def behind_tls(server: EmbeddedRedis, host: str) -> Iterator[int]:
    front = Front(server.socket, host)
    port = front.open()
    try:
        yield port
    finally:
        front.close()


def publish(url: str) -> None:
    app = make_app(url, "acme")
    try:
        asyncio.run(CeleryQueue(app, "acme").produce([RunKey.parse("asked@2026-11-16T09:00:00Z")]))
    finally:
        app.pool.force_close_all()


async def look(url: str) -> str:
    client: Redis = connect(url)
    try:
        return (await check(client)).version
    finally:
        await client.aclose()


def test_a_certificate_that_is_trusted_opens_both(empty_redis: EmbeddedRedis) -> None:
    with behind_tls(empty_redis, "127.0.0.1") as port:
        assert asyncio.run(look(f"rediss://localhost:{port}/0{TRUSTED}")) >= "6.2"
        publish(f"rediss://localhost:{port}/1{TRUSTED}")


@pytest.mark.parametrize(("host", "name", "options"), [("127.0.0.1", "localhost", ""), (STRANGE, STRANGE, TRUSTED)])
def test_a_certificate_of_nobody_or_of_somebody_else_opens_neither(
    empty_redis: EmbeddedRedis, host: str, name: str, options: str
) -> None:
    with behind_tls(empty_redis, host) as port:
        with pytest.raises(LedgerUnavailable):
            asyncio.run(look(f"rediss://{name}:{port}/0{options}"))
        with pytest.raises(BrokerUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            publish(f"rediss://{name}:{port}/1{options}")


@pytest.mark.parametrize(("host", "trusted", "said"), [
    ("127.0.0.1", False, "CERTIFICATE_VERIFY_FAILED"),
    (STRANGE, True, "CERTIFICATE_VERIFY_FAILED"),
    ("127.0.0.1", True, "closed|timed out|Server unexpectedly"),  # trusted, but no RabbitMQ is behind it
])  # fmt: skip
def test_rabbitmq_over_tls_is_asked_for_its_certificate(
    empty_redis: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch, host: str, trusted: bool, said: str
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with behind_tls(empty_redis, host) as port, pytest.raises(BrokerUnavailable, match=said):
        publish(f"amqps://guest:guest@{host}:{port}//")


@pytest.fixture
def own_context() -> Iterator[None]:
    """The process's context is made anew before and after."""
    tls_context.cache_clear()
    yield
    tls_context.cache_clear()


@pytest.mark.usefixtures("own_context")
def test_one_variable_names_an_authority_for_every_client(
    empty_redis: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def said(port: int) -> str:
        async with aclosing(Http(f"https://localhost:{port}", timeout=5)) as http:
            try:
                await http.send("GET", "/")
            except HttpFailure as failure:
                return failure.problem
        return "an answer of Redis, which is none of HTTP"

    with behind_tls(empty_redis, "127.0.0.1") as port:
        assert "not trusted" in asyncio.run(said(port))
        tls_context.cache_clear()
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        assert "trusted" not in asyncio.run(said(port))
        assert asyncio.run(look(f"rediss://localhost:{port}/0")) >= "6.2"
        publish(f"rediss://localhost:{port}/1")


@pytest.mark.usefixtures("own_context")
@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_file_of_authorities_that_cannot_be_read_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_text(content, encoding="utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    opens: tuple[Callable[[], object], ...] = (
        lambda: Http("https://api.acme.example"),
        lambda: connect("rediss://localhost:1/0"),
        lambda: make_app("rediss://localhost:1/0", "acme"),
        lambda: make_app("amqps://g:g@localhost:1//", "acme"),
        tls_context,
    )
    for opened in opens:
        with pytest.raises(SettingsError, match=r"SSL_CERT_FILE: found .*, expected a file of certificates"):
            opened()


@pytest.mark.usefixtures("own_context")
async def test_without_tls_nobody_asks_for_authorities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that some other program left behind does not stop the sandbox."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nowhere.pem"))
    await Http("http://127.0.0.1:1").aclose()
    await connect("redis://127.0.0.1:1/0").aclose()
