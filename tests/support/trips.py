"""Counts round trips to Redis."""

import pytest
from redis.asyncio.connection import AbstractConnection


class Trips:
    """Every time that something is sent to a Redis, however much of it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.count, send = 0, AbstractConnection.send_packed_command

        async def counted(connection: AbstractConnection, *args: object, **more: object) -> None:
            self.count += 1
            await send(connection, *args, **more)  # type: ignore[arg-type]

        patch.setattr(AbstractConnection, "send_packed_command", counted)
