"""Requests to Umami with credentials and pace, and answers as JSON."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from worker.errors import SourceRefused
from worker.sources.common.calls import Calls, Retries, Sender, Wire
from worker.sources.common.pace import RateLimiter
from worker.sources.common.parse import Node, read_answer
from worker.sources.umami.refusal import Judge
from worker.sources.umami.session import Login, Session

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class UmamiRequest:
    """`name`: the name in messages, if the path holds an id. `once`: a write, which is never repeated."""

    method: str
    path: str
    params: Mapping[str, str] | None = None
    json: Any = None
    name: str = ""
    once: bool = False

    @property
    def endpoint(self) -> str:
        return f"{self.method} {self.name or self.path}"


class UmamiClient:
    """Safe for concurrent questions. No secret appears in what is raised, even if the service repeats it."""

    def __init__(
        self, http: Sender, session: Session, pace: RateLimiter, *, clock: Callable[[], datetime], retries: Retries
    ) -> None:
        self._session = session
        self._pace = pace
        self._calls = Calls(http, pace, Judge(session.secrets, clock), retries)
        if isinstance(session, Login):
            session.over(self._calls)

    async def read(self, request: UmamiRequest) -> Node:
        """The JSON in the answer. Raises SourceRefused, SourceUnavailable or SourceShapeChanged.

        A 401 means an invalid token or a website of another account, which look the same, so the request is repeated
        once with another token.
        """
        refused: Mapping[str, str] | None = None
        while True:
            proof = await self._session.headers(refused)
            try:
                body = await self._fetch(request, proof)
                return await read_answer(request.endpoint, body, self._session.secrets())
            except SourceRefused as refusal:
                if refusal.status != 401 or refused is not None or not self._session.renewable:
                    raise
                refused = proof

    async def _fetch(self, request: UmamiRequest, proof: Mapping[str, str]) -> bytes:
        wire = Wire(
            endpoint=request.endpoint,
            method=request.method,
            path=request.path,
            params=request.params,
            json=request.json,
            headers={"accept": JSON, **proof},
        )
        return await self._calls.fetch(wire, tries=1 if request.once else None)

    async def aclose(self) -> None:
        await self._session.aclose()
        await self._calls.aclose()
        await self._pace.aclose()
