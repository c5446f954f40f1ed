"""One httpx client per connection: at most 16 requests in flight, one shared TLS context, no redirects."""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import httpx

from worker import __version__
from worker.adapters.http_body import OFFERED, BodyTooLarge, BodyUnreadable, packed, read_gzip, read_plain
from worker.adapters.http_connections import KEPT, Connections
from worker.adapters.http_in_flight import ClientClosed, InFlight
from worker.adapters.tls import tls_context
from worker.adapters.unknown_host import is_unknown_host, unknown_host
from worker.adapters.url import base_url
from worker.errors import RequestError

IN_FLIGHT = 16
WHOLE = 2
"""The whole answer may take this many times the client's timeout. That timeout alone would let an answer that arrives
byte by byte go on for ever.
"""
_ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEPT)
LARGEST = 64 * 1024 * 1024
"""Reading stops after this many bytes of a body, packed or unpacked."""
LARGEST_REFUSAL = 1024 * 1024
"""The same for an answer with a status of 300 or above. Its body is then left out; its status is kept."""
USER_AGENT = f"funnelbeat/{__version__}"

# httpx logs the whole URL of every request at INFO, and a webhook's URL is a secret.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Header names are in lower case. Any status is an answer; the caller decides what it means."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpFailure(Exception):
    """There was no whole answer. `sent`: the request may have reached the service, so a write may have been applied.
    `silent`: the service was waited for and did not answer. `closed`: so is the client, and no other try can succeed.
    """

    def __init__(self, problem: str, *, sent: bool, silent: bool = False, closed: bool = False) -> None:
        self.problem = problem
        self.sent = sent
        self.silent = silent
        self.closed = closed
        super().__init__(problem)


@lru_cache(128)
def _parsed(url: str) -> httpx.URL:
    return httpx.URL(url)


def _query(params: Mapping[str, Any]) -> bytes:
    """Most requests differ from the one before in one parameter, so the others are found as they were written."""
    if all(type(value) is str for value in params.values()):
        return "&".join(_pair(name, value) for name, value in params.items()).encode("ascii")
    return str(httpx.QueryParams(params)).encode("ascii")


@lru_cache(512)
def _pair(name: str, value: str) -> str:
    return str(httpx.QueryParams({name: value}))


@cache
def _no_tls() -> ssl.SSLContext:
    """A context for http:// addresses, which use no TLS. It trusts nobody and needs no file of authorities."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Http:
    """`base_url` with or without a final slash. `auth`: user and password for Basic. Times in seconds. `largest`: bytes
    of a body after which reading stops.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float = 30.0,
        in_flight: int = IN_FLIGHT,
        largest: int = LARGEST,
    ) -> None:
        self._largest = largest
        self._places = asyncio.Semaphore(in_flight)
        self._in_flight = InFlight()
        self._timeout = timeout
        trusted = _no_tls() if base_url.startswith("http://") else tls_context()
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={"user-agent": USER_AGENT, "accept-encoding": OFFERED, **(headers or {})},
            auth=auth,
            timeout=httpx.Timeout(timeout, pool=None),
            transport=Connections(lambda: httpx.AsyncHTTPTransport(verify=trusted, limits=_ONE, trust_env=False)),
            follow_redirects=False,
            trust_env=False,
        )
        self._base = str(self._client.base_url).rstrip("/")

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        patience: float | None = None,
        server_name: str | None = None,
    ) -> HttpAnswer:
        """One request, one try; `patience` replaces the client's timeout. `server_name`: whose certificate is expected,
        where the path is a URL with an address in place of the name.

        Raises HttpFailure, whose text holds neither URL parameters nor credentials.
        """
        seconds = self._timeout if patience is None else patience
        url, target = self._address(path, params)
        request = self._client.build_request(
            method,
            url,
            json=json,
            content=content,
            headers=dict(headers or {}),
            timeout=httpx.Timeout(seconds, pool=None),
            extensions=({} if server_name is None else {"sni_hostname": server_name}) | target,
        )
        async with self._places:
            try:
                async with self._in_flight.one(WHOLE * seconds):
                    return await self._exchange(request)
            except ClientClosed as closed:
                raise HttpFailure(str(closed), sent=closed.begun, closed=True) from closed
            except TimeoutError as error:
                raise HttpFailure(
                    f"the answer was not whole after {WHOLE * seconds:g} s", sent=True, silent=True
                ) from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise _failure(error, url.host) from error

    def _address(self, path: str, params: Mapping[str, Any] | None) -> tuple[httpx.URL, dict[str, bytes]]:
        """The URL, and the extension with the request's target where the URL lacks its query: taking a URL apart costs
        more than all else of a request, and so it is done once for each path. Both mean what httpx makes of base, path
        and parameters. What may mean more than a plain path is left to httpx.

        https://www.encode.io/httpcore/extensions/#target
        """
        if not path.startswith("/") or any(mark in path for mark in ("//", "/.", "?", "#")):
            return self._client.build_request("GET", path, params=params).url, {}
        url = _parsed(self._base + path)
        return url, {"target": b"%b?%b" % (url.raw_path, _query(params))} if params else {}

    async def _exchange(self, request: httpx.Request) -> HttpAnswer:
        """Reads piece by piece, so that an endless body is abandoned before it fills the memory."""
        answer = await self._client.send(request, stream=True)
        try:
            body = await _body(answer, self._largest)
        finally:
            await answer.aclose()
        return HttpAnswer(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, body)

    async def aclose(self) -> None:
        """Ends what is in flight: whoever waits for it gets a HttpFailure. Every connection is then closed."""
        await self._in_flight.end()
        await self._client.aclose()


def api_address(option: str, text: str, *, without_tls: bool = False) -> str:
    """Checks the address of an HTTP API and removes its final slash. `without_tls` allows http:// to other machines.

    Raises RequestError that names the option.
    """
    try:
        return base_url(text, without_tls=without_tls)
    except ValueError as error:
        raise RequestError(f"{option}: {error}") from None


async def _body(answer: httpx.Response, largest: int) -> bytes:
    """The body without its compression. Raises HttpFailure."""
    refusal = answer.status_code >= 300
    try:
        read = read_gzip if packed(answer.headers.get_list("content-encoding", split_commas=True)) else read_plain
        return await read(answer.aiter_raw(), min(LARGEST_REFUSAL, largest) if refusal else largest)
    except BodyTooLarge:
        if refusal:
            return b""
        raise HttpFailure(f"the answer is larger than {largest // 1024**2} MB", sent=True) from None
    except BodyUnreadable as unreadable:
        raise HttpFailure(str(unreadable), sent=True) from None


_WORDS: dict[type[Exception], str] = {
    httpx.ConnectTimeout: "the connection was not made in time",
    httpx.ConnectError: "could not connect",
    httpx.ReadTimeout: "no answer came in time",
    httpx.WriteTimeout: "the request could not be sent in time",
    httpx.WriteError: "the connection broke while the request was sent",
    httpx.ReadError: "the connection broke while the answer was read",
    httpx.CloseError: "the connection broke while it was closed",
    httpx.RemoteProtocolError: "the answer broke off",
    httpx.LocalProtocolError: "the request holds what HTTP cannot carry",
    httpx.DecodingError: "the answer's compression is broken",
    httpx.InvalidURL: "the address is no URL",
    httpx.UnsupportedProtocol: "the address does not begin with http:// or https://",
}
_NOT_CONNECTED = {
    "CERTIFICATE_VERIFY_FAILED": "could not connect: the server's certificate is not trusted",
    "[SSL": "could not connect: TLS failed; is it an https:// port?",
}
"""Text of OpenSSL → our words. httpx has one exception type for both."""
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)


def _failure(error: httpx.HTTPError | httpx.InvalidURL, host: str) -> HttpFailure:
    """Translates every httpx error in our own words, because httpx's may quote the URL. Only a failure before the first
    byte was sent proves that nothing happened.
    """
    words = _WORDS.get(type(error), type(error).__name__)
    if isinstance(error, httpx.ConnectError):
        words = next((why for sign, why in _NOT_CONNECTED.items() if sign in str(error)), words)
        words = f"{words}: {unknown_host(host)}" if is_unknown_host(error) else words
    silent = isinstance(error, httpx.ConnectTimeout | httpx.ReadTimeout | httpx.WriteTimeout)
    return HttpFailure(words, sent=not isinstance(error, _NEVER_SENT), silent=silent)
