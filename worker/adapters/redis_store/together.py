"""Sends to Redis what several tasks ask for at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

Command = tuple[str | bytes | int, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A command, and who waits for its answer."""

    command: Command
    asker: "asyncio.Future[Any]"


class Together:
    """Sends the commands of one turn of the event loop in one round trip. Each remains a separate command. The keys of
    one message run concurrently, and a round trip costs more than most commands. The commands have no order.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._waiting: list[_Asked] = []
        self._going: set[asyncio.Task[None]] = set()

    async def give(self, *command: str | bytes | int) -> Any:
        """The answer of the command. Raises what redis-py raises for it. A broken connection fails every command of the
        turn.
        """
        return await self._put(command)

    async def give_each(self, commands: Iterable[Command]) -> list[Any]:
        """The answers of several commands, in one round trip. Raises as `give`."""
        return list(await asyncio.gather(*map(self._put, commands)))

    def _put(self, command: Command) -> "asyncio.Future[Any]":
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Asked(command, answer))
        if len(self._waiting) == 1:
            going = asyncio.ensure_future(self._go())
            self._going.add(going)
            going.add_done_callback(self._going.discard)
        return answer

    async def _go(self) -> None:
        asked, self._waiting = self._waiting, []
        try:
            answers = await sent(self._client, [one.command for one in asked])
        except Exception as error:  # noqa: BLE001  # raised in every caller
            answers = [error] * len(asked)
        for one, answer in zip(asked, answers, strict=True):
            resolve(one.asker, answer)


async def sent(client: Redis, commands: Sequence[Command]) -> list[Any]:
    """An error of one of several commands is its answer."""
    if len(commands) == 1:
        send: Callable[..., Awaitable[Any]] = client.execute_command
        return [await send(*commands[0])]
    async with client.pipeline(transaction=False) as pipe:
        for command in commands:
            pipe.execute_command(*command)
        return list(await pipe.execute(raise_on_error=False))


def resolve(asker: "asyncio.Future[Any]", answer: Any) -> None:
    """Sets the result unless the caller has gone."""
    if asker.done():
        return
    if isinstance(answer, Exception):
        asker.set_exception(answer)
    else:
        asker.set_result(answer)
