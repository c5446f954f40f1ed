"""Sends a request until it is answered, with retries, pauses and pace. Each service classifies its answers.

Only reads (and confirmed writes that are sent once) pass here, so every request may be repeated.
"""

import asyncio
import itertools
import math
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from worker.adapters.http import IN_FLIGHT, HttpAnswer, HttpFailure
from worker.errors import SourceRefused, SourceUnavailable

CAP = 60.0
"""Seconds. A longer wait is reported and not waited for."""


class Sender(Protocol):
    """The part of adapters.http.Http that is needed here."""

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        patience: float | None = None,
    ) -> HttpAnswer: ...

    async def aclose(self) -> None: ...


class RateGate(Protocol):
    """Decides when the next request may be sent."""

    async def enter(self, endpoint: str = "", cost: float = 0.0) -> None:
        """Waits for a turn. Every call that returns is followed by one `leave`. Raises SourceUnavailable if the day's
        budget is less than `cost`.
        """
        ...

    def leave(self, headers: Mapping[str, str] | None) -> None:
        """Call after a request: with the answer's headers, or None if there was no answer."""
        ...

    def refused(self, seconds: float) -> None:
        """Call after a 429: nothing is sent for this many seconds."""
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Retries:
    """`pause`: seconds before the second try, doubled each time, with jitter. `cap`: the longest single wait."""

    tries: int = 4
    pause: float = 0.5
    cap: float = CAP


@dataclass(frozen=True, slots=True)
class Wire:
    """One request as it is sent. `endpoint` names it in messages; `cost`: the tokens of a day's budget that it
    needs.
    """

    endpoint: str
    method: str
    path: str
    params: Mapping[str, str] | None = None
    json: Any = None
    headers: Mapping[str, str] | None = None
    cost: float = 0.0


Judge = Callable[[str, HttpAnswer], bytes | SourceUnavailable | SourceRefused]
"""Gets the endpoint and the answer. Returns the body of a good answer, an error to try again, or a refusal."""


PATIENCE = 20.0
"""The maximum number of seconds for one answer, including retries, while a person waits at a terminal."""

_PATIENCE: ContextVar[float | None] = ContextVar("_PATIENCE", default=None)


@contextmanager
def somebody_waits(seconds: float | None = None) -> Iterator[None]:
    """Requests inside end after `seconds` (PATIENCE), while those of a run are retried for minutes."""
    token = _PATIENCE.set(PATIENCE if seconds is None else seconds)
    try:
        yield
    finally:
        _PATIENCE.reset(token)


class Calls:
    """`judge` classifies an answer. A SourceUnavailable with a wait longer than the cap is raised at once."""

    def __init__(self, http: Sender, pace: RateGate, judge: Judge, retries: Retries) -> None:
        self._http = http
        self._pace = pace
        self._judge = judge
        self._retries = retries
        self._places = asyncio.Semaphore(IN_FLIGHT)

    async def fetch(self, wire: Wire, *, tries: int | None = None) -> bytes:
        """The body of a good answer, with retries. Raises SourceRefused or SourceUnavailable."""
        most = self._retries.tries if tries is None else tries
        time, patience = asyncio.get_running_loop().time, _PATIENCE.get()
        until = math.inf if patience is None else time() + patience
        for attempt in itertools.count(1):
            outcome = await self._once(wire, until - time())
            if isinstance(outcome, bytes):
                return outcome
            if isinstance(outcome, SourceRefused):
                raise outcome
            pause = self._pause(outcome, attempt)
            if attempt >= most or pause > self._retries.cap or time() + pause >= until:
                raise _given_up(outcome, attempt)
            if outcome.limited:
                self._pace.refused(pause)
            else:
                await asyncio.sleep(pause)
        raise AssertionError("counting has no end")

    async def _once(self, wire: Wire, left: float) -> bytes | SourceUnavailable | SourceRefused:
        """One attempt. A temporary failure is returned, and so is a refusal, so that the loop above handles both.
        Raises SourceUnavailable for a client that is closed, which is final.
        """
        async with self._places:
            await self._pace.enter(wire.endpoint, wire.cost)
            headers: Mapping[str, str] | None = None
            try:
                patience = {} if left == math.inf else {"patience": left}
                answer = await self._http.send(
                    wire.method, wire.path, params=wire.params, json=wire.json, headers=wire.headers, **patience
                )
                headers = answer.headers
            except HttpFailure as failure:
                if failure.closed:
                    raise SourceUnavailable(wire.endpoint, failure.problem) from failure
                return SourceUnavailable(wire.endpoint, failure.problem)
            finally:
                self._pace.leave(headers)
        return self._judge(wire.endpoint, answer)

    def _pause(self, outcome: SourceUnavailable, attempt: int) -> float:
        """The service's wait, else a doubling pause, plus jitter so that workers do not return together."""
        asked = outcome.retry_after
        if asked is None:
            return self._retries.pause * float(2 ** (attempt - 1)) * random.uniform(0.75, 1.25)  # noqa: S311  # jitter
        return asked + random.uniform(0.0, min(0.25, self._retries.pause))  # noqa: S311  # jitter

    async def aclose(self) -> None:
        await self._pace.aclose()
        await self._http.aclose()


def _given_up(outcome: SourceUnavailable, tries: int) -> SourceUnavailable:
    words = f"{outcome.problem} (tried {tries} times)" if tries > 1 else outcome.problem
    return SourceUnavailable(outcome.endpoint, words, retry_after=outcome.retry_after, limited=outcome.limited)
