"""Counts round trips to Redis."""

from collections.abc import Iterable

import pytest
from redis.asyncio.connection import AbstractConnection

from worker.adapters.redis_store.lua_source import source

RENEWAL = source("beat")[1].encode()


class Trips:
    """Every time that something is sent to a Redis, however much of it. Renewals of leases do not count: how many there
    are depends on the time that a run takes, which a busy machine makes longer.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.count, send = 0, AbstractConnection.send_packed_command

        async def counted(
            connection: AbstractConnection, command: bytes | str | Iterable[bytes], check_health: bool = True
        ) -> None:
            packed = command if isinstance(command, bytes | str) else list(command)
            parts = [packed] if isinstance(packed, bytes | str) else packed
            self.count += not any(RENEWAL in part for part in parts if isinstance(part, bytes))
            await send(connection, packed, check_health)

        patch.setattr(AbstractConnection, "send_packed_command", counted)
