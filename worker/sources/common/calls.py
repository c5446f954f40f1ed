"""A request until it is answered: tries, pauses and pace. What an answer means is each service's own knowledge.

Only reads pass here (or writes that somebody confirmed and that are sent once), so all of it may be sent again.
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
"""Seconds: a longer wait is reported instead of sat out."""


class Sender(Protocol):
    """What is needed of adapters.http.Http."""

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
    """When the next request may go."""

    async def enter(self, endpoint: str = "", cost: float = 0.0) -> None:
        """Wait for a place. Every call that returns is followed by one `leave`. Raises SourceUnavailable where the
        day's budget does not suffice for `cost`.
        """
        ...

    def leave(self, headers: Mapping[str, str] | None) -> None:
        """An answer came, or (None) did not."""
        ...

    def refused(self, seconds: float) -> None:
        """A 429: send nothing for so long."""
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Retries:
    """`pause` seconds before the second try, doubled each time, with jitter; `cap` for any single wait."""

    tries: int = 4
    pause: float = 0.5
    cap: float = CAP


@dataclass(frozen=True, slots=True)
class Wire:
    """One request as it is sent; `endpoint` names it in messages, `cost` is its part of a day's budget."""

    endpoint: str
    method: str
    path: str
    params: Mapping[str, str] | None = None
    json: Any = None
    headers: Mapping[str, str] | None = None
    cost: float = 0.0


Judge = Callable[[str, HttpAnswer], bytes | SourceUnavailable | SourceRefused]
"""The body of a good answer; an error to try again; a refusal. Told the endpoint and the answer."""


PATIENCE = 20.0
"""Seconds that somebody at a terminal waits for one answer, its further tries included."""

_PATIENCE: ContextVar[float | None] = ContextVar("_PATIENCE", default=None)


@contextmanager
def somebody_waits(seconds: float | None = None) -> Iterator[None]:
    """What is asked inside is given up after `seconds` (PATIENCE), where a run would try for minutes."""
    token = _PATIENCE.set(PATIENCE if seconds is None else seconds)
    try:
        yield
    finally:
        _PATIENCE.reset(token)


class Calls:
    """`judge` classes an answer; a SourceUnavailable that names a longer wait than the cap is raised at once."""

    def __init__(self, http: Sender, pace: RateGate, judge: Judge, retries: Retries) -> None:
        self._http = http
        self._pace = pace
        self._judge = judge
        self._retries = retries
        self._places = asyncio.Semaphore(IN_FLIGHT)

    async def fetch(self, wire: Wire, *, tries: int | None = None) -> bytes:
        """The body of a good answer, after as many tries as it takes. Raises SourceRefused or SourceUnavailable."""
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
        """One try. What may pass is returned, as is a refusal, so that the loop above reads as one."""
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
                return SourceUnavailable(wire.endpoint, failure.problem)
            finally:
                self._pace.leave(headers)
        return self._judge(wire.endpoint, answer)

    def _pause(self, outcome: SourceUnavailable, attempt: int) -> float:
        """What the service asked for, else doubling; a little more by chance, so that workers do not come together."""
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
