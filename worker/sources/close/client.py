"""Requests to Close's REST API with credentials, retries and pace. Refusals are converted to our own sentences.

All requests of runs only read (the funnel report is a POST that reads), so each may be repeated. Only requests for
webhooks write.
https://developer.close.com/topics/errors/
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from worker.adapters.http import HttpAnswer
from worker.adapters.local_quota import LocalQuota
from worker.errors import SourceRefused, SourceShapeChanged, SourceUnavailable
from worker.ports import Quota
from worker.sources.close import refusal
from worker.sources.common import limits
from worker.sources.common.calls import Calls, Retries, Sender, Wire
from worker.sources.common.credentials import Credential, StaticHeaders
from worker.sources.common.pace import RateLimiter
from worker.sources.common.parse import Node, WholeAnswer, read_object

LONGEST_QUERY = 4000
"""Characters of a query string beyond which the parameters go into a body, because servers and proxies cut at 8 kB."""


_GOOD = (200, 201)
"""Close answers newer POSTs with 201, even if they create nothing."""


@dataclass(frozen=True, slots=True)
class CloseRequest:
    """`zone` (IANA): the zone for relative ranges and date filters. `accept`: a media type. `once`: it writes, and is
    sent once, because it may have been applied although its answer was lost.
    """

    method: str
    path: str
    params: Mapping[str, str] | None = None
    json: Any = None
    zone: str = "UTC"
    accept: str = "application/json"
    name: str = ""  # the name in messages, if the path holds an id
    once: bool = False

    @property
    def endpoint(self) -> str:
        return f"{self.method} {self.name or self.path}"


STEPS = 5
"""Iterations of the event loop between two answers that are parsed. Up to 16 pages arrive together, and each takes 2 to
3 ms to parse. Requests that may be sent now are sent first, so that the service works while we parse.
"""


class CloseClient:
    """`secrets` never appear in errors, even if the service repeats them. `clock` gives UTC. `quota`: the budget that
    the connection's users share; without it, the client has its own.
    """

    def __init__(
        self,
        http: Sender,
        *,
        clock: Callable[[], datetime],
        secrets: tuple[str, ...] = (),
        retries: Retries | None = None,
        quota: Quota | None = None,
        credential: Credential | None = None,
    ) -> None:
        self._clock = clock
        self._credential = credential or StaticHeaders({}, secrets)
        pace = RateLimiter(quota or LocalQuota(), limits.heard)
        self._calls = Calls(http, pace, self._judge, retries or Retries())
        self._turn = asyncio.Lock()

    async def read(self, request: CloseRequest) -> Node:
        """The JSON object in the answer. Raises SourceRefused, SourceUnavailable or SourceShapeChanged."""
        return await self.opened(request, await self.body(request))

    async def body(self, request: CloseRequest) -> bytes:
        """As `fetch`, for an answer that is parsed next: one after another."""
        body = await self.fetch(request)
        async with self._turn:
            for _ in range(STEPS):
                await asyncio.sleep(0)
        return body

    async def opened(self, request: CloseRequest, body: bytes) -> Node:
        """The JSON object in the body of a good answer. Raises SourceShapeChanged."""
        answer = await read_object(request.endpoint, body, self._credential.secrets)
        if refusal.is_error(answer):
            words = refusal.said(body, self._credential.secrets)
            raise SourceShapeChanged(request.endpoint, "body", f"expected an answer, found an error: {words}")
        return answer

    def node(self, endpoint: str, value: Any) -> Node:
        """The root of an answer that was decoded elsewhere."""
        return WholeAnswer(endpoint, value, self._credential.secrets)

    async def fetch(self, request: CloseRequest) -> bytes:
        """The body of a 200 or 201, with retries. Raises as `read`."""
        tries = 1 if request.once else None
        for last in (False, True):
            wire = self._wire(request)
            proof = await self._credential.headers()
            try:
                return await self._calls.fetch(replace(wire, headers={**(wire.headers or {}), **proof}), tries=tries)
            except SourceRefused as refused:
                if last or refused.status != 401 or not await self._credential.renewed(proof):
                    raise
        raise AssertionError("the second time raises or returns")

    def _wire(self, request: CloseRequest) -> Wire:
        """The request as it is sent. A list filter that is too long for a query string is sent with Close's method
        override. `_fields` stays in the URL too, because Close may read it only there.

        https://developer.close.com/topics/http-method-override/
        """
        headers = {"accept": request.accept, "x-tz-offset": offset(self._clock(), request.zone)}
        if request.params is not None and _is_long(request.params):
            headers["x-http-method-override"] = request.method
            body = {"_params": dict(request.params)}
            shown = {name: value for name, value in request.params.items() if name == "_fields"}
            return Wire(request.endpoint, "POST", request.path, shown or None, body, headers)
        return Wire(request.endpoint, request.method, request.path, request.params, request.json, headers)

    def _judge(self, endpoint: str, answer: HttpAnswer) -> bytes | SourceUnavailable | SourceRefused:
        good = answer.status in _GOOD or (answer.status == 204 and endpoint.startswith("DELETE "))
        return answer.body if good else self._refused(endpoint, answer)

    def _refused(self, endpoint: str, answer: HttpAnswer) -> SourceUnavailable | SourceRefused:
        if 300 <= answer.status < 400:
            words = f"a redirect ({answer.status}), which is not followed; is base_url right?"
            return SourceRefused(endpoint, words, status=answer.status)
        words = refusal.sentence(answer.status, answer.body, self._credential.secrets)
        if answer.status == 429:
            seconds = limits.wait(answer.headers, refusal.reset(answer.body), self._clock())
            return SourceUnavailable(endpoint, words, retry_after=seconds, limited=True)
        if answer.status >= 500:
            seconds_asked = limits.retry_after(answer.headers, self._clock())
            return SourceUnavailable(endpoint, words, retry_after=seconds_asked)
        return SourceRefused(endpoint, words, status=answer.status)

    async def aclose(self) -> None:
        await self._credential.aclose()
        await self._calls.aclose()


def _is_long(params: Mapping[str, str]) -> bool:
    text = "".join((*params, *params.values()))
    if text.isascii() and 3 * len(text) + 2 * len(params) <= LONGEST_QUERY:
        return False  # even if every character is written as %XX
    return len(urlencode(params)) > LONGEST_QUERY


def offset(now: datetime, zone: str) -> str:
    """The signed hours that `zone` is ahead of UTC at this instant, in the form of x-tz-offset: "-4", "5.5".

    https://developer.close.com/topics/timezones/
    """
    shift = now.astimezone(ZoneInfo(zone)).utcoffset()
    return f"{shift.total_seconds() / 3600:g}" if shift is not None else "0"
