"""Runs the Lua scripts of lua/ by their SHA-1, and loads them again after a restart of Redis."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError

from worker.adapters.redis_store.connection import translated
from worker.errors import ClaimLost

LOST = -1
"""Returned by a script if the row has another state or attempt than the caller believes."""

AGAIN = -2
"""Returned by a script if what alert rules were evaluated from has changed meanwhile."""


@cache
def source(name: str) -> tuple[str, str]:
    """A script after the common part, and its SHA-1."""
    folder = resources.files(__package__) / "lua"
    text = (folder / "common.lua").read_text("utf-8") + (folder / f"{name}.lua").read_text("utf-8")
    return text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class Together:
    """Sends the commands of one turn of the event loop in one round trip. Each remains a separate command. The keys of
    one message run concurrently, and a round trip costs more than most commands. The commands have no order: a script
    that Redis has forgotten is sent again, and so runs after the others.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._waiting: list[tuple[tuple[str | bytes | int, ...], asyncio.Future[Any]]] = []
        self._going: set[asyncio.Task[None]] = set()

    async def give(self, *command: str | bytes | int) -> Any:
        """The answer of the command. Raises what redis-py raises for it. A broken connection fails every command of the
        turn.
        """
        return await self._put(command)

    async def give_each(self, commands: Iterable[tuple[str | bytes | int, ...]]) -> list[Any]:
        """The answers of several commands, in one round trip. Raises as `give`."""
        return list(await asyncio.gather(*map(self._put, commands)))

    def _put(self, command: tuple[str | bytes | int, ...]) -> "asyncio.Future[Any]":
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, answer))
        if len(self._waiting) == 1:
            going = asyncio.ensure_future(self._go())
            self._going.add(going)
            going.add_done_callback(self._going.discard)
        return answer

    async def _go(self) -> None:
        given, self._waiting = self._waiting, []
        try:
            answers = await self._answers([command for command, _ in given])
        except Exception as error:  # noqa: BLE001  # raised in every caller
            answers = [error] * len(given)
        for (_, asker), answer in zip(given, answers, strict=True):
            _resolve(asker, answer)

    async def _answers(self, commands: list[tuple[str | bytes | int, ...]]) -> list[Any]:
        if len(commands) == 1:
            send: Callable[..., Awaitable[Any]] = self._client.execute_command
            return [await send(*commands[0])]
        async with self._client.pipeline(transaction=False) as pipe:
            for command in commands:
                pipe.execute_command(*command)
            return list(await pipe.execute(raise_on_error=False))


def _resolve(asker: asyncio.Future[Any], answer: Any) -> None:
    """Sets the result unless the caller has gone."""
    if asker.done():
        return
    if isinstance(answer, Exception):
        asker.set_exception(answer)
    else:
        asker.set_result(answer)


class Scripts:
    """`prefix` is the project's name. Each `run` is one atomic step.

    A writing script is not repeated after a broken connection, because it may have been applied; the sweep repairs what
    is left unfinished. NOSCRIPT proves that nothing was applied, so the script is sent again then.
    """

    def __init__(self, client: Redis, prefix: str) -> None:
        self.client = client
        self.prefix = prefix
        self._together = Together(client)

    async def run(self, name: str, arguments: Mapping[str, Any], *blobs: bytes) -> Any:
        """`arguments`, without those that are None, are A in the script. `blobs` start at ARGV[3]. Raises
        LedgerUnavailable.
        """
        text, sha = source(name)
        given = encoded({key: value for key, value in arguments.items() if value is not None})
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
