"""Requests to Pipedrive's REST API, v1 and v2, with token, pace and retries. Refusals are converted to our own
sentences.

https://pipedrive.readme.io/docs/core-api-concepts-authentication
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from worker.adapters.http import HttpAnswer
from worker.adapters.local_quota import LocalQuota
from worker.errors import SourceRefused, SourceUnavailable
from worker.ports import Quota
from worker.redact import redact
from worker.sources.common.calls import CAP, Calls, Retries, Sender, Wire
from worker.sources.common.credentials import Credential
from worker.sources.common.pace import RateLimiter
from worker.sources.common.parse import Node, read_object
from worker.sources.pipedrive.costs import BURST_SECONDS, COSTS
from worker.sources.pipedrive.limits import Daily, daily, heard
from worker.sources.pipedrive.refusal import SHUT_OUT, SPENT, refused


@dataclass(frozen=True, slots=True)
class PipedriveRequest:
    """`endpoint` is a key of COSTS ("GET /api/v2/deals/{id}"). `id` replaces its placeholder."""

    endpoint: str
    params: Mapping[str, str] = field(default_factory=dict)
    id: str = ""
    json: Any = None

    @property
    def method(self) -> str:
        return self.endpoint.split(" ", 1)[0]

    @property
    def path(self) -> str:
        return self.endpoint.split(" ", 1)[1].replace("{id}", quote(self.id, safe=""))

    @property
    def cost(self) -> int:
        """Tokens of the day. Raises KeyError for an endpoint without a cost."""
        return COSTS[self.endpoint]


class PipedriveClient:
    """`clock` gives UTC. `spent`: tokens of the day's budget used by this client. `day`: what the last answer said
    about it. `quota`: the budget that the connection's users share; without it, the client has its own.
    """

    def __init__(
        self,
        http: Sender,
        credential: Credential,
        *,
        clock: Callable[[], datetime],
        retries: Retries | None = None,
        quota: Quota | None = None,
    ) -> None:
        self._clock = clock
        self._credential = credential
        self._pace = RateLimiter(quota or LocalQuota(), heard, least=BURST_SECONDS)
        self._calls = Calls(http, self._pace, self._judge, retries or Retries())
        self._shut: tuple[float, SourceUnavailable] | None = None
        self.day = Daily()
        self.spent = 0

    async def read(self, request: PipedriveRequest) -> Node:
        """The JSON object in the answer. Raises SourceRefused, SourceUnavailable or SourceShapeChanged."""
        body = await self._fetch(request)
        secrets = self._credential.secrets
        answer = await read_object(request.endpoint, body, secrets)
        success = answer.get("success")
        if success.value is False:
            words = answer.get("error").text_or_none() or "it says so itself"
            raise SourceRefused(request.endpoint, f"not successful (200): {redact(words, secrets)}", status=200)
        if success.value is not True:
            raise success.wrong("true or false")
        return answer

    async def _fetch(self, request: PipedriveRequest) -> bytes:
        """A write is sent once, because it may have been applied although its answer was lost."""
        self._check_door()
        tries = None if request.method == "GET" else 1
        for last in (False, True):
            self.spent += request.cost
            proof = await self._credential.headers()
            try:
                return await self._calls.fetch(_wire(request, proof), tries=tries)
            except SourceRefused as refusal:
                if last or refusal.status != 401 or not await self._credential.renewed(proof):
                    raise
        raise AssertionError("the second time raises or returns")

    def _judge(self, endpoint: str, answer: HttpAnswer) -> bytes | SourceUnavailable | SourceRefused:
        told = daily(answer.headers)
        self.day = Daily(
            self.day.limit if told.limit is None else told.limit,
            self.day.remaining if told.remaining is None else told.remaining,
        )
        if answer.status in (200, 201):
            return answer.body
        error = refused(endpoint, answer, self._clock(), self._credential.secrets)
        if isinstance(error, SourceUnavailable) and error.problem in (SPENT, SHUT_OUT):
            self._shut_door(error)
        return error

    def _shut_door(self, error: SourceUnavailable) -> None:
        """A used-up day or a block lasts, so that requests in the next minute are refused here without being sent."""
        if error.problem == SPENT and error.retry_after is not None:
            self._pace.spent(error.retry_after)
        else:
            self._pace.hold(CAP)
        self._shut = asyncio.get_running_loop().time() + CAP, error

    def _check_door(self) -> None:
        if self._shut is None:
            return
        until, error = self._shut
        if asyncio.get_running_loop().time() < until:
            raise SourceUnavailable(error.endpoint, error.problem, retry_after=error.retry_after, limited=True)
        self._shut = None

    async def aclose(self) -> None:
        await self._credential.aclose()
        await self._calls.aclose()


def _wire(request: PipedriveRequest, proof: Mapping[str, str]) -> Wire:
    headers = {"accept": "application/json", **proof}
    return Wire(request.endpoint, request.method, request.path, request.params, request.json, headers, request.cost)
