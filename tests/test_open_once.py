"""Clients that several runs share are closed when nobody needs them any more."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from worker.connectors import IDLE, OpenConnectors
from worker.domain.limits import LONGEST_FETCH
from worker.domain.schedule import Bundle, Connection, Defaults
from worker.open_once import OpenOnce


class Client:
    closed = False

    async def aclose(self) -> None:
        self.closed = True


async def test_a_client_that_nobody_asks_for_is_closed_when_another_is_opened() -> None:
    now = 0.0
    clients = OpenOnce[Client](idle=10.0, clock=lambda: now)
    old, used = clients.get("old", Client), clients.get("used", Client)
    now = 8.0
    assert clients.get("used", Client) is used
    now = 11.0
    new = clients.get("new", Client)
    await asyncio.sleep(0)
    assert (old.closed, used.closed, new.closed) == (True, False, False)
    assert clients.get("old", Client) is not old
    await clients.aclose()
    assert used.closed
    assert new.closed


async def test_a_rotated_key_leaves_no_client_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    connectors = OpenConnectors({}, tmp_path, clock=lambda: now)
    bundle = Bundle("tern", Defaults(), {"close": Connection("close", "close", {"api_key": "${TERN_KEY}"})}, {}, {})
    closed = []
    for number in range(3):
        monkeypatch.setenv("TERN_KEY", f"api_{number}")
        source = connectors.source(bundle, "close")
        close = source.aclose

        async def noted(number: int = number, close: Callable[[], Awaitable[None]] = close) -> None:
            closed.append(number)
            await close()

        monkeypatch.setattr(source, "aclose", noted)
        now += IDLE + 1
    await asyncio.sleep(0)
    assert closed == [0, 1]
    await connectors.aclose()
    assert closed == [0, 1, 2]


def test_a_client_is_idle_only_when_no_fetch_can_use_it_any_more() -> None:
    assert LONGEST_FETCH.total_seconds() * 2 < IDLE
