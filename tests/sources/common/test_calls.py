"""When a request is not tried again."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from tests.support.patience import PATIENCE
from worker.adapters.http import Http, HttpAnswer
from worker.errors import SourceUnavailable
from worker.sources.common.calls import Calls, Retries, Wire


@dataclass
class Gate:
    """Lets every request go, and counts them."""

    entered: int = 0

    async def enter(self, _endpoint: str = "", _cost: float = 0.0) -> None:
        self.entered += 1

    def leave(self, headers: Mapping[str, str] | None) -> None:
        pass

    def refused(self, seconds: float) -> None:
        pass

    async def aclose(self) -> None:
        pass


def taken(_endpoint: str, answer: HttpAnswer) -> bytes:
    return answer.body


async def test_a_client_that_is_closed_is_not_asked_again() -> None:
    gate = Gate()
    calls = Calls(Http("http://127.0.0.1:9"), gate, taken, Retries(pause=0.001))
    await calls.aclose()
    with pytest.raises(SourceUnavailable) as found:
        await calls.fetch(Wire("GET /things", "GET", "/things"))
    assert (gate.entered, found.value.problem) == (1, "the client is closed")


async def test_a_client_that_is_closed_while_it_waits_is_not_asked_again() -> None:
    gate, asked = Gate(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server, asyncio.timeout(PATIENCE):
        port = server.sockets[0].getsockname()[1]
        calls = Calls(Http(f"http://127.0.0.1:{port}"), gate, taken, Retries(pause=0.001))
        going = asyncio.ensure_future(calls.fetch(Wire("GET /things", "GET", "/things")))
        await asked.wait()
        await calls.aclose()
        with pytest.raises(SourceUnavailable, match=r"the client was closed before the answer was whole$"):
            await going
    assert gate.entered == 1
