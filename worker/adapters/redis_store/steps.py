"""Runs the script of a step for several deliveries in one call."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ResponseError

from worker.adapters.redis_store.lua_source import source, source_of_many
from worker.adapters.redis_store.together import resolve, sent

AT_ONCE = 10
"""Steps in one call of a script, as many as a message of the queue has deliveries. Each takes Redis some 50 µs, and
Redis serves no other client until the call ends.
"""


@dataclass(frozen=True, slots=True)
class _Step:
    arguments: bytes
    asker: "asyncio.Future[Any]"


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of a script for `steps`. With several of them, the answer is a list."""

    text: str
    sha: str
    given: tuple[str, bytes]
    steps: Sequence[_Step]

    def answered(self, answer: Any) -> None:
        """Raises what a broken answer raises; then some steps may have no answer yet."""
        if isinstance(answer, Exception):
            self.failed(answer)
            return
        answers = [(1, answer)] if len(self.steps) == 1 else answer
        for step, (done, *found) in zip(self.steps, answers, strict=True):
            resolve(step.asker, _of_step(done, found[0] if found else None))

    def failed(self, error: Exception) -> None:
        """Of the steps that have no answer yet."""
        for step in self.steps:
            resolve(step.asker, error)


def _of_step(done: int, found: Any) -> Any:
    """Every script returns something, and one that does not has a fault: its caller would take it for done."""
    if not done:
        return ResponseError(found.decode("utf-8", "replace") if found else "a script failed without a word")
    return ResponseError("a script returned nothing") if found is None else found


class Steps:
    """Each step is as atomic as a script of its own would be, and its error is its own: the steps of one call share
    only the call. While one call is on its way, further steps wait, and go together when it is answered.
    """

    def __init__(self, client: Redis, prefix: str) -> None:
        self._client = client
        self._prefix = prefix
        self._waiting: dict[str, list[_Step]] = {}
        self._going: asyncio.Task[None] | None = None

    async def run(self, script: str, arguments: str | bytes) -> Any:
        """The answer of the script. Raises what redis-py raises; a broken connection fails every step of the call."""
        asker: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        given = arguments if isinstance(arguments, bytes) else arguments.encode()
        self._waiting.setdefault(script, []).append(_Step(given, asker))
        if self._going is None:
            self._going = asyncio.ensure_future(self._go())
        return await asker

    async def _go(self) -> None:
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, {}
                await self._send([call for script, steps in waiting.items() for call in self._calls(script, steps)])
        finally:
            self._going = None

    def _calls(self, script: str, steps: Sequence[_Step]) -> list[_Call]:
        return [self._call(script, steps[at : at + AT_ONCE]) for at in range(0, len(steps), AT_ONCE)]

    def _call(self, script: str, steps: Sequence[_Step]) -> _Call:
        if len(steps) == 1:
            return _Call(*source(script), (self._prefix, steps[0].arguments), steps)
        every = b"[" + b",".join(step.arguments for step in steps) + b"]"
        return _Call(*source_of_many(script), (self._prefix, every), steps)

    async def _send(self, calls: Sequence[_Call]) -> None:
        """Whatever happens, no step is left without an answer: its caller would wait for ever."""
        try:
            await self._answer(calls)
        except Exception as error:  # noqa: BLE001  # raised in every caller
            for call in calls:
                call.failed(error)

    async def _answer(self, calls: Sequence[_Call]) -> None:
        """A script that Redis has forgotten is sent itself: nothing of it was run before."""
        forgotten: list[_Call] = []
        for call, answer in zip(calls, await self._answers(calls), strict=True):
            if isinstance(answer, NoScriptError):
                forgotten.append(call)
            else:
                call.answered(answer)
        if forgotten:
            for call, answer in zip(forgotten, await self._answers(forgotten, whole=True), strict=True):
                call.answered(answer)

    async def _answers(self, calls: Sequence[_Call], *, whole: bool = False) -> list[Any]:
        try:
            if whole:
                return await sent(self._client, [("EVAL", call.text, 0, *call.given) for call in calls])
            return await sent(self._client, [("EVALSHA", call.sha, 0, *call.given) for call in calls])
        except Exception as error:  # noqa: BLE001  # raised in every caller
            return [error] * len(calls)
