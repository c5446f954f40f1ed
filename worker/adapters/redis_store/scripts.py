"""Runs the Lua scripts of lua/ by their SHA-1, and loads them again after a restart of Redis."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError

from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.lua_source import source
from worker.adapters.redis_store.steps import Steps
from worker.adapters.redis_store.together import Together
from worker.errors import ClaimLost

LOST = -1
"""Returned by a script if the row has another state or attempt than the caller believes."""

AGAIN = -2
"""Returned by a script if what alert rules were evaluated from has changed meanwhile."""


STEPS_OF_A_DELIVERY = frozenset(("check", "circuit_enter", "handed_over", "hold", "intend", "settle"))
"""Scripts that a worker runs for each delivery, and that each change one. Those of one turn run in one call."""


class Scripts:
    """`prefix` is the project's name. Each `run` is one atomic step.

    A writing script is not repeated after a broken connection, because it may have been applied; the sweep repairs what
    is left unfinished. NOSCRIPT proves that nothing was applied, so the script is sent again then.
    """

    def __init__(self, client: Redis, prefix: str) -> None:
        self.client = client
        self.prefix = prefix
        self._together = Together(client)
        self._steps = Steps(client, prefix)

    async def run(self, name: str, arguments: Mapping[str, Any], *blobs: bytes) -> Any:
        """`arguments`, without those that are None, are A in the script. `blobs` start at ARGV[3]. Raises
        LedgerUnavailable.
        """
        given = encoded({key: value for key, value in arguments.items() if value is not None})
        if name in STEPS_OF_A_DELIVERY:
            with translated():
                return await self._steps.run(name, given)
        text, sha = source(name)
        rest: tuple[str | bytes, ...] = (self.prefix, given, *blobs)
        with translated():
            try:
                return await self._together.give("EVALSHA", sha, 0, *rest)
            except NoScriptError:
                return await self._together.give("EVAL", text, 0, *rest)

    async def ask(self, *command: str | int) -> Any:
        """Runs one read-only command, and again once if the connection broke. Raises LedgerUnavailable."""
        return await self._twice(*command)

    async def ask_each(self, commands: Sequence[tuple[str | int, ...]]) -> list[Any]:
        """As `ask`, several commands in one round trip."""
        with translated():
            try:
                return await self._together.give_each(commands)
            except RedisConnectionError:
                return await self._together.give_each(commands)

    async def remove(self, *command: str | int) -> Any:
        """Runs one command that deletes something. It is repeated if the connection broke, because deleting twice is
        harmless.

        The answer may then not count what the first attempt deleted. Raises LedgerUnavailable.
        """
        return await self._twice(*command)

    async def names(self, pattern: str) -> AsyncIterator[str]:
        """Keys of the project without its prefix, found in small steps. Raises LedgerUnavailable."""
        with translated():
            async for name in self.client.scan_iter(match=f"{self.prefix}:{pattern}", count=500):
                yield name.decode("utf-8", "replace").removeprefix(f"{self.prefix}:")

    async def _twice(self, *command: str | int) -> Any:
        with translated():
            try:
                return await self._together.give(*command)
            except RedisConnectionError:
                return await self._together.give(*command)

    async def own(self, name: str, key: object, arguments: Mapping[str, Any]) -> Any:
        """As `run`, for `key`, a run, a delivery or a schedule. Raises ClaimLost if it is no longer the caller's."""
        answer = await self.run(name, arguments)
        if answer == LOST:
            raise ClaimLost(str(key))
        return answer


def encoded(arguments: Mapping[str, Any]) -> str | bytes:
    """Arguments as JSON. What msgspec does not take, such as a lone surrogate or a large integer, the standard library
    writes.
    """
    try:
        return _encoder.encode(arguments)
    except (TypeError, ValueError, OverflowError):
        return clean(json.dumps(arguments, separators=(",", ":")))


_encoder = msgspec.json.Encoder()


def clean(text: str) -> str:
    """json.dumps writes only ASCII, in which a lone surrogate is an escape that cjson refuses."""
    return text if "\\ud" not in text else json.dumps(_whole(json.loads(text)), separators=(",", ":"))


def _whole(value: Any) -> Any:
    """The value with lone surrogates replaced by question marks."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value
