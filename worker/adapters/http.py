"""One httpx client per connection: at most 16 requests in flight, one shared TLS context, no redirects followed.

httpcore counts idle connections anew for each request, so that more than about 32 in flight cost quadratically; our
semaphore stands before it.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from worker import __version__

IN_FLIGHT = 16
USER_AGENT = f"funnelbeat/{__version__}"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """`headers` with lower-case names. Any status: classing an answer is the caller's knowledge."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpFailure(Exception):
    """No whole answer. `sent`: the request may have reached the service, so a write may have been applied."""

    def __init__(self, problem: str, *, sent: bool) -> None:
        self.problem = problem
        self.sent = sent
        super().__init__(problem)


@cache
def tls_context() -> ssl.SSLContext:
    """Making one costs 18 ms; all clients of a process share it."""
    return httpx.create_ssl_context()


class Http:
    """`base_url` with or without a final slash. `auth`: user and password for Basic. Times in seconds."""

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float = 30.0,
        in_flight: int = IN_FLIGHT,
    ) -> None:
        self._places = asyncio.Semaphore(in_flight)
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={"user-agent": USER_AGENT, **(headers or {})},
            auth=auth,
            timeout=httpx.Timeout(timeout, pool=None),
            limits=httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight),
            verify=tls_context(),
            follow_redirects=False,
            trust_env=False,
        )

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
    ) -> HttpAnswer:
        """One request, one try; `patience` replaces the client's timeout.

        Raises HttpFailure, whose text holds neither URL parameters nor credentials.
        """
        extra: dict[str, Any] = {} if patience is None else {"timeout": httpx.Timeout(patience, pool=None)}
        async with self._places:
            try:
                answer = await self._client.request(
                    method, path, params=params, json=json, content=content, headers=dict(headers or {}), **extra
                )
            except httpx.HTTPError as error:
                raise _failure(error) from error
        return HttpAnswer(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.content)

    async def aclose(self) -> None:
        await self._client.aclose()


def _failure(error: httpx.HTTPError) -> HttpFailure:
    """Every httpx error as one of ours; only a failed connect surely left nothing behind."""
    sent = not isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.UnsupportedProtocol
    )
    words: dict[type[httpx.HTTPError], str] = {
        httpx.ConnectTimeout: "the connection was not made in time",
        httpx.ConnectError: "could not connect",
        httpx.ReadTimeout: "no answer came in time",
        httpx.WriteTimeout: "the request could not be sent in time",
        httpx.RemoteProtocolError: "the answer broke off",
        httpx.ReadError: "the connection broke while the answer was read",
    }
    return HttpFailure(words.get(type(error), f"{type(error).__name__}"), sent=sent)
