"""Requests to Close's REST API: credentials, retries, pace, and every refusal as one sentence of ours.

Everything that is sent is a read (the funnel report is a POST that reads), so all of it may be sent again.
https://developer.close.com/topics/errors/
"""

import asyncio
import base64
import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from worker.adapters.http import IN_FLIGHT, HttpAnswer, HttpFailure
from worker.adapters.local_quota import LocalQuota
from worker.errors import SourceRefused, SourceUnavailable
from worker.ports import Quota
from worker.sources.close import limits, refusal
from worker.sources.close.parse import Node, document
from worker.sources.common.pace import CAP, Pace

LONGEST_QUERY = 4000
"""Characters of a query string beyond which the parameters go into a body: servers and proxies cut at 8 kB."""


class Sender(Protocol):
    """What the client needs of adapters.http.Http."""

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpAnswer: ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Retries:
    """`pause` seconds before the second try, doubled each time, with jitter; `cap` for any single wait."""

    tries: int = 4
    pause: float = 0.5
    cap: float = CAP


@dataclass(frozen=True, slots=True)
class Request:
    """`zone` (IANA) makes relative ranges and date filters mean the schedule's days. `accept` a media type."""

    method: str
    path: str
    params: Mapping[str, str] | None = None
    json: Any = None
    zone: str = "UTC"
    accept: str = "application/json"
    name: str = ""  # for messages, where the path holds an id

    @property
    def endpoint(self) -> str:
        return f"{self.method} {self.name or self.path}"


class Client:
    """`secrets` never appear in what is raised, even when the service repeats them. `clock` gives UTC. `quota`: the
    connection's budget, which other workers use too; without it, one of this client's own.
    """

    def __init__(
        self,
        http: Sender,
        *,
        clock: Callable[[], datetime],
        secrets: tuple[str, ...] = (),
        retries: Retries | None = None,
        quota: Quota | None = None,
    ) -> None:
        self._http = http
        self._clock = clock
        self._secrets = tuple(s for secret in secrets for s in (secret, _basic(secret)) if s)
        self._retries = retries or Retries()
        self._pace = Pace(quota or LocalQuota(), limits.heard)
        self._places = asyncio.Semaphore(IN_FLIGHT)

    async def read(self, request: Request) -> Node:
        """The JSON object that answers. Raises SourceRefused, SourceUnavailable or SourceShapeChanged."""
        return document(request.endpoint, await self.fetch(request))

    async def fetch(self, request: Request) -> bytes:
        """The body of a 200, after as many tries as it takes. Raises as `read`."""
        for attempt in itertools.count(1):
            outcome = await self._once(request)
            if isinstance(outcome, bytes):
                return outcome
            if isinstance(outcome, SourceRefused):
                raise outcome
            pause = self._pause(outcome, attempt)
            if attempt >= self._retries.tries or pause > self._retries.cap:
                raise _given_up(outcome, attempt)
            if outcome.limited:
                self._pace.refused(pause)
            else:
                await asyncio.sleep(pause)
        raise AssertionError("counting has no end")

    async def _once(self, request: Request) -> bytes | SourceUnavailable | SourceRefused:
        """One try. What may pass is returned, as is a refusal, so that the loop above reads as one."""
        async with self._places:
            await self._pace.enter(request.endpoint)
            headers: Mapping[str, str] | None = None
            try:
                answer = await self._http.send(**self._wire(request))
                headers = answer.headers
            except HttpFailure as failure:
                return SourceUnavailable(request.endpoint, failure.problem)
            finally:
                self._pace.leave(headers)
        return answer.body if answer.status == 200 else self._refused(request.endpoint, answer)

    def _wire(self, request: Request) -> dict[str, Any]:
        """The request as Http takes it; a list filter too long for a query string goes as Close's override.

        https://developer.close.com/topics/http-method-override/
        """
        headers = {"accept": request.accept, "x-tz-offset": offset(self._clock(), request.zone)}
        if request.params is not None and len(urlencode(request.params)) > LONGEST_QUERY:
            headers["x-http-method-override"] = request.method
            body = {"_params": dict(request.params)}
            return {"method": "POST", "path": request.path, "json": body, "headers": headers}
        return {
            "method": request.method,
            "path": request.path,
            "params": request.params,
            "json": request.json,
            "headers": headers,
        }

    def _refused(self, endpoint: str, answer: HttpAnswer) -> SourceUnavailable | SourceRefused:
        if 300 <= answer.status < 400:
            words = f"a redirect ({answer.status}), which is not followed; is base_url right?"
            return SourceRefused(endpoint, words, status=answer.status)
        words = self._clean(refusal.sentence(answer.status, answer.body))
        if answer.status == 429:
            seconds = limits.wait(answer.headers, refusal.reset(answer.body), self._clock())
            return SourceUnavailable(endpoint, words, retry_after=seconds, limited=True)
        if answer.status >= 500:
            seconds_asked = limits.retry_after(answer.headers, self._clock())
            return SourceUnavailable(endpoint, words, retry_after=seconds_asked)
        return SourceRefused(endpoint, words, status=answer.status)

    def _pause(self, outcome: SourceUnavailable, attempt: int) -> float:
        """What the service asked for, else doubling; a little more by chance, so that workers do not come together."""
        asked = outcome.retry_after
        if asked is None:
            return self._retries.pause * float(2 ** (attempt - 1)) * random.uniform(0.75, 1.25)  # noqa: S311  # jitter
        return asked + random.uniform(0.0, min(0.25, self._retries.pause))  # noqa: S311  # jitter

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    async def aclose(self) -> None:
        await self._pace.aclose()
        await self._http.aclose()


def _given_up(outcome: SourceUnavailable, tries: int) -> SourceUnavailable:
    words = f"{outcome.problem} (tried {tries} times)" if tries > 1 else outcome.problem
    return SourceUnavailable(outcome.endpoint, words, retry_after=outcome.retry_after, limited=outcome.limited)


def offset(now: datetime, zone: str) -> str:
    """The signed hours that `zone` is ahead of UTC at this instant, as x-tz-offset takes them: "-4", "5.5".

    https://developer.close.com/topics/timezones/
    """
    shift = now.astimezone(ZoneInfo(zone)).utcoffset()
    return f"{shift.total_seconds() / 3600:g}" if shift is not None else "0"


def _basic(secret: str) -> str:
    """How the key travels in Basic authentication, without the padding that a copy may lack."""
    return base64.b64encode(f"{secret}:".encode()).decode().rstrip("=") if secret else ""
